using FlexFs.Core;
using FlexFs.Wire;

namespace FlexFs.Metadata.Records;

/// <summary>The volume itself: its fixed properties and its counters. One per store.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct VolumeRecord
{
    /// <summary>Which volume this store is of; another one is refused.</summary>
    [Field(1)] public VolumeId Volume { get; init; }

    /// <summary>Block size as a power of two; fixed when the volume is made.</summary>
    [Field(2)] public byte BlockSizeLog2 { get; init; }

    /// <summary>Formats that every reader must know.</summary>
    [Field(3)] public ulong Features { get; init; }

    /// <summary>Raised at each restore and migration; the upper part of object ids.</summary>
    [Field(4)] public ushort Incarnation { get; init; }

    /// <summary>The next inode.</summary>
    [Field(5)] public ulong NextInode { get; init; }

    /// <summary>The counter of the next object id, a multiple of the range size.</summary>
    [Field(6)] public ulong NextObject { get; init; }

    /// <summary>The next session.</summary>
    [Field(7)] public ulong NextSession { get; init; }

    /// <summary>Volume time of the last commit: the next is later, whatever the wall clock says.</summary>
    [Field(8)] public Instant LastCommitAt { get; init; }

    /// <summary>When the volume was made.</summary>
    [Field(9)] public Instant BornAt { get; init; }
}
