using System.Diagnostics;

namespace FlexFs.Bench.Fuse;

/// <summary>A file system in a process of its own, mounted; ended and unmounted when disposed.</summary>
internal sealed class Mounted : IDisposable
{
    private readonly Process? _server;

    private Mounted(string name, string path, Process? server)
    {
        Name = name;
        Path = path;
        _server = server;
    }

    public string Name { get; }

    public string Path { get; }

    /// <summary>A plain folder.</summary>
    public static Mounted Folder(string name, string path)
    {
        Directory.CreateDirectory(path);
        return new Mounted(name, path, null);
    }

    /// <summary>Starts a server and waits until its mount is there.</summary>
    public static Mounted Start(string name, string path, string program, params string[] arguments)
    {
        Directory.CreateDirectory(path);
        Process server = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        while (!File.ReadAllText("/proc/self/mounts").Contains($" {path} fuse", StringComparison.Ordinal))
        {
            if (server.WaitForExit(10)) throw new InvalidOperationException($"{name} ended with {server.ExitCode} before it had mounted");
        }
        return new Mounted(name, path, server);
    }

    /// <summary>Resident bytes of the server.</summary>
    public long ResidentBytes
    {
        get
        {
            _server?.Refresh();
            return _server?.WorkingSet64 ?? 0;
        }
    }

    public void Dispose()
    {
        if (_server is null) return;
        using (Process unmount = Process.Start("umount", [Path])) unmount.WaitForExit();
        _server.WaitForExit();
        _server.Dispose();
    }
}
