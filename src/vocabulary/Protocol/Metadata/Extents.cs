using System.Collections.Immutable;
using FlexFs.Core;
using FlexFs.Wire;

namespace FlexFs.Protocol.Metadata;

/// <summary>A run of bytes of a block and where they are. What no extent covers is zeros.</summary>
/// <remarks>All in plain bytes, before compression and encryption.</remarks>
[WireRecord(Version = 1)]
public readonly partial record struct Extent
{
    /// <summary>The object; <see cref="ObjectId.None"/> for zeros (a punched hole over older extents).</summary>
    [Field(1)] public ObjectId Object { get; init; }

    /// <summary>Where it begins in the object.</summary>
    [Field(2)] public uint ObjectOffset { get; init; }

    /// <summary>Where it begins in the block.</summary>
    [Field(3)] public uint BlockOffset { get; init; }

    /// <summary>Bytes; at least 1.</summary>
    [Field(4)] public uint LengthBytes { get; init; }
}

/// <summary>What a reader must know of an object to get any frame with one ranged request.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct ObjectDescriptor
{
    /// <summary>The object.</summary>
    [Field(1)] public ObjectId Object { get; init; }

    /// <summary>Its plain bytes.</summary>
    [Field(2)] public uint PlainBytes { get; init; }

    /// <summary>Its bytes in the store.</summary>
    [Field(3)] public uint StoredBytes { get; init; }

    /// <summary>The frame index as the object format declares it.</summary>
    [Field(4, Max = FrameIndexBytesMax)] public ReadOnlyMemory<byte> FrameIndex { get; init; }

    /// <summary>Bytes of the largest frame index.</summary>
    public const int FrameIndexBytesMax = 64 + (8 * Limits.FramesPerObjectMax);
}

/// <summary>One block of a file.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct BlockExtents
{
    /// <summary>Offset in the file divided by the block size.</summary>
    [Field(1)] public ulong Index { get; init; }

    /// <summary>By block offset, none overlaps another.</summary>
    [Field(2, Max = Limits.ExtentsPerBlockMax)] public ImmutableArray<Extent> Extents { get; init; }
}

/// <summary>Where the bytes of some blocks of a file are. ESTALE when the inode is gone.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct GetExtentsRequest
{
    /// <summary>The file.</summary>
    [Field(1)] public InodeId Inode { get; init; }

    /// <summary>The first block.</summary>
    [Field(2)] public ulong FirstBlock { get; init; }

    /// <summary>1 to <see cref="Limits.BlocksPerRequestMax"/>.</summary>
    [Field(3)] public uint BlockCount { get; init; }
}

/// <summary>Blocks that have extents, all of one moment.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct ExtentsReply
{
    /// <summary>Of the file, of the same moment.</summary>
    [Field(1)] public Attributes Attributes { get; init; }

    /// <summary>In order of index; a block that is missing here is a hole.</summary>
    [Field(2, Max = Limits.BlocksPerRequestMax)] public ImmutableArray<BlockExtents> Blocks { get; init; }

    /// <summary>Each object that the extents name, once.</summary>
    [Field(3, Max = Limits.BlocksPerRequestMax * Limits.ExtentsPerBlockMax)]
    public ImmutableArray<ObjectDescriptor> Objects { get; init; }

    /// <summary>All bytes of the file, when it is inline; then there are no blocks.</summary>
    [Field(4, Max = Limits.InlineBytesMax)] public ReadOnlyMemory<byte> InlineData { get; init; }
}
