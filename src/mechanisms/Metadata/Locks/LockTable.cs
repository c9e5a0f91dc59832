using FlexFs.Core;
using FlexFs.Core.Locks;

namespace FlexFs.Metadata.Locks;

/// <summary>Which owner has which bytes of which file locked, and who waits for them.</summary>
/// <remarks>
/// After every call (LockTableTests, beside a model with an element for each byte):
///   1. no byte is locked exclusively by one owner and in any way by another, of one kind;
///   2. nobody waits who could have the lock, but behind somebody who came earlier and waits for what excludes it;
///   3. no circle of owners waits for record locks of each other, unless it is longer than one search looks;
///   4. a session that has ended has nothing and waits for nothing; what nobody has costs no memory.
/// Fair: of those who wait, whoever came first and can go goes; new wishes that would wait queue behind. So a stream of readers does
/// not starve a writer. Fairness alone never locks anybody out: who has a lock of the file passes, and when nothing is released for
/// <see cref="LockLimits.FairPatience"/>, all pass who can. Wishes that do not wait are refused only for locks that are held, as
/// fcntl(2) has it. In memory only: after a restart sessions claim what they had (<see cref="TryReclaim"/>), and the caller asks for
/// nothing new before all have. One thread: the volume's executor. Time is an argument.
/// </remarks>
public sealed class LockTable(LockLimits limits)
{
    private readonly SortedDictionary<LockSpaceKey, LockSpace> _spaces = [];
    private readonly SortedDictionary<SessionId, SessionLocks> _sessions = [];
    private readonly SortedSet<LockSpaceKey> _contended = [];
    private readonly Dictionary<(LockKind Kind, LockOwner Owner), List<LockWaiter>> _waitsOf = [];
    private readonly Queue<LockWaiter> _done = new();

    /// <summary>Ranges of all sessions.</summary>
    public int RangeCount { get; private set; }

    /// <summary>Wishes that wait.</summary>
    public int WaiterCount { get; private set; }

    /// <summary>Files and kinds with a lock or a waiter.</summary>
    public int SpaceCount => _spaces.Count;

    /// <summary>Locks at once, or says why not.</summary>
    /// <param name="wish">What.</param>
    /// <param name="waits">Whether the answer Busy leads to <see cref="Enqueue"/>: then a deadlock is looked for.</param>
    /// <param name="now">Time of now.</param>
    /// <remarks>flock(2): a lock of the other type is let go first, whatever becomes of the wish, as Linux does.</remarks>
    public LockAnswer Acquire(in LockWish wish, bool waits, Instant now)
    {
        Check.That(wish.Range.IsValid && (wish.Kind == LockKind.Record || wish.Range == LockRange.Whole));
        var space = SpaceOf(wish);
        var answer = AcquireIn(space, wish, waits, now);
        DropIfEmpty(space);
        return answer;
    }

    /// <summary>Waits after Busy; the outcome comes from <see cref="TryTakeDone"/>.</summary>
    /// <param name="wish">What.</param>
    /// <param name="ticket">Names it in its session; one that waits already keeps its place and gets the new tag.</param>
    /// <param name="tag">Whatever the caller wants back with the outcome.</param>
    /// <param name="now">Time of now.</param>
    /// <returns>The tag that the new one replaced, or null.</returns>
    public object? Enqueue(in LockWish wish, ulong ticket, object? tag, Instant now)
    {
        var session = SessionOf(wish.Owner.Session);
        if (session.Waiters.TryGetValue(ticket, out var there))
        {
            var before = there.Tag;
            there.Tag = tag;
            return before;
        }

        var waiter = new LockWaiter(wish, ticket, tag, now);
        if (session.WasCancelled(ticket))
        {
            waiter.Outcome = Errno.EINTR;
            _done.Enqueue(waiter);
            return null;
        }

        var space = SpaceOf(wish);
        if (space.Queue.Count == 0) (space.MovedAt, space.IsRelaxed) = (now, false);
        space.Enqueue(waiter);
        session.Waiters.Add(ticket, waiter);
        _contended.Add(space.Key);
        var owner = (wish.Kind, wish.Owner);
        if (!_waitsOf.TryGetValue(owner, out var waitsOf)) _waitsOf[owner] = waitsOf = new List<LockWaiter>(1);
        waitsOf.Add(waiter);
        WaiterCount++;
        return null;
    }

    /// <summary>Who is in the way of a lock (F_GETLK): of several, the one that begins first.</summary>
    public bool TryFindConflict(in LockWish wish, out LockOwner holder, out HeldRange found)
    {
        (holder, found) = (default, default);
        return _spaces.TryGetValue(new LockSpaceKey(wish.Inode, wish.Kind), out var space)
            && space.TryFindConflict(wish, out holder, out found);
    }

    /// <summary>Unlocks a range; what is not locked is passed over.</summary>
    /// <returns>ENOLCK when a lock would be split and the session has as many as it may. The whole file can always be unlocked.</returns>
    public Errno Release(InodeId inode, LockKind kind, LockOwner owner, LockRange range, Instant now)
    {
        if (!_spaces.TryGetValue(new LockSpaceKey(inode, kind), out var space)) return Errno.OK;
        if (space.Of(owner) is not { } ranges || !ranges.Touches(range)) return Errno.OK;
        if (ranges.IsSplitBy(range) && !MayHaveMore(space, owner)) return Errno.ENOLCK;
        var before = ranges.Count;
        ranges.Clear(range);
        Account(space, owner, ranges, before);
        Pump(space, now, isMoved: true);
        DropIfEmpty(space);
        return Errno.OK;
    }

    /// <summary>Ends a wait with EINTR; one that has not come yet is ended when it comes.</summary>
    public void Cancel(SessionId session, ulong ticket, Instant now)
    {
        var of = SessionOf(session);
        if (of.Waiters.TryGetValue(ticket, out var waiter)) End([waiter], Errno.EINTR, now);
        else of.RememberCancel(ticket, limits.EarlyCancels);
    }

    /// <summary>Forgets the waiters of a session whose tags the predicate names: nobody listens any more.</summary>
    public void Forget(SessionId session, Predicate<object?> isGone, Instant now)
    {
        ArgumentNullException.ThrowIfNull(isGone);
        if (!_sessions.TryGetValue(session, out var of)) return;
        End([.. of.Waiters.Values.Where(waiter => isGone(waiter.Tag))], Errno.EINTR, now);
    }

    /// <summary>The session has ended: it has nothing any more and waits for nothing.</summary>
    public void ReleaseSession(SessionId session, Instant now)
    {
        if (!_sessions.TryGetValue(session, out var of)) return;
        var spaces = new HashSet<LockSpace>();
        foreach (var waiter in of.Waiters.Values.ToArray()) spaces.Add(Finish(waiter, Errno.EIO));
        foreach (var (key, value) in of.Owners.ToArray())
        {
            var owner = new LockOwner(session, value);
            var space = _spaces[key];
            var ranges = space.Of(owner)!;
            var before = ranges.Count;
            ranges.Clear(LockRange.Whole);
            Account(space, owner, ranges, before);
            spaces.Add(space);
        }

        Check.That(of.Ranges == 0);
        _sessions.Remove(session);
        PumpAll(spaces, now, isMoved: true);
    }

    /// <summary>After a restart: takes over what a session says it had. Whoever claims first has it.</summary>
    /// <returns>False when another has it, or the session may not have so many.</returns>
    public bool TryReclaim(in LockWish wish, Instant now)
    {
        Check.That(wish.Range.IsValid);
        var space = SpaceOf(wish);
        var isFree = !space.HasConflict(wish) && MayReclaim(space, wish.Owner);
        if (isFree) Take(space, wish, now);
        DropIfEmpty(space);
        return isFree;
    }

    /// <summary>Looks for files in which nothing moves: there waiters may overtake each other. Once a second or so.</summary>
    public void Relax(Instant now)
    {
        foreach (var key in _contended.ToArray())
        {
            var space = _spaces[key];
            if (space.IsRelaxed || now.Since(space.MovedAt) < limits.FairPatience) continue;
            space.IsRelaxed = true;
            Pump(space, now, isMoved: false);
            DropIfEmpty(space);
        }
    }

    /// <summary>A wish that waits no more, in order. Ask after every call.</summary>
    public bool TryTakeDone([System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out LockWaiter waiter) =>
        _done.TryDequeue(out waiter);

    /// <summary>What is held, in order of inode, kind and owner.</summary>
    public IEnumerable<ListedLock> Held()
    {
        foreach (var space in _spaces.Values)
        {
            foreach (var (owner, ranges) in space.Holders)
            {
                foreach (var held in ranges.All)
                {
                    yield return new ListedLock(
                        new LockWish(space.Key.Inode, space.Key.Kind, owner, held.Range, held.Type, held.ProcessId), held.Since);
                }
            }
        }
    }

    /// <summary>What is waited for, in order of inode and kind, and of arrival.</summary>
    public IEnumerable<ListedWait> Waiting()
    {
        foreach (var key in _contended)
        {
            var space = _spaces[key];
            foreach (var waiter in space.Queue)
            {
                var blocker = space.FindBlocker(waiter.Wish, waiter, limits.FairAhead, limits.BlockerOwners);
                yield return new ListedWait(new ListedLock(waiter.Wish, waiter.Since), blocker);
            }
        }
    }

    /// <summary>Who is in the way of a wish that was answered Busy; null when that was not found.</summary>
    public LockBlocker? FindBlocker(in LockWish wish) =>
        _spaces.TryGetValue(new LockSpaceKey(wish.Inode, wish.Kind), out var space)
            ? space.FindBlocker(wish, null, limits.FairAhead, limits.BlockerOwners)
            : null;

    /// <summary>Ranges that a session has.</summary>
    public int RangesOf(SessionId session) => _sessions.GetValueOrDefault(session)?.Ranges ?? 0;

    private LockAnswer AcquireIn(LockSpace space, in LockWish wish, bool waits, Instant now)
    {
        if (wish.Kind == LockKind.Flock && space.Of(wish.Owner) is { } has)
        {
            if (has.All[0].Type == wish.Type) return LockAnswer.Granted;

            // flock(2): "the existing lock is first removed, and then a new lock is established". Those who wait come after the attempt,
            // as on a local file.
            var before = has.Count;
            has.Clear(LockRange.Whole);
            Account(space, wish.Owner, has, before);
            var converted = Try(space, wish, waits, passes: true, now);
            Pump(space, now, isMoved: true);
            return converted;
        }

        var couldFree = space.Queue.Count > 0 && MayDowngrade(space, wish);
        var answer = Try(space, wish, waits, passes: false, now);
        if (answer != LockAnswer.Granted) return answer;

        // Who has a lock of the file passes those who wait, so another wish of this owner may go now, too.
        if (couldFree || _waitsOf.ContainsKey((wish.Kind, wish.Owner))) Pump(space, now, isMoved: couldFree);
        return answer;
    }

    private LockAnswer Try(LockSpace space, in LockWish wish, bool waits, bool passes, Instant now)
    {
        if (space.HasConflict(wish))
        {
            if (waits && wish.Kind == LockKind.Record && ClosesCircle(space, wish)) return LockAnswer.Deadlock;
            return waits && IsTooMuch(space.Holders.Count, space.Queue.Count + 1) ? LockAnswer.Exhausted : LockAnswer.Busy;
        }

        // Asked for again after its answer was lost.
        if (space.Of(wish.Owner)?.Has(wish.Range, wish.Type) == true) return LockAnswer.Granted;
        if (waits && !passes && space.MustQueue(wish, null, limits.FairAhead)) return LockAnswer.Busy;
        if (!MayHaveMore(space, wish.Owner)) return LockAnswer.Exhausted;
        if (space.Of(wish.Owner) is null && IsTooMuch(space.Holders.Count + 1, space.Queue.Count)) return LockAnswer.Exhausted;
        Take(space, wish, now);
        return LockAnswer.Granted;
    }

    // Whenever something moves each waiter is compared with the holders.
    private bool IsTooMuch(int holders, int waiters) => (long)holders * waiters > limits.ComparisonsMax;

    private void Take(LockSpace space, in LockWish wish, Instant now)
    {
        var ranges = space.Of(wish.Owner) ?? new LockRanges();
        var before = ranges.Count;
        ranges.Set(new HeldRange(wish.Range, wish.Type, wish.ProcessId, now));
        Account(space, wish.Owner, ranges, before);
    }

    private void Account(LockSpace space, LockOwner owner, LockRanges ranges, int before)
    {
        space.Account(owner, ranges);
        var session = SessionOf(owner.Session);
        session.Count(space.Key, ranges.Count - before);
        RangeCount += ranges.Count - before;
        if (ranges.Count > 0)
        {
            if (before == 0) session.Owners.Add((space.Key, owner.Value));
            return;
        }

        session.Owners.Remove((space.Key, owner.Value));
        if (session.IsEmpty) _sessions.Remove(owner.Session);
    }

    // One request adds two ranges at most. Of what is scarce a session may have a half of what is left.
    private bool MayHaveMore(LockSpace space, LockOwner owner)
    {
        if (!MayReclaim(space, owner)) return false;
        var after = RangesOf(owner.Session) + LockRanges.GrowthMax;
        return after <= limits.RangesAlways || after <= (limits.RangesPerVolume - RangeCount) / 2;
    }

    // How much the others have does not count: all of them had what they claim at once, whoever comes first now.
    private bool MayReclaim(LockSpace space, LockOwner owner)
    {
        if (!_sessions.TryGetValue(owner.Session, out var session)) return true;
        var after = session.Ranges + LockRanges.GrowthMax;
        return after <= limits.RangesPerSession && (after <= limits.RangesAlways || RangeCount < limits.RangesPerVolume)
            && session.RangesOf(space.Key) + LockRanges.GrowthMax <= limits.RangesPerSessionAndInode;
    }

    private void Pump(LockSpace space, Instant now, bool isMoved)
    {
        if (isMoved)
        {
            space.MovedAt = now;
            space.IsRelaxed = false;
        }

        while (PumpOnce(space, now))
        {
        }
    }

    private static bool MayDowngrade(LockSpace space, in LockWish wish) =>
        wish.Type == LockType.Shared && space.Of(wish.Owner) is { ExclusiveCount: > 0 };

    // True when somebody earlier in the queue may go now: an exclusive lock became a shared one, or an owner who waits for more of the
    // file has a lock of it now, and passes others.
    private bool PumpOnce(LockSpace space, Instant now)
    {
        var again = false;
        for (var node = space.Queue.First; node is not null;)
        {
            var waiter = node.Value;
            node = node.Next;
            var wish = waiter.Wish;
            if (space.HasConflict(wish) || space.MustQueue(wish, waiter, limits.FairAhead)) continue;
            if (!MayHaveMore(space, wish.Owner))
            {
                Finish(space, waiter, Errno.ENOLCK);
                continue;
            }

            again |= MayDowngrade(space, wish);
            Take(space, wish, now);
            Finish(space, waiter, Errno.OK);
            again |= _waitsOf.ContainsKey((wish.Kind, wish.Owner));
        }

        return again;
    }

    // All of them before anybody's turn comes: none gets a lock while others of them are ended.
    private void End(LockWaiter[] waiters, Errno outcome, Instant now)
    {
        var spaces = new HashSet<LockSpace>();
        foreach (var waiter in waiters) spaces.Add(Finish(waiter, outcome));
        PumpAll(spaces, now, isMoved: false);
    }

    // Those behind who was ended may have waited for it alone.
    private void PumpAll(IEnumerable<LockSpace> spaces, Instant now, bool isMoved)
    {
        foreach (var space in spaces.OrderBy(space => space.Key))
        {
            Pump(space, now, isMoved);
            DropIfEmpty(space);
        }
    }

    private LockSpace Finish(LockWaiter waiter, Errno outcome)
    {
        var space = SpaceOf(waiter.Wish);
        Finish(space, waiter, outcome);
        return space;
    }

    private void Finish(LockSpace space, LockWaiter waiter, Errno outcome)
    {
        waiter.Outcome = outcome;
        space.Queue.Remove(waiter.Node);
        if (space.Queue.Count == 0) _contended.Remove(space.Key);
        var session = SessionOf(waiter.Wish.Owner.Session);
        session.Waiters.Remove(waiter.Ticket);
        if (session.IsEmpty) _sessions.Remove(session.Session);
        var owner = (waiter.Wish.Kind, waiter.Wish.Owner);
        var waits = _waitsOf[owner];
        Check.That(waits.Remove(waiter));
        if (waits.Count == 0) _waitsOf.Remove(owner);
        WaiterCount--;
        _done.Enqueue(waiter);
    }

    // Whether somebody in the way waits, through any number of others, for the owner itself. Only locks that are held count: fairness
    // lets go by itself.
    private bool ClosesCircle(LockSpace space, in LockWish wish)
    {
        if (_waitsOf.Count == 0) return false;
        var seen = new HashSet<LockOwner>();
        var toSee = new Queue<LockOwner>();
        var left = limits.ComparisonsMax;
        AddHolders(space, wish, seen, toSee, ref left);
        while (left > 0 && toSee.TryDequeue(out var owner))
        {
            if (!_waitsOf.TryGetValue((LockKind.Record, owner), out var waits)) continue;
            foreach (var waiter in waits)
            {
                if (left-- <= 0) return false;
                var held = _spaces[new LockSpaceKey(waiter.Wish.Inode, waiter.Wish.Kind)];
                if (held.Of(wish.Owner)?.TryFindConflict(waiter.Wish.Range, waiter.Wish.Type, out _) == true) return true;
                AddHolders(held, waiter.Wish, seen, toSee, ref left);
            }
        }

        return false;
    }

    private void AddHolders(LockSpace space, in LockWish wish, HashSet<LockOwner> seen, Queue<LockOwner> toSee, ref int left)
    {
        foreach (var (owner, ranges) in space.InTheWayOf(wish))
        {
            if (seen.Count >= limits.DeadlockOwners || left-- <= 0) return;
            if (owner == wish.Owner || seen.Contains(owner)) continue;
            if (!ranges.TryFindConflict(wish.Range, wish.Type, out _)) continue;
            seen.Add(owner);
            toSee.Enqueue(owner);
        }
    }

    private LockSpace SpaceOf(in LockWish wish)
    {
        var key = new LockSpaceKey(wish.Inode, wish.Kind);
        if (!_spaces.TryGetValue(key, out var space)) _spaces.Add(key, space = new LockSpace(key));
        return space;
    }

    private void DropIfEmpty(LockSpace space)
    {
        if (space.IsEmpty) _spaces.Remove(space.Key);
    }

    private SessionLocks SessionOf(SessionId session)
    {
        if (!_sessions.TryGetValue(session, out var of)) _sessions.Add(session, of = new SessionLocks(session));
        return of;
    }
}
