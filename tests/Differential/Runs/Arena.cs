using FlexFs.Harness;
using FlexFs.Harness.Native;

namespace FlexFs.Differential.Runs;

/// <summary>A cluster and a folder on ext4, for as many runs as wanted. What they store is in memory: no run is about what survives.</summary>
internal sealed class Arena : IAsyncDisposable
{
    private const int DiskMegabytes = 8 << 10;
    private readonly SmallDisk _disk;
    private readonly Cluster _cluster;
    private readonly LocalExt4 _local;

    private Arena(SmallDisk disk, Cluster cluster, LocalExt4 local)
    {
        _disk = disk;
        _cluster = cluster;
        _local = local;
        Playground = new Playground(local.Path, [.. cluster.Mounts.Select(mount => mount.Path)]);
    }

    internal Playground Playground { get; }

    internal static async Task<Arena> StartAsync(Configuration configuration)
    {
        var disk = await SmallDisk.CreateAsync(DiskMegabytes);
        var cluster = await Cluster.StartAsync(new ClusterOptions
        {
            Mounts = configuration.Mounts,
            MountFlags = configuration.MountFlags,
            DatabaseFolder = Path.Combine(disk.Path, "database"),
            StoreFolder = Path.Combine(disk.Path, "store"),
        });
        return new Arena(disk, cluster, await LocalExt4.CreateAsync());
    }

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        await _local.DisposeAsync();
        await _disk.DisposeAsync();
    }
}
