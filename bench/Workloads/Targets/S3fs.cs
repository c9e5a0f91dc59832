using System.Diagnostics;

namespace FlexFs.Workloads.Targets;

/// <summary>s3fs over an S3 server on loopback (s3rver, plain HTTP): one object for each file, no metadata server.</summary>
public sealed class S3fs : Target
{
    private const string Bucket = "bench";
    private readonly Process _server;
    private readonly string _options;

    /// <summary>Installs and starts the server with its data in <paramref name="source"/>, and mounts the bucket.</summary>
    public S3fs(string root, string source, string mount)
    {
        var program = Shell.Output($"'{root}/bench/peers/install-s3rver'").Trim().Split('\n')[^1];
        Directory.CreateDirectory(source);
        Directory.CreateDirectory(mount);
        var port = FreePort.Find();
        var secret = Path.Combine(source, "..", "s3fs.secret");
        // The pair that this server is made with; it guards nothing.
        File.WriteAllText(secret, "S3RVER:S3RVER");
        File.SetUnixFileMode(secret, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _server = Shell.Start(
            "env", "NODE_OPTIONS=--openssl-legacy-provider", program, "-d", source, "-a", "127.0.0.1", "-p", $"{port}", "-s",
            "--configure-bucket", Bucket);
        _options = $"-o url=http://127.0.0.1:{port} -o use_path_request_style -o nocopyapi -o passwd_file='{secret}'";
        Shell.Run($"for i in $(seq 100); do curl -s -o /dev/null http://127.0.0.1:{port}/ && exit 0; sleep 0.1; done; exit 1");
        Folder = mount;
        Mount();
    }

    /// <inheritdoc/>
    public override string Name => "s3fs";

    /// <inheritdoc/>
    public override bool IsForAll => false;

    /// <inheritdoc/>
    public override string Folder { get; }

    /// <summary>Once: a row of small files takes it minutes.</summary>
    public override int Repeats => 1;

    /// <summary>Mounts anew: its caches go with its process.</summary>
    public override void MakeCold()
    {
        Shell.Run($"umount '{Folder}'");
        Shell.DropKernelCaches();
        Mount();
    }

    /// <inheritdoc/>
    protected override void Stop()
    {
        Shell.Try($"umount '{Folder}' || umount -l '{Folder}'");
        Shell.End(_server);
    }

    private void Mount() =>
        Shell.Run(
            $"s3fs {Bucket} '{Folder}' {_options}; for i in $(seq 100); do mountpoint -q '{Folder}' && exit 0; sleep 0.05; done; exit 1");
}
