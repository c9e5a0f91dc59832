using FlexFs.Core;
using FlexFs.Core.Locks;
using FlexFs.Metadata.Locks;

namespace FlexFs.Metadata.Tests.Locks;

public sealed class LockTableTests
{
    private static readonly InodeId One = new(11);
    private static readonly InodeId Two = new(12);
    private static readonly LockRange Bytes = new(10, 19);
    private readonly LockTable _table = new(new LockLimits());
    private Instant _now = new(1_000_000_000);
    private ulong _ticket;

    [Fact]
    public void Whoever_came_first_goes_first()
    {
        Take(1, LockType.Exclusive);
        for (ulong owner = 2; owner <= 5; owner++) Wait(owner, LockType.Exclusive);
        for (ulong owner = 2; owner <= 5; owner++)
        {
            Let(owner - 1);
            Assert.Equal([owner], Granted());
        }
    }

    [Fact]
    public void Readers_that_come_later_do_not_starve_a_writer()
    {
        Take(1, LockType.Shared);
        Wait(2, LockType.Exclusive);
        Wait(3, LockType.Shared);
        Wait(4, LockType.Shared);
        Assert.Empty(Granted());
        Let(1);
        Assert.Equal([2ul], Granted());
        Let(2);
        Assert.Equal([3ul, 4ul], Granted());
    }

    [Fact]
    public void Without_waiting_only_held_locks_are_in_the_way()
    {
        Take(1, LockType.Shared);
        Wait(2, LockType.Exclusive);
        Assert.Equal(LockAnswer.Granted, _table.Acquire(Wish(3, LockType.Shared), waits: false, _now));
    }

    [Fact]
    public void Who_has_a_lock_of_the_file_is_not_kept_back_by_those_who_wait_for_it()
    {
        Take(1, LockType.Shared);
        Take(3, LockType.Shared, new LockRange(0, 0));
        Wait(2, LockType.Exclusive);
        Assert.Equal(LockAnswer.Granted, _table.Acquire(Wish(3, LockType.Shared), waits: true, _now));
    }

    [Fact]
    public void Waiters_overtake_when_nothing_moves_for_long()
    {
        Take(1, LockType.Shared);
        Wait(2, LockType.Exclusive);
        Wait(3, LockType.Shared);
        _table.Relax(_now);
        Assert.Empty(Granted());
        _now = _now.Plus(new LockLimits().FairPatience);
        _table.Relax(_now);
        Assert.Equal([3ul], Granted());
    }

    [Fact]
    public void A_cancelled_wait_lets_those_behind_it_go()
    {
        Take(1, LockType.Shared);
        var ticket = Wait(2, LockType.Exclusive);
        Wait(3, LockType.Shared);
        _table.Cancel(Session(2), ticket, _now);
        Assert.Equal([(2ul, Errno.EINTR), (3ul, Errno.OK)], Done());
    }

    [Fact]
    public void A_cancellation_that_overtakes_its_request_still_ends_it()
    {
        Take(1, LockType.Exclusive);
        _table.Cancel(Session(2), _ticket + 1, _now);
        Wait(2, LockType.Exclusive);
        Assert.Equal([(2ul, Errno.EINTR)], Done());
        Assert.Equal(0, _table.WaiterCount);
    }

    [Fact]
    public void A_wait_that_is_asked_for_again_keeps_its_place()
    {
        Take(1, LockType.Exclusive);
        var first = Wait(2, LockType.Exclusive, tag: "old");
        Wait(3, LockType.Exclusive);
        Assert.Equal("old", _table.Enqueue(Wish(2, LockType.Exclusive), first, "new", _now));
        _table.Forget(Session(2), tag => Equals(tag, "old"), _now);
        Let(1);
        Assert.True(_table.TryTakeDone(out var done));
        Assert.Equal((first, "new"), (done.Ticket, done.Tag));
    }

    [Fact]
    public void A_circle_of_waiting_owners_is_EDEADLK_for_the_one_who_closes_it()
    {
        Take(1, LockType.Exclusive, inode: One);
        Take(2, LockType.Exclusive, inode: Two);
        Take(3, LockType.Exclusive, new LockRange(0, 5), One);
        Wait(1, LockType.Shared, inode: Two);
        Wait(2, LockType.Shared, new LockRange(0, 5), One);
        Assert.Equal(LockAnswer.Deadlock, _table.Acquire(Wish(3, LockType.Exclusive, inode: One), waits: true, _now));
        Assert.Equal(LockAnswer.Busy, _table.Acquire(Wish(3, LockType.Exclusive, inode: One), waits: false, _now));
        Assert.Empty(Granted());
    }

    [Fact]
    public void Two_who_both_want_more_than_the_shared_lock_they_have_are_a_circle()
    {
        Take(1, LockType.Shared);
        Take(2, LockType.Shared);
        Wait(1, LockType.Exclusive);
        Assert.Equal(LockAnswer.Deadlock, _table.Acquire(Wish(2, LockType.Exclusive), waits: true, _now));
    }

    [Fact]
    public void Flock_knows_no_circles_and_does_not_meet_record_locks()
    {
        Take(1, LockType.Exclusive, LockRange.Whole, One, LockKind.Flock);
        Take(2, LockType.Exclusive, LockRange.Whole, Two, LockKind.Flock);
        Take(3, LockType.Exclusive, LockRange.Whole, One);
        Wait(1, LockType.Exclusive, LockRange.Whole, Two, LockKind.Flock);
        Wait(2, LockType.Exclusive, LockRange.Whole, One, LockKind.Flock);
        Assert.Equal(2, _table.WaiterCount);
    }

    [Fact]
    public void A_downgrade_lets_readers_in_and_an_upgrade_waits_for_them()
    {
        Take(1, LockType.Exclusive);
        Wait(2, LockType.Shared);
        Take(1, LockType.Shared);
        Assert.Equal([2ul], Granted());
        Assert.Equal(LockAnswer.Busy, _table.Acquire(Wish(1, LockType.Exclusive), waits: false, _now));
        Let(2);
        Take(1, LockType.Exclusive);
    }

    [Fact]
    public void The_end_of_a_session_frees_what_it_had_and_ends_its_waits()
    {
        Take(1, LockType.Exclusive);
        Take(5, LockType.Exclusive, new LockRange(100, 100));
        Wait(5, LockType.Exclusive);
        Wait(2, LockType.Exclusive);
        _table.ReleaseSession(Session(1), _now);
        Assert.Equal([(5ul, Errno.EIO), (2ul, Errno.OK)], Done());
        Assert.Equal(1, _table.RangeCount);
    }

    [Fact]
    public void A_session_has_no_more_locks_than_it_may_and_another_has_room_beside_it()
    {
        var table = new LockTable(new LockLimits { RangesPerSession = 5000, RangesPerVolume = 2000, RangesAlways = 50 });
        int Fill(ulong session, int most)
        {
            for (var i = 0; i < most; i++)
            {
                var wish = new LockWish(
                    new InodeId((ulong)(1 + (i % 3))), LockKind.Record, new LockOwner(new SessionId(session), 1),
                    new LockRange((ulong)i * 2, (ulong)i * 2), LockType.Shared, 0);
                var answer = table.Acquire(wish, waits: i % 2 == 0, default);
                if (answer == LockAnswer.Granted) continue;
                Assert.Equal(LockAnswer.Exhausted, answer);
                return i;
            }

            return most;
        }

        Assert.InRange(Fill(1, 1_000_000), 600, 700);
        for (ulong session = 2; session < 40; session++) Assert.InRange(Fill(session, 1_000_000), 48, 700);
        Assert.InRange(table.RangeCount, 1000, 4000);
        table.ReleaseSession(new SessionId(1), default);
        Assert.Equal(0, table.RangesOf(new SessionId(1)));
    }

    [Fact]
    public void A_file_takes_so_many_ranges_of_a_session_and_unlocking_all_of_it_always_works()
    {
        var table = new LockTable(new LockLimits { RangesPerSessionAndInode = 10 });
        LockWish At(ulong start, ulong end) => new(
            One, LockKind.Record, new LockOwner(new SessionId(1), 1), new LockRange(start, end), LockType.Exclusive, 0);
        for (ulong i = 0; i < 9; i++) Assert.Equal(LockAnswer.Granted, table.Acquire(At(i * 10, (i * 10) + 5), false, default));
        Assert.Equal(LockAnswer.Exhausted, table.Acquire(At(1000, 1000), false, default));
        Assert.Equal(LockAnswer.Granted, table.Acquire(At(3, 4), false, default));
        Assert.Equal(Errno.ENOLCK, table.Release(One, LockKind.Record, At(0, 0).Owner, new LockRange(1, 2), default));
        Assert.Equal(Errno.OK, table.Release(One, LockKind.Record, At(0, 0).Owner, new LockRange(0, 2), default));
        Assert.Equal(Errno.OK, table.Release(One, LockKind.Record, At(0, 0).Owner, LockRange.Whole, default));
        Assert.Equal((0, 0), (table.RangeCount, table.SpaceCount));
    }

    [Fact]
    public void Of_two_sessions_that_claim_one_lock_the_first_has_it()
    {
        Assert.True(_table.TryReclaim(Wish(1, LockType.Exclusive), _now));
        Assert.False(_table.TryReclaim(Wish(2, LockType.Shared), _now));
        Assert.True(_table.TryReclaim(Wish(1, LockType.Exclusive), _now));
        Assert.Equal(1, _table.RangeCount);
    }

    [Fact]
    public void Holders_times_waiters_of_one_file_are_bounded_and_what_is_more_is_refused()
    {
        var table = new LockTable(new LockLimits { ComparisonsMax = 20 });
        for (ulong i = 1; i <= 5; i++)
        {
            Assert.Equal(LockAnswer.Granted, table.Acquire(Wish(i, LockType.Exclusive, new LockRange(i, i)), false, _now));
        }

        for (ulong i = 11; i <= 14; i++)
        {
            var wish = Wish(i, LockType.Exclusive, new LockRange(1, 5));
            Assert.Equal(LockAnswer.Busy, table.Acquire(wish, true, _now));
            table.Enqueue(wish, i, null, _now);
        }

        Assert.Equal(LockAnswer.Exhausted, table.Acquire(Wish(15, LockType.Exclusive, new LockRange(1, 5)), true, _now));
        Assert.Equal(LockAnswer.Busy, table.Acquire(Wish(15, LockType.Exclusive, new LockRange(1, 5)), false, _now));
        Assert.Equal(LockAnswer.Exhausted, table.Acquire(Wish(16, LockType.Exclusive, new LockRange(9, 9)), false, _now));
        Assert.Equal(LockAnswer.Granted, table.Acquire(Wish(5, LockType.Exclusive, new LockRange(9, 9)), false, _now));
        table.ReleaseSession(Session(1), _now);
        Assert.Equal(LockAnswer.Granted, table.Acquire(Wish(16, LockType.Exclusive, new LockRange(8, 8)), false, _now));
    }

    [Fact]
    public void What_sessions_had_when_locks_were_scarce_they_can_claim_in_any_order()
    {
        var limits = new LockLimits { RangesPerVolume = 64, RangesAlways = 4 };
        var before = new LockTable(limits);
        var had = new List<LockWish>();
        for (var owner = 1ul; owner <= 3; owner++)
        {
            var at = 0ul;
            LockWish wish;
            while (before.Acquire(wish = Wish(owner, LockType.Shared, new LockRange(at, at)), false, _now) == LockAnswer.Granted)
            {
                had.Add(wish);
                at += 2;
            }
        }

        Assert.True(had.Count > 32);
        had.Reverse();
        var after = new LockTable(limits);
        Assert.All(had, wish => Assert.True(after.TryReclaim(wish, _now)));
        Assert.Equal(before.RangeCount, after.RangeCount);
    }

    private static SessionId Session(ulong owner) => new(owner % 4);

    private static LockWish Wish(
        ulong owner, LockType type, LockRange? range = null, InodeId? inode = null, LockKind kind = LockKind.Record) =>
        new(inode ?? One, kind, new LockOwner(Session(owner), owner), range ?? Bytes, type, 0);

    private void Take(
        ulong owner, LockType type, LockRange? range = null, InodeId? inode = null, LockKind kind = LockKind.Record) =>
        Assert.Equal(LockAnswer.Granted, _table.Acquire(Wish(owner, type, range, inode, kind), waits: true, _now));

    private ulong Wait(
        ulong owner, LockType type, LockRange? range = null, InodeId? inode = null, LockKind kind = LockKind.Record,
        object? tag = null)
    {
        var wish = Wish(owner, type, range, inode, kind);
        Assert.Equal(LockAnswer.Busy, _table.Acquire(wish, waits: true, _now));
        Assert.Null(_table.Enqueue(wish, ++_ticket, tag, _now));
        return _ticket;
    }

    private void Let(ulong owner) =>
        Assert.Equal(Errno.OK, _table.Release(One, LockKind.Record, new LockOwner(Session(owner), owner), Bytes, _now));

    private List<(ulong Owner, Errno Outcome)> Done()
    {
        var done = new List<(ulong, Errno)>();
        while (_table.TryTakeDone(out var waiter)) done.Add((waiter.Wish.Owner.Value, waiter.Outcome));
        return done;
    }

    private IEnumerable<ulong> Granted() => Done().Select(d =>
    {
        Assert.Equal(Errno.OK, d.Outcome);
        return d.Owner;
    });
}
