using System.Collections.Immutable;
using FlexFs.Core;
using FlexFs.Core.Locks;
using FlexFs.Wire;

namespace FlexFs.Protocol.Metadata;

/// <summary>
/// Locks bytes of a file, or the file. EAGAIN (somebody is in the way), EINTR (the wait was cancelled), EDEADLK, ENOLCK (the session has
/// as many locks as it may), EINVAL. Answered empty.
/// </summary>
/// <remarks>
/// Locks live in the server's memory; after its restart sessions claim them (<see cref="ReclaimLocksRequest"/>). Asked for again, a lock
/// that the owner has is granted again.
/// </remarks>
[WireRecord(Version = 1)]
public readonly partial record struct LockRequest
{
    /// <summary>What is locked, and for whom.</summary>
    [Field(1)] public FileLock Lock { get; init; }

    /// <summary>Whether to wait while somebody is in the way.</summary>
    [Field(2)] public bool Waits { get; init; }

    /// <summary>Names the request in its session, for <see cref="CancelLockRequest"/>; never used again.</summary>
    [Field(3)] public ulong Ticket { get; init; }
}

/// <summary>A lock of a session.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct FileLock
{
    /// <summary>The file.</summary>
    [Field(1)] public InodeId Inode { get; init; }

    /// <summary>Which locks it can conflict with.</summary>
    [Field(2, Defined = true)] public LockKind Kind { get; init; }

    /// <summary>Shared or exclusive.</summary>
    [Field(3, Defined = true)] public LockType Type { get; init; }

    /// <summary>Whose it is in the session: a process or an open file, as the kernel of the mount names them.</summary>
    [Field(4)] public ulong Owner { get; init; }

    /// <summary>First byte; of flock(2) 0.</summary>
    [Field(5)] public ulong Start { get; init; }

    /// <summary>Last byte; to the end of the file, and of flock(2), 2^63 - 1.</summary>
    [Field(6)] public ulong End { get; init; }

    /// <summary>Process that asked for it, at its host.</summary>
    [Field(7)] public uint ProcessId { get; init; }
}

/// <summary>Unlocks. ENOLCK (a lock would become two, and the session has as many as it may), EINVAL. Answered empty.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct UnlockRequest
{
    /// <summary>The file, the owner and the range; the rest means nothing.</summary>
    [Field(1)] public FileLock Lock { get; init; }
}

/// <summary>Whether a lock could be had, and if not, who is in the way (F_GETLK). Of flock(2) too. EINVAL.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct TestLockRequest
{
    /// <summary>The lock.</summary>
    [Field(1)] public FileLock Lock { get; init; }
}

/// <summary>Who is in the way.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct TestLockReply
{
    /// <summary>The first lock in the way; none when there is none.</summary>
    [Field(1)] public FileLock? Found { get; init; }

    /// <summary>The session that has it.</summary>
    [Field(2)] public SessionId Session { get; init; }
}

/// <summary>Ends a wait for a lock: it is answered EINTR, unless it was answered already. Answered empty.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct CancelLockRequest
{
    /// <summary>Of the <see cref="LockRequest"/>.</summary>
    [Field(1)] public ulong Ticket { get; init; }
}

/// <summary>
/// What the session had locked when it lost the server: before the last part of <see cref="ReclaimRequest"/>. EINVAL afterwards.
/// </summary>
[WireRecord(Version = 1)]
public readonly partial record struct ReclaimLocksRequest
{
    /// <summary>A part of them.</summary>
    [Field(1, Max = LocksMax)] public ImmutableArray<FileLock> Locks { get; init; }

    /// <summary>Locks in one request.</summary>
    public const int LocksMax = 4096;
}

/// <summary>What could not be given back.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct ReclaimLocksReply
{
    /// <summary>Positions in <see cref="ReclaimLocksRequest.Locks"/> of those that another session has.</summary>
    [Field(1, Max = ReclaimLocksRequest.LocksMax)] public ImmutableArray<uint> Lost { get; init; }
}
