using FlexFs.Core;
using FlexFs.Wire;

namespace FlexFs.Protocol.Metadata;

/// <summary>
/// fallocate(2): a file becomes longer, or a range of it zeros that take no space. Space is never reserved. EINVAL, EISDIR, EFBIG, ESTALE;
/// E2BIG: a block at an end of the range would have too many extents, and nothing was changed: write zeros there first.
/// </summary>
[WireRecord(Version = 1)]
public readonly partial record struct FallocateRequest
{
    /// <summary>The file.</summary>
    [Field(1)] public InodeId Inode { get; init; }

    /// <summary>Where the range begins.</summary>
    [Field(2)] public long OffsetBytes { get; init; }

    /// <summary>Bytes of the range; at least 1.</summary>
    [Field(3)] public long LengthBytes { get; init; }

    /// <summary>Whether the range becomes zeros (FALLOC_FL_PUNCH_HOLE, FALLOC_FL_ZERO_RANGE).</summary>
    [Field(4)] public bool IsZeroed { get; init; }

    /// <summary>Whether the size stays although the range reaches beyond it (FALLOC_FL_KEEP_SIZE).</summary>
    [Field(5)] public bool KeepsSize { get; init; }
}

/// <summary>
/// A range of a file becomes the same bytes as a range of this or another file, by naming the same extents (copy_file_range(2)).
/// EINVAL, EISDIR, EFBIG, ESTALE. The reply has the target, and as value how many bytes from the beginning that was done for.
/// </summary>
/// <remarks>
/// Fewer than were asked for, or none, where the source ends, where either file is inline, where an object is a pack (which stays with the
/// files that it was made for), and where a block would have too many extents: there the client copies bytes. Ranges of one file do not
/// overlap.
/// </remarks>
[WireRecord(Version = 1)]
public readonly partial record struct CloneRangeRequest
{
    /// <summary>The file whose bytes they are.</summary>
    [Field(1)] public InodeId Source { get; init; }

    /// <summary>Where they begin in it.</summary>
    [Field(2)] public long SourceOffsetBytes { get; init; }

    /// <summary>The file that gets them.</summary>
    [Field(3)] public InodeId Target { get; init; }

    /// <summary>Where they begin in that one.</summary>
    [Field(4)] public long TargetOffsetBytes { get; init; }

    /// <summary>Bytes; at least 1.</summary>
    [Field(5)] public long LengthBytes { get; init; }
}

/// <summary>Where data, or a hole, begins at or behind an offset (lseek(2) with SEEK_DATA and SEEK_HOLE). ESTALE, EINVAL, EISDIR.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct SeekRequest
{
    /// <summary>The file.</summary>
    [Field(1)] public InodeId Inode { get; init; }

    /// <summary>From where on.</summary>
    [Field(2)] public long OffsetBytes { get; init; }

    /// <summary>Whether a hole is looked for; the end of the file is one.</summary>
    [Field(3)] public bool IsHole { get; init; }
}

/// <summary>What was found.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct SeekReply
{
    /// <summary>Of the file, of the same moment.</summary>
    [Field(1)] public Attributes Attributes { get; init; }

    /// <summary>Where it begins; when nothing was found, up to where was looked: the end of the file, or ask again from there.</summary>
    [Field(2)] public long OffsetBytes { get; init; }

    /// <summary>Whether it was found.</summary>
    [Field(3)] public bool IsFound { get; init; }
}
