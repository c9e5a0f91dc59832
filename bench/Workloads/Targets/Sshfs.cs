using System.Diagnostics;

namespace FlexFs.Workloads.Targets;

/// <summary>sshfs without ssh: straight to an SFTP server on loopback, so it pays no encryption.</summary>
public sealed class Sshfs : Target
{
    private readonly Process _server;

    /// <summary>Starts the server and mounts <paramref name="source"/>.</summary>
    public Sshfs(string source, string mount)
    {
        Directory.CreateDirectory(source);
        Directory.CreateDirectory(mount);
        var port = FreePort.Find();
        _server = Shell.Start(
            "socat", $"TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr,nodelay,fork", "EXEC:/usr/lib/openssh/sftp-server");
        Shell.Run($"for i in $(seq 50); do sshfs -o directport={port} 127.0.0.1:'{source}' '{mount}' 2>/dev/null && exit 0; "
            + "sleep 0.1; done; exit 1");
        Folder = mount;
    }

    /// <inheritdoc/>
    public override string Name => "sshfs";

    /// <inheritdoc/>
    public override bool IsForAll => false;

    /// <inheritdoc/>
    public override string Folder { get; }

    /// <inheritdoc/>
    protected override void Stop()
    {
        Shell.Try($"umount '{Folder}' || umount -l '{Folder}'");
        Shell.End(_server);
    }
}
