using FlexFs.Core;
using FlexFs.Core.Locks;

namespace FlexFs.Metadata.Locks;

/// <summary>Names a <see cref="LockSpace"/>.</summary>
internal readonly record struct LockSpaceKey(InodeId Inode, LockKind Kind) : IComparable<LockSpaceKey>
{
    public int CompareTo(LockSpaceKey other) =>
        Inode.CompareTo(other.Inode) is not 0 and var byInode ? byInode : Kind.CompareTo(other.Kind);
}

/// <summary>The locks of one kind of one file: who has what, and who waits in which order.</summary>
internal sealed class LockSpace(LockSpaceKey key)
{
    private static readonly LinkedList<LockWaiter> Nobody = [];
    private readonly SortedList<LockOwner, LockRanges> _holders = new(1);

    // Of the holders those who exclude others: thousands may share a lock, and nobody who wants to share it looks at them.
    private readonly SortedList<LockOwner, LockRanges> _excluding = new(1);
    private LinkedList<LockWaiter>? _queue;

    public LockSpaceKey Key => key;

    /// <summary>By owner.</summary>
    public IReadOnlyDictionary<LockOwner, LockRanges> Holders => _holders;

    /// <summary>In the order of arrival.</summary>
    public LinkedList<LockWaiter> Queue => _queue ?? Nobody;

    /// <summary>When a lock was released last, or the first waiter came.</summary>
    public Instant MovedAt { get; set; }

    /// <summary>Nobody released anything for long: waiters may overtake.</summary>
    public bool IsRelaxed { get; set; }

    public bool IsEmpty => _holders.Count == 0 && Queue.Count == 0;

    public void Enqueue(LockWaiter waiter) => (_queue ??= new LinkedList<LockWaiter>()).AddLast(waiter.Node);

    public LockRanges? Of(LockOwner owner) => _holders.GetValueOrDefault(owner);

    /// <summary>The ranges of an owner have changed, are new, or are none any more.</summary>
    public void Account(LockOwner owner, LockRanges ranges)
    {
        if (ranges.Count == 0) _holders.Remove(owner);
        else _holders.TryAdd(owner, ranges);
        if (ranges.ExclusiveCount == 0) _excluding.Remove(owner);
        else _excluding.TryAdd(owner, ranges);
    }

    /// <summary>The lock of another owner that is in the way; of several, the one that begins first.</summary>
    public bool TryFindConflict(in LockWish wish, out LockOwner holder, out HeldRange found)
    {
        var any = false;
        (holder, found) = (default, default);
        var holders = InTheWayOf(wish);
        for (var i = 0; i < holders.Count; i++)
        {
            if (holders.Keys[i] == wish.Owner) continue;
            if (!holders.Values[i].TryFindConflict(wish.Range, wish.Type, out var held)) continue;
            if (any && held.Range.Start >= found.Range.Start) continue;
            (any, holder, found) = (true, holders.Keys[i], held);
        }

        return any;
    }

    /// <summary>Whether any lock of another owner is in the way.</summary>
    public bool HasConflict(in LockWish wish)
    {
        var holders = InTheWayOf(wish);
        for (var i = 0; i < holders.Count; i++)
        {
            if (holders.Keys[i] != wish.Owner && holders.Values[i].TryFindConflict(wish.Range, wish.Type, out _)) return true;
        }

        return false;
    }

    /// <summary>
    /// Whether somebody who came earlier waits for something that this wish excludes. Who has a lock of the file already passes: it
    /// may be what the others wait for.
    /// </summary>
    /// <param name="wish">The wish.</param>
    /// <param name="before">Where it stands in the queue; null when it is not in it.</param>
    /// <param name="aheadMax">Waiters to look at.</param>
    public bool MustQueue(in LockWish wish, LockWaiter? before, int aheadMax) => FindAhead(wish, before, aheadMax) is not null;

    /// <summary>Who is in the way: an owner who has a lock, or one who came earlier.</summary>
    /// <param name="wish">The wish.</param>
    /// <param name="before">Where it stands in the queue; null when it is not in it.</param>
    /// <param name="aheadMax">Waiters to look at.</param>
    /// <param name="ownersMax">Owners to look at.</param>
    public LockBlocker? FindBlocker(in LockWish wish, LockWaiter? before, int aheadMax, int ownersMax)
    {
        var holders = InTheWayOf(wish);
        for (var i = 0; i < holders.Count && i < ownersMax; i++)
        {
            if (holders.Keys[i] == wish.Owner) continue;
            if (!holders.Values[i].TryFindConflict(wish.Range, wish.Type, out var held)) continue;
            return new LockBlocker(holders.Keys[i], held.ProcessId, Holds: true);
        }

        return FindAhead(wish, before, aheadMax) is { } ahead
            ? new LockBlocker(ahead.Wish.Owner, ahead.Wish.ProcessId, Holds: false)
            : null;
    }

    /// <summary>Owners whose locks a wish can conflict with.</summary>
    public SortedList<LockOwner, LockRanges> InTheWayOf(in LockWish wish) =>
        wish.Type == LockType.Shared ? _excluding : _holders;

    private LockWaiter? FindAhead(in LockWish wish, LockWaiter? before, int aheadMax)
    {
        if (IsRelaxed || Queue.Count == 0 || _holders.ContainsKey(wish.Owner)) return null;
        foreach (var waiter in Queue)
        {
            if (waiter == before || aheadMax-- == 0) return null;
            if (waiter.Wish.Owner == wish.Owner) continue;
            if (waiter.Wish.Type == LockType.Shared && wish.Type == LockType.Shared) continue;
            if (waiter.Wish.Range.Overlaps(wish.Range)) return waiter;
        }

        return null;
    }
}
