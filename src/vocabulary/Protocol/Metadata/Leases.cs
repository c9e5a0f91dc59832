using System.Collections.Immutable;
using FlexFs.Core;
using FlexFs.Wire;

namespace FlexFs.Protocol.Metadata;

/// <summary>What a session may do with what it has cached of an inode.</summary>
public enum LeaseKind : byte
{
    /// <summary>Nothing: an answer without a lease is true when it is given, and is not kept.</summary>
    None = 0,

    /// <summary>
    /// Answer from its cache: of a directory names (those that are absent too), listing and attributes; of anything else attributes,
    /// extended attributes, symlink target, extents and data.
    /// </summary>
    Read = 1,

    /// <summary>Of a regular file, and of one session at a time: have bytes, size and times that are not committed, too.</summary>
    Write = 2,
}

/// <summary>What of an inode a change is about.</summary>
[Flags]
public enum InodeParts : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Attributes, extended attributes, symlink target.</summary>
    Attributes = 1,

    /// <summary>Bytes and extents.</summary>
    Data = 2,

    /// <summary>Names of a directory, and its listing.</summary>
    Names = 4,
}

/// <summary>
/// Asks for a lease, and waits until others gave theirs up. Answered by <see cref="LeaseReply"/>. ESTALE; EINVAL for a write lease of
/// what is no regular file; ENFILE when the session has as many as it may.
/// </summary>
[WireRecord(Version = 1)]
public readonly partial record struct AcquireLeaseRequest
{
    /// <summary>The inode.</summary>
    [Field(1)] public InodeId Inode { get; init; }

    /// <summary>Read or write.</summary>
    [Field(2, Defined = true)] public LeaseKind Kind { get; init; }
}

/// <summary>The lease that was asked for.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct LeaseReply
{
    /// <summary>The inode as it is, and the lease in it.</summary>
    [Field(1)] public Attributes Attributes { get; init; }

    /// <summary>
    /// Id of the last recall that the volume had begun when it was granted: one with a greater id takes this lease away, others were
    /// carried out before.
    /// </summary>
    [Field(2)] public ulong LastRecall { get; init; }
}

/// <summary>The opcodes of what the server says unasked.</summary>
public enum PushCode : ushort
{
    /// <summary>No push.</summary>
    None = 0,

    /// <summary><see cref="RecallPush"/>.</summary>
    Recall = 1,
}

/// <summary>
/// Another session is about to change or to use something that this one has cached: it commits what it must, drops what is named here,
/// keeps no more than what is allowed, and then says so (<see cref="AcknowledgeRecallsRequest"/>). Sent again on each new connection
/// until it does.
/// </summary>
[WireRecord(Version = 1)]
public readonly partial record struct RecallPush
{
    /// <summary>Grows with each recall of the volume, over restarts of the server too.</summary>
    [Field(1)] public ulong Id { get; init; }

    /// <summary>The inode.</summary>
    [Field(2)] public InodeId Inode { get; init; }

    /// <summary>The lease that may be kept.</summary>
    [Field(3, Defined = true)] public LeaseKind Keep { get; init; }

    /// <summary>What is to be dropped even if the lease is kept.</summary>
    [Field(4)] public InodeParts Parts { get; init; }

    /// <summary>The names of a directory that are to be dropped; none means all, if its names are.</summary>
    [Field(5, Max = NamesMax, ElementMax = Limits.StoredNameBytesMax)]
    public ImmutableArray<ReadOnlyMemory<byte>> Names { get; init; }

    /// <summary>Names in one recall.</summary>
    public const int NamesMax = 4;
}

/// <summary>A recall that was carried out, or is being.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct RecallAnswer
{
    /// <summary>Of the recall.</summary>
    [Field(1)] public ulong Id { get; init; }

    /// <summary>The lease that the session has now; never more than the recall allows.</summary>
    [Field(2, Defined = true)] public LeaseKind Kept { get; init; }

    /// <summary>Whether this only says that it is still being carried out, so that the server goes on waiting.</summary>
    [Field(3)] public bool IsUnderWay { get; init; }
}

/// <summary>Recalls that were carried out. Answered empty. In the release lane; what is not outstanding is passed over.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct AcknowledgeRecallsRequest
{
    /// <summary>Each once.</summary>
    [Field(1, Max = CountMax)] public ImmutableArray<RecallAnswer> Recalls { get; init; }

    /// <summary>Recalls in one request.</summary>
    public const int CountMax = 1024;
}

/// <summary>
/// Inodes of which the session keeps nothing cached any more. Answered empty. A lease in the answer to a request that was sent before
/// this was answered does not count.
/// </summary>
[WireRecord(Version = 1)]
public readonly partial record struct ReleaseLeasesRequest
{
    /// <summary>Each once.</summary>
    [Field(1, Max = CountMax)] public ImmutableArray<InodeId> Inodes { get; init; }

    /// <summary>Inodes in one request.</summary>
    public const int CountMax = 4096;
}

/// <summary>A lease that a session had when it lost the server.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct HeldLease
{
    /// <summary>The inode.</summary>
    [Field(1)] public InodeId Inode { get; init; }

    /// <summary>Read or write.</summary>
    [Field(2, Defined = true)] public LeaseKind Kind { get; init; }
}
