using FlexFs.Core;
using FlexFs.MetadataService.Volumes;

namespace FlexFs.MetadataService.Operators;

/// <summary>A session, for operators.</summary>
public sealed record SessionListing
{
    /// <summary>Of which volume.</summary>
    public required VolumeDescription Volume { get; init; }

    /// <summary>Which.</summary>
    public required SessionId Session { get; init; }

    /// <summary>Host, mount point and process; fit to be shown.</summary>
    public required string Client { get; init; }

    /// <summary>Whether it has a connection.</summary>
    public required bool IsConnected { get; init; }

    /// <summary>How long ago it was heard last; without a connection at most since this server began to wait for it.</summary>
    public required TimeSpan HeardBefore { get; init; }

    /// <summary>Whether every change is refused.</summary>
    public required bool IsReadOnly { get; init; }

    /// <summary>Inodes of which it holds a lease.</summary>
    public required int Leases { get; init; }

    /// <summary>What is being recalled from it.</summary>
    public required int Recalls { get; init; }

    /// <summary>Inodes that it has open.</summary>
    public required int Opens { get; init; }

    /// <summary>Ranges that it has locked.</summary>
    public required int Locks { get; init; }
}
