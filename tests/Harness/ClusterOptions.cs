namespace FlexFs.Harness;

/// <summary>What a cluster of a test is like.</summary>
public sealed record ClusterOptions
{
    /// <summary>How many mounts it begins with.</summary>
    public int Mounts { get; init; } = 2;

    /// <summary>The database folder of the metadata server; null is one in its home.</summary>
    public string? DatabaseFolder { get; init; }

    /// <summary>The folder of the objects; null is one of the cluster's own.</summary>
    public string? StoreFolder { get; init; }

    /// <summary>Whether each mount is on a host of its own, see <see cref="VirtualNetwork"/>.</summary>
    public bool OnHostsOfTheirOwn { get; init; }

    /// <summary>Further flags of each mount.</summary>
    public IReadOnlyList<string> MountFlags { get; init; } = [];
}
