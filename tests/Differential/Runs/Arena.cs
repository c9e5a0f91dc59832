using FlexFs.Harness;
using FlexFs.Harness.Native;

namespace FlexFs.Differential.Runs;

/// <summary>A cluster and a folder on ext4, for as many runs as wanted.</summary>
internal sealed class Arena : IAsyncDisposable
{
    private readonly Cluster _cluster;
    private readonly LocalExt4 _local;

    private Arena(Cluster cluster, LocalExt4 local)
    {
        _cluster = cluster;
        _local = local;
        Playground = new Playground(local.Path, [.. cluster.Mounts.Select(mount => mount.Path)]);
    }

    internal Playground Playground { get; }

    internal static async Task<Arena> StartAsync(Configuration configuration) => new(
        await Cluster.StartAsync(new ClusterOptions { Mounts = configuration.Mounts, MountFlags = configuration.MountFlags }),
        await LocalExt4.CreateAsync());

    public async ValueTask DisposeAsync()
    {
        await _cluster.DisposeAsync();
        await _local.DisposeAsync();
    }
}
