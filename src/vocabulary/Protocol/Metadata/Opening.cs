using System.Collections.Immutable;
using FlexFs.Core;
using FlexFs.Wire;

namespace FlexFs.Protocol.Metadata;

/// <summary>
/// This session opens an inode: from now on it lives until <see cref="CloseRequest"/>, names or not. ESTALE when gone.
/// </summary>
/// <remarks>The server keeps opens in memory; after its restart sessions tell them again (<see cref="ReclaimRequest"/>).</remarks>
[WireRecord(Version = 1)]
public readonly partial record struct OpenRequest
{
    /// <summary>The inode.</summary>
    [Field(1)] public InodeId Inode { get; init; }

    /// <summary>Whether the answer may carry the contents of an inline file.</summary>
    [Field(2)] public bool WithInlineData { get; init; }

    /// <summary>Whether it is opened for writing: then a write lease is wanted too, if no other session has any.</summary>
    [Field(3)] public bool WantsWrite { get; init; }
}

/// <summary>The inode as it is now: what close-to-open compares the caches with.</summary>
[WireRecord(Version = 2)]
public readonly partial record struct OpenReply
{
    /// <summary>Of the inode.</summary>
    [Field(1)] public Attributes Attributes { get; init; }

    /// <summary>All bytes of an inline file, when they were asked for; else empty.</summary>
    [Field(2, Max = Limits.InlineBytesMax)] public ReadOnlyMemory<byte> InlineData { get; init; }

    /// <summary>
    /// Whether another session has it open for writing, or may have: then a handle that writes keeps its pages out of the kernel, because
    /// an invalidation would wait for a WRITE, and the WRITE for who wants the invalidation.
    /// </summary>
    [Field(3, Since = 2)] public bool IsWrittenElsewhere { get; init; }
}

/// <summary>The session has these inodes open no more. What has no name left is removed. Answered by MutationReply.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct CloseRequest
{
    /// <summary>Each once; one close ends all opens of it by this session.</summary>
    [Field(1, Max = InodesMax)] public ImmutableArray<InodeId> Inodes { get; init; }

    /// <summary>Inodes in one request.</summary>
    public const int InodesMax = 4096;
}

/// <summary>What the session had open when it lost the server: first request after a resumed session. Answered empty.</summary>
[WireRecord(Version = 3)]
public readonly partial record struct ReclaimRequest
{
    /// <summary>A part of them.</summary>
    [Field(1, Max = CloseRequest.InodesMax)] public ImmutableArray<InodeId> OpenInodes { get; init; }

    /// <summary>Whether this was the last part.</summary>
    [Field(2)] public bool IsLast { get; init; }

    /// <summary>Leases that it had, also those whose recall it is carrying out.</summary>
    [Field(3, Max = LeasesMax)] public ImmutableArray<HeldLease> Leases { get; init; }

    /// <summary>Those of <see cref="OpenInodes"/> that are open for writing.</summary>
    [Field(4, Since = 2, Max = CloseRequest.InodesMax)] public ImmutableArray<InodeId> WrittenInodes { get; init; }

    /// <summary>
    /// Requests without an answer that open what they make. Those that took effect are open again from here on: their repeat may come
    /// after another loss of the connection, and nobody may remove meanwhile what they made.
    /// </summary>
    [Field(5, Since = 3, Max = Limits.RpcSlotsMax)] public ImmutableArray<UnansweredRequest> UnansweredCreates { get; init; }

    /// <summary>Leases in one request.</summary>
    public const int LeasesMax = 16384;
}

/// <summary>A request that its session will repeat.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct UnansweredRequest
{
    /// <summary>Its slot of the session's window.</summary>
    [Field(1)] public uint Slot { get; init; }

    /// <summary>Its number in that slot.</summary>
    [Field(2)] public ulong Number { get; init; }
}

/// <summary>The mount goes away: forget its session and all that it had open.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct EndSessionRequest;

/// <summary>An answer without a body.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct EmptyReply;
