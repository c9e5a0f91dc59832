using System.Diagnostics;

namespace FlexFs.Workloads.Targets;

/// <summary>libfuse's passthrough_hp over a local folder: what FUSE alone costs.</summary>
public sealed class Passthrough : Target
{
    private readonly Process _process;

    /// <summary>Builds it when it is not there, and mounts <paramref name="source"/>.</summary>
    public Passthrough(string root, string source, string mount)
    {
        var binary = Shell.Output($"'{root}/bench/peers/build-passthrough_hp'").Trim().Split('\n')[^1];
        Directory.CreateDirectory(source);
        Directory.CreateDirectory(mount);
        _process = Shell.Start(binary, "--foreground", source, mount);
        Shell.Run($"for i in $(seq 100); do mountpoint -q '{mount}' && exit 0; sleep 0.05; done; exit 1");
        Folder = mount;
    }

    /// <inheritdoc/>
    public override string Name => "passthrough_hp";

    /// <inheritdoc/>
    public override string Folder { get; }

    /// <inheritdoc/>
    public override long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    /// <inheritdoc/>
    protected override void Stop()
    {
        Shell.Try($"umount '{Folder}' || umount -l '{Folder}'");
        _process.WaitForExit(5000);
        Shell.End(_process);
    }
}
