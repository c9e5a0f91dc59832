using System.Globalization;

namespace FlexFs.Workloads.Targets;

/// <summary>flexFS as ./quickstart starts it: free.flexfs, meta.flexfs over TLS on loopback, the file store, one mount.</summary>
public sealed class FlexCluster : Target
{
    private readonly string _root;
    private readonly string _folder;
    private readonly Dictionary<string, string> _environment;

    /// <summary>Starts a cluster under <paramref name="folder"/>.</summary>
    public FlexCluster(string root, string folder)
    {
        _root = root;
        _folder = folder;
        try
        {
            Shell.Run($"'{root}/quickstart' --dir '{folder}' --bare", root);
        }
        catch
        {
            Shell.IsEnding = true;
            Shell.Try($"'{root}/quickstart' stop --dir '{folder}'", root);
            throw;
        }

        _environment = File.ReadLines(Path.Combine(folder, "env"))
            .Select(line => line.Replace("export ", "", StringComparison.Ordinal).Split('=', 2))
            .Where(pair => pair.Length == 2)
            .ToDictionary(pair => pair[0], pair => pair[1].Trim('\'', '"'), StringComparer.Ordinal);
        Folder = _environment["FLEXFS_MOUNT"];
    }

    /// <inheritdoc/>
    public override string Name => "flexFS";

    /// <inheritdoc/>
    public override string Folder { get; }

    /// <inheritdoc/>
    public override long ResidentBytes => ResidentOf(MountProcess);

    /// <inheritdoc/>
    public override long ServerResidentBytes => ResidentOf(File.ReadAllText(Path.Combine(_folder, "run", "meta.pid")).Trim());

    /// <inheritdoc/>
    public override string OtherHost(string folder) =>
        Path.Combine(_environment["FLEXFS_MOUNT2"], Path.GetRelativePath(Folder, folder));

    private string PidFile => Path.Combine(_folder, "run", "mount1.pid");

    private string MountProcess => File.ReadAllText(PidFile).Trim();

    /// <summary>Mounts anew: the mount's own caches go with its process.</summary>
    public override void MakeCold()
    {
        var process = MountProcess;
        Shell.Run($"umount '{Folder}'");
        Shell.Run($"for i in $(seq 200); do test -e /proc/{process} || exit 0; sleep 0.05; done; exit 1");
        Shell.DropKernelCaches();
        Shell.Run(
            $"HOME='{_environment["FLEXFS_HOME"]}' '{_environment["FLEXFS_BIN"]}/mount.flexfs' start "
            + $"'{_environment["FLEXFS_VOLUME"]}' '{Folder}' --pidFile '{PidFile}' --logFile '{_folder}/log/mount1'");
    }

    private static long ResidentOf(string process) =>
        File.ReadLines($"/proc/{process}/status")
            .Where(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
            .Select(line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024)
            .Single();

    /// <inheritdoc/>
    protected override void Stop() => Shell.Run($"'{_root}/quickstart' stop --dir '{_folder}'", _root);
}
