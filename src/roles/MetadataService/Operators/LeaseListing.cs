using FlexFs.Core;
using FlexFs.MetadataService.Volumes;
using FlexFs.Protocol.Metadata;

namespace FlexFs.MetadataService.Operators;

/// <summary>What a row of the leases is about.</summary>
public enum LeaseState
{
    /// <summary>A request that waits until another session has dropped something.</summary>
    Waits,

    /// <summary>A lease of which something is being recalled.</summary>
    Recalled,

    /// <summary>A lease that nobody else needs.</summary>
    Held,
}

/// <summary>A lease, or a request that waits for one, for operators.</summary>
public sealed record LeaseListing
{
    /// <summary>Of which volume.</summary>
    public required VolumeDescription Volume { get; init; }

    /// <summary>Of what.</summary>
    public required InodeId Inode { get; init; }

    /// <summary>Held, recalled or waited for.</summary>
    public required LeaseState State { get; init; }

    /// <summary>What is held; none of a request that waits.</summary>
    public LeaseKind Kind { get; init; }

    /// <summary>Of a request that waits: what it is.</summary>
    public Opcode Operation { get; init; }

    /// <summary>Whose.</summary>
    public required SessionId Session { get; init; }

    /// <summary>Host, mount point and process of that session; fit to be shown.</summary>
    public required string Client { get; init; }

    /// <summary>Since it was granted, since the recall began, or since the request began to wait.</summary>
    public required TimeSpan For { get; init; }

    /// <summary>For how long its session may still use it without being heard; zero when that is over. Of leases only.</summary>
    public TimeSpan? Left { get; init; }

    /// <summary>Of a request that waits: for whom; none when it waits for its turn.</summary>
    public SessionId WaitsFor { get; init; }

    /// <summary>The client of that session.</summary>
    public string WaitsForClient { get; init; } = "";

    /// <summary>One path of the inode, fit to be shown; null when it has none, or too many were asked for.</summary>
    public string? Path { get; init; }
}
