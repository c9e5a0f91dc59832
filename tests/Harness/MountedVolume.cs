namespace FlexFs.Harness;

/// <summary>One mount of the cluster's volume: a mount.flexfs in the foreground.</summary>
public sealed class MountedVolume
{
    private readonly Cluster _cluster;
    private readonly IReadOnlyList<string> _enter;
    private readonly IReadOnlyList<string> _flags;
    private ChildProcess? _process;

    internal MountedVolume(Cluster cluster, string path, IReadOnlyList<string> enter, IReadOnlyList<string> flags)
    {
        _cluster = cluster;
        _enter = enter;
        _flags = flags;
        Path = path;
    }

    /// <summary>The mount point.</summary>
    public string Path { get; }

    /// <summary>The process that serves it.</summary>
    public ChildProcess Process => _process ?? throw new InvalidOperationException("not mounted yet");

    /// <summary>A path in the volume, as this mount shows it.</summary>
    public string Join(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    /// <summary>Mounts, and returns when the mount can be used.</summary>
    public async Task StartAsync()
    {
        _process?.Dispose();
        Directory.CreateDirectory(Path);
        string[] command =
        [
            .. _enter, Executables.Find("mount.flexfs"), "start", Cluster.Volume, Path, "--foreground", "--verbose", .. _flags,
        ];
        _process = ChildProcess.Start(
            command[0], command[1..], _cluster.Environment, _cluster.Join($"{System.IO.Path.GetFileName(Path)}.log"));
        await _process.ReadyAsync($"mounted at {Path}", () => MountTable.Has(Path));
    }

    /// <summary>kill -9. The mount point stays, dead, until <see cref="DetachAsync"/>.</summary>
    public Task KillAsync() => Process.KillAsync();

    /// <summary>umount -l, for what a killed process left behind.</summary>
    public async Task DetachAsync()
    {
        // One over the other, when a dead mount was mounted over.
        const int MountsMax = 10;
        for (var i = 0; i < MountsMax && MountTable.Has(Path); i++)
        {
            (await Shell.RunAsync("umount", ["-l", Path], seconds: 10)).MustSucceed($"umount -l {Path}");
        }

        Assert.False(MountTable.Has(Path), $"{Path} is still mounted");
    }

    /// <summary>SIGTERM; answers the exit code.</summary>
    public Task<int> StopAsync() => Process.StopAsync();

    // Killed first: while its server is away a mount may let umount(8) wait, and not even SIGKILL ends that.
    internal async Task EndAsync()
    {
        if (_process is null) return;
        _ = await _process.TryKillAsync();
        if (MountTable.Has(Path)) _ = await Shell.RunAsync("umount", ["-l", Path], seconds: 10);
        _process.Dispose();
    }
}
