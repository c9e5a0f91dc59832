using System.Collections.Immutable;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;
using FlexFs.Wire;

namespace FlexFs.Metadata.Records;

/// <summary>The extents of a block. Key: <see cref="Keys.Block"/>. A block without extents has no record.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct BlockRecord
{
    /// <summary>By block offset, none overlaps another.</summary>
    [Field(1, Max = Limits.ExtentsPerBlockMax)] public ImmutableArray<Extent> Extents { get; init; }

    /// <summary>Commit time since which this version is true.</summary>
    [Field(2)] public Instant Begin { get; init; }
}

/// <summary>An object that extents refer to. Key: <see cref="Keys.Object"/>.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct ObjectRecord
{
    /// <summary>Its plain bytes.</summary>
    [Field(1)] public uint PlainBytes { get; init; }

    /// <summary>Its bytes in the store.</summary>
    [Field(2)] public uint StoredBytes { get; init; }

    /// <summary>Plain bytes that extents of the present name; more than <see cref="PlainBytes"/> when it was cloned.</summary>
    [Field(3)] public ulong LiveBytes { get; init; }

    /// <summary>The frame index as the object format declares it.</summary>
    [Field(4, Max = ObjectDescriptor.FrameIndexBytesMax)] public ReadOnlyMemory<byte> FrameIndex { get; init; }

    /// <summary>When it was committed.</summary>
    [Field(5)] public Instant Begin { get; init; }

    /// <summary>Whether several blocks or files were committed with it: it stays with these, and is not cloned.</summary>
    [Field(6)] public bool IsPack { get; init; }

    /// <summary>As clients see it.</summary>
    public ObjectDescriptor ToDescriptor(ObjectId id) =>
        new() { Object = id, PlainBytes = PlainBytes, StoredBytes = StoredBytes, FrameIndex = FrameIndex };
}

/// <summary>An object that nothing refers to and that will be deleted: irrevocable. Key: <see cref="Keys.Condemned"/>.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct CondemnedRecord
{
    /// <summary>Since when.</summary>
    [Field(1)] public Instant Since { get; init; }

    /// <summary>Its bytes in the store.</summary>
    [Field(2)] public uint StoredBytes { get; init; }
}

/// <summary>Object ids that only one session may commit. Key: <see cref="Keys.IdRange"/>.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct IdRangeRecord
{
    /// <summary>Whose.</summary>
    [Field(1)] public SessionId Session { get; init; }

    /// <summary>Commits from a closed range are refused, so what was uploaded under it and not committed is an orphan.</summary>
    [Field(2)] public bool IsClosed { get; init; }
}
