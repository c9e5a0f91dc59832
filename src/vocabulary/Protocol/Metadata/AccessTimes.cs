using System.Collections.Immutable;
using FlexFs.Core;
using FlexFs.Wire;

namespace FlexFs.Protocol.Metadata;

/// <summary>When an inode was read.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct AccessTime
{
    /// <summary>The inode.</summary>
    [Field(1)] public InodeId Inode { get; init; }

    /// <summary>When, by the server's clock.</summary>
    [Field(2)] public Instant At { get; init; }
}

/// <summary>
/// Inodes were read: their access times become these where they are not later than mtime or ctime, or a day old (relatime). ctime stays.
/// Inodes that are gone are passed over.
/// </summary>
[WireRecord(Version = 1)]
public readonly partial record struct NoteAccessRequest
{
    /// <summary>Each once.</summary>
    [Field(1, Max = InodesMax)] public ImmutableArray<AccessTime> Inodes { get; init; }

    /// <summary>Inodes in one request.</summary>
    public const int InodesMax = 1024;
}
