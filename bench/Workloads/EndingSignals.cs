using System.Runtime.InteropServices;

namespace FlexFs.Workloads;

/// <summary>Turns SIGINT, SIGTERM and SIGHUP into an end that unmounts and stops what was started.</summary>
public sealed class EndingSignals : IDisposable
{
    private readonly PosixSignalRegistration[] _registrations =
        [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(
            static signal => PosixSignalRegistration.Create(signal, static context =>
            {
                context.Cancel = true;
                Shell.Interrupt();
            }))];

    /// <summary>Takes away every mount below a folder.</summary>
    public static void Unmount(string folder)
    {
        var mounts = File.ReadLines("/proc/mounts").Select(static line => line.Split(' ')[1])
            .Where(mount => mount.StartsWith(folder + "/", StringComparison.Ordinal)).Reverse().ToArray();
        foreach (var mount in mounts) Shell.Try($"umount '{mount}' || umount -l '{mount}'");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
    }
}
