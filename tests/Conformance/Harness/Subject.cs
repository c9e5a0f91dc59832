using FlexFs.Harness;

namespace FlexFs.Conformance.Harness;

/// <summary>The file systems that all cases share: a mount of a volume, and a local folder on ext4.</summary>
public sealed class Subject : IAsyncLifetime
{
    private Cluster? _cluster;
    private LocalExt4? _local;
    private int _count;

    /// <summary>FLEXFS_CONFORMANCE_FOLDER: run the cases in this folder instead.</summary>
    public static string? GivenFolder =>
        Environment.GetEnvironmentVariable("FLEXFS_CONFORMANCE_FOLDER") is { Length: > 0 } folder ? folder : null;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        if (!Requirements.CanMount || GivenFolder is not null) return;
        _cluster = await Cluster.StartAsync(new ClusterOptions { Mounts = 1, MountFlags = ["--acl"] });
        _ = await _cluster.MountAsync("--rootSquash");
        _local = await LocalExt4.CreateAsync();
    }

    /// <summary>A new folder of its own for a case.</summary>
    public string Fresh(Place place)
    {
        var root = place switch
        {
            Place.Ext4 => _local!.Path,
            Place.Mount or Place.Squashed => _cluster!.Mounts[0].Path,
            _ => GivenFolder!,
        };
        var folder = Path.Combine(root, $"case-{Environment.ProcessId}-{Interlocked.Increment(ref _count)}");
        Directory.CreateDirectory(folder);
        return folder;
    }

    /// <summary>A case's folder, as the mount shows it that squashes root.</summary>
    public string OnSquashed(string folder) => _cluster!.Mounts[1].Join(Path.GetFileName(folder));

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null) await _cluster.DisposeAsync();
        if (_local is not null) await _local.DisposeAsync();
    }
}

/// <summary>All cases, one after the other.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Subjects : ICollectionFixture<Subject>
{
    /// <summary>Its name.</summary>
    public const string Name = "subjects";
}
