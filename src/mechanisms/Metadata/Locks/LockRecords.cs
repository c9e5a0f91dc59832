using FlexFs.Core;
using FlexFs.Core.Locks;

namespace FlexFs.Metadata.Locks;

/// <summary>Whose a lock is: a process or an open file at one mount.</summary>
/// <param name="Session">The mount.</param>
/// <param name="Value">As the mount's kernel names the owner.</param>
public readonly record struct LockOwner(SessionId Session, ulong Value) : IComparable<LockOwner>
{
    /// <inheritdoc/>
    public int CompareTo(LockOwner other) =>
        Session.CompareTo(other.Session) is not 0 and var bySession ? bySession : Value.CompareTo(other.Value);
}

/// <summary>A lock that is asked for.</summary>
/// <param name="Inode">Of which file.</param>
/// <param name="Kind">Which locks it can conflict with.</param>
/// <param name="Owner">For whom.</param>
/// <param name="Range">Which bytes; of flock(2) always all.</param>
/// <param name="Type">Shared or exclusive.</param>
/// <param name="ProcessId">Who asks, for F_GETLK and operators.</param>
public readonly record struct LockWish(
    InodeId Inode, LockKind Kind, LockOwner Owner, LockRange Range, LockType Type, uint ProcessId);

/// <summary>What became of a wish.</summary>
public enum LockAnswer
{
    /// <summary>The owner has the lock.</summary>
    Granted,

    /// <summary>Somebody is in the way: EAGAIN, or wait.</summary>
    Busy,

    /// <summary>Waiting would close a circle of owners who wait for each other: EDEADLK.</summary>
    Deadlock,

    /// <summary>The session has as many locks as it may: ENOLCK.</summary>
    Exhausted,
}

/// <summary>A lock that is held, or waited for.</summary>
/// <param name="Wish">What.</param>
/// <param name="Since">Since when.</param>
public readonly record struct ListedLock(LockWish Wish, Instant Since);

/// <summary>A lock that is waited for, and for whom.</summary>
/// <param name="Lock">What, and since when.</param>
/// <param name="Blocker">Who is in the way; null when <see cref="LockLimits.BlockerOwners"/> were looked at without finding them.</param>
public readonly record struct ListedWait(ListedLock Lock, LockBlocker? Blocker);

/// <summary>Who is in the way of a wish. There may be others.</summary>
/// <param name="Owner">Whose lock it is, or whose wish.</param>
/// <param name="ProcessId">Who asked for it.</param>
/// <param name="Holds">Whether it is held; otherwise it is waited for, and came earlier.</param>
public readonly record struct LockBlocker(LockOwner Owner, uint ProcessId, bool Holds);

/// <summary>Bounds of a <see cref="LockTable"/>.</summary>
public sealed record LockLimits
{
    /// <summary>Ranges that one session may have locked of one file.</summary>
    public int RangesPerSessionAndInode { get; init; } = 8192;

    /// <summary>Ranges that one session may have locked altogether.</summary>
    public int RangesPerSession { get; init; } = 65536;

    /// <summary>
    /// Ranges of all sessions that the memory is meant for. When they become scarce a session may have half of what is left, and
    /// always <see cref="RangesAlways"/>: so one that takes all it can leaves enough for the others.
    /// </summary>
    public int RangesPerVolume { get; init; } = 1 << 19;

    /// <summary>Ranges that a session may have whatever the others have.</summary>
    public int RangesAlways { get; init; } = 256;

    /// <summary>Waiters ahead of a wish that it may not overtake; those behind them are not looked at.</summary>
    public int FairAhead { get; init; } = 64;

    /// <summary>When no lock of the file was released for so long, waiters may overtake each other.</summary>
    public TimeSpan FairPatience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Owners that one search for a deadlock looks at; in a longer circle nobody is told.</summary>
    public int DeadlockOwners { get; init; } = 1024;

    /// <summary>
    /// Holders times waiters of one file, and comparisons of one search for a deadlock: so long, some milliseconds, one request may take.
    /// What would make it longer is ENOLCK.
    /// </summary>
    public int ComparisonsMax { get; init; } = 1 << 20;

    /// <summary>Owners that are looked at to say who is in the way.</summary>
    public int BlockerOwners { get; init; } = 1024;

    /// <summary>Cancellations of a session that came before what they cancel.</summary>
    public int EarlyCancels { get; init; } = 64;
}
