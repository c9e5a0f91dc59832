using FlexFs.Metadata.Locks;
using FlexFs.MetadataService.Volumes;

namespace FlexFs.MetadataService.Operators;

/// <summary>A lock that is held or waited for, for operators.</summary>
public sealed record LockListing
{
    /// <summary>Of which volume.</summary>
    public required VolumeDescription Volume { get; init; }

    /// <summary>What, and since when.</summary>
    public required ListedLock Lock { get; init; }

    /// <summary>Whose session it is: host, mount point and process; fit to be shown.</summary>
    public required string Client { get; init; }

    /// <summary>Whether it is waited for, and not held.</summary>
    public bool IsWaiting { get; init; }

    /// <summary>Of what is waited for: who is in the way; null when that was not found.</summary>
    public LockBlocker? WaitsFor { get; init; }

    /// <summary>The client of that session.</summary>
    public string WaitsForClient { get; init; } = "";
}
