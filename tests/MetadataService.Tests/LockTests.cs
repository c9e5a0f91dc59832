using FlexFs.Core;
using FlexFs.Core.Locks;
using FlexFs.MetadataService.Operators;
using FlexFs.MetadataService.Tests.Peers;
using FlexFs.Protocol.Metadata;

namespace FlexFs.MetadataService.Tests;

public sealed class LockTests
{
    private static readonly TimeSpan Term = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task What_one_session_has_locked_another_does_not_get_and_is_told_whose_it_is()
    {
        await using var service = new TestService();
        await using var a = await TestClient.ConnectAsync(service);
        await using var b = await TestClient.ConnectAsync(service);
        Assert.Equal(Errno.OK, (await a.LockAsync(Exclusive(10, 19) with { ProcessId = 77 }).SoonAsync()).Errno);
        Assert.Equal(Errno.EAGAIN, (await b.LockAsync(Shared(19, 30)).SoonAsync()).Errno);
        Assert.Equal(Errno.OK, (await b.LockAsync(Shared(20, 30)).SoonAsync()).Errno);
        var found = (await b.TestLockAsync(Exclusive(0, 100)).SoonAsync()).Value;
        Assert.Equal(a.Welcome.Session, found.Session);
        Assert.Equal((10ul, 19ul, 77u, LockType.Exclusive), Of(found.Found!.Value));
        Assert.Null((await a.TestLockAsync(Exclusive(0, 19)).SoonAsync()).Value.Found);
        Assert.Equal(Errno.OK, (await a.UnlockAsync(Exclusive(15, 19)).SoonAsync()).Errno);
        Assert.Equal(Errno.OK, (await b.LockAsync(Exclusive(15, 19)).SoonAsync()).Errno);
    }

    [Theory]
    [InlineData(5, 4, LockKind.Record)]
    [InlineData(0, ulong.MaxValue, LockKind.Record)]
    [InlineData(0, 10, LockKind.Flock)]
    public async Task A_range_that_is_none_is_EINVAL(ulong start, ulong end, LockKind kind)
    {
        await using var service = new TestService();
        await using var client = await TestClient.ConnectAsync(service);
        var wrong = Exclusive(start, end) with { Kind = kind };
        Assert.Equal(Errno.EINVAL, (await client.LockAsync(wrong).SoonAsync()).Errno);
        Assert.Equal(Errno.EINVAL, (await client.UnlockAsync(wrong).SoonAsync()).Errno);
        Assert.Equal(Errno.EINVAL, (await client.TestLockAsync(wrong).SoonAsync()).Errno);
    }

    [Fact]
    public async Task Who_waits_gets_the_lock_when_it_is_free_and_hundreds_may_wait_while_others_work()
    {
        await using var service = new TestService();
        await using var a = await TestClient.ConnectAsync(service);
        await using var b = await TestClient.ConnectAsync(service);
        await a.LockAsync(Exclusive(0, 9)).SoonAsync();
        var waits = Enumerable.Range(1, 600).Select(i => b.LockAsync(Exclusive(0, 9) with { Owner = (ulong)i }, (ulong)i)).ToList();

        // They hold no slot of the window: 600 are more than it has.
        for (var i = 0; i < 300; i++) Assert.True((await b.StatAsync(InodeId.Root).SoonAsync()).IsOk);
        Assert.DoesNotContain(waits, wait => wait.IsCompleted);
        await a.UnlockAsync(Exclusive(0, 9)).SoonAsync();
        for (var left = waits.Count; left > 0; left--)
        {
            var next = await Task.WhenAny(waits).SoonAsync();
            var at = waits.IndexOf(next);
            Assert.True((await next).IsOk);
            Assert.DoesNotContain(waits, wait => wait != next && wait.IsCompleted);
            waits[at] = new TaskCompletionSource<Result<EmptyReply>>().Task;
            await b.UnlockAsync(Exclusive(0, 9) with { Owner = (ulong)(at + 1) }).SoonAsync();
        }
    }

    [Fact]
    public async Task A_cancelled_wait_is_EINTR_and_has_nothing()
    {
        await using var service = new TestService();
        await using var a = await TestClient.ConnectAsync(service);
        await using var b = await TestClient.ConnectAsync(service);
        await a.LockAsync(Exclusive(0, 9)).SoonAsync();
        var wait = b.LockAsync(Exclusive(0, 9), ticket: 5);
        await b.StatAsync(InodeId.Root).SoonAsync();
        Assert.True((await b.CancelLockAsync(5).SoonAsync()).IsOk);
        Assert.Equal(Errno.EINTR, (await wait.SoonAsync()).Errno);
        await a.UnlockAsync(Exclusive(0, 9)).SoonAsync();
        Assert.Null((await a.TestLockAsync(Exclusive(0, 9)).SoonAsync()).Value.Found);
    }

    [Fact]
    public async Task Two_sessions_that_wait_for_each_other_are_told_EDEADLK()
    {
        await using var service = new TestService();
        await using var a = await TestClient.ConnectAsync(service);
        await using var b = await TestClient.ConnectAsync(service);
        await a.LockAsync(Exclusive(0, 0)).SoonAsync();
        await b.LockAsync(Exclusive(1, 1)).SoonAsync();
        var (first, second) = (a.LockAsync(Exclusive(1, 1), ticket: 1), b.LockAsync(Exclusive(0, 0), ticket: 1));
        var told = await Task.WhenAny(first, second).SoonAsync();
        Assert.Equal(Errno.EDEADLK, (await told).Errno);
        var (loser, other) = told == first ? (a, second) : (b, first);
        await loser.UnlockAsync(Exclusive(0, 1)).SoonAsync();
        Assert.True((await other.SoonAsync()).IsOk);
    }

    [Fact]
    public async Task A_wait_goes_on_over_a_lost_connection_and_is_granted_once()
    {
        await using var service = new TestService();
        await using var a = await TestClient.ConnectAsync(service);
        await using var b = await TestClient.ConnectAsync(service);
        await a.LockAsync(Exclusive(0, 9)).SoonAsync();
        var wait = b.LockAsync(Exclusive(0, 9), ticket: 1);
        for (var i = 0; i < 5; i++)
        {
            service.CutAll();
            Assert.True((await b.StatAsync(InodeId.Root).SoonAsync()).IsOk);
        }

        Assert.False(wait.IsCompleted);
        await a.UnlockAsync(Exclusive(0, 9)).SoonAsync();
        Assert.True((await wait.SoonAsync()).IsOk);
        Assert.Equal(b.Welcome.Session, (await a.TestLockAsync(Shared(0, 0)).SoonAsync()).Value.Session);
    }

    [Fact]
    public async Task After_a_restart_who_is_back_and_tells_nothing_is_waited_for_its_term_only()
    {
        var clock = new ManualClock();
        await using var service = new TestService(clock: clock);
        await using var silent = await TestClient.ConnectAsync(service);
        silent.Reclaims = false;
        await using var other = await TestClient.ConnectAsync(service);
        service.Kill();
        service.Start();
        using var ended = new CancellationTokenSource();
        var upkeep = service.Server.RunAsync(ended.Token);
        await Eventually.HoldsAsync(() => silent.Welcome.MustReclaim && other.Welcome.MustReclaim, "both are back");
        var wait = other.LockAsync(Exclusive(0, 9), ticket: 1);
        Assert.True((await other.StatAsync(InodeId.Root).SoonAsync()).IsOk);
        Assert.False(wait.IsCompleted);
        await Eventually.HoldsAsync(
            () =>
            {
                clock.Advance(TimeSpan.FromSeconds(1));
                return wait.IsCompleted;
            },
            "the grace is over");
        Assert.True((await wait.SoonAsync()).IsOk);
        Assert.Equal((0, 1), (other.Losses, silent.Losses));
        await ended.CancelAsync();
        clock.Advance(TimeSpan.FromSeconds(2));
        await upkeep.SoonAsync();
    }

    [Fact]
    public async Task Locks_outlive_a_connection_and_end_with_their_session()
    {
        var clock = new ManualClock();
        await using var service = new TestService(clock: clock);
        using var ended = new CancellationTokenSource();
        var upkeep = service.Server.RunAsync(ended.Token);
        var a = await TestClient.ConnectAsync(service);
        await using var b = await TestClient.ConnectAsync(service);
        await a.LockAsync(Exclusive(0, 9)).SoonAsync();
        var wait = b.LockAsync(Exclusive(0, 9), ticket: 1);
        await b.StatAsync(InodeId.Root).SoonAsync();
        await a.DisposeAsync();
        for (var passed = TimeSpan.Zero; passed < Term - TimeSpan.FromSeconds(5); passed += TimeSpan.FromSeconds(1))
        {
            clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.True((await b.StatAsync(InodeId.Root).SoonAsync()).IsOk);
        Assert.False(wait.IsCompleted);
        await Eventually.HoldsAsync(
            () =>
            {
                clock.Advance(TimeSpan.FromSeconds(1));
                return wait.IsCompleted;
            },
            "the expired session's lock is free");
        Assert.True((await wait.SoonAsync()).IsOk);
        await ended.CancelAsync();
        clock.Advance(TimeSpan.FromSeconds(2));
        await upkeep.SoonAsync();
    }

    [Fact]
    public async Task A_session_that_ends_cleanly_leaves_no_lock()
    {
        await using var service = new TestService();
        await using var a = await TestClient.ConnectAsync(service);
        await using var b = await TestClient.ConnectAsync(service);
        await a.LockAsync(Exclusive(0, 9)).SoonAsync();
        var wait = b.LockAsync(Exclusive(0, 9), ticket: 1);
        Assert.True((await a.EndAsync().SoonAsync()).IsOk);
        Assert.True((await wait.SoonAsync()).IsOk);
    }

    [Fact]
    public async Task After_a_restart_nothing_new_is_granted_or_refused_until_all_have_claimed_what_they_had()
    {
        await using var service = new TestService();
        await using var a = await TestClient.ConnectAsync(service);
        await using var b = await TestClient.ConnectAsync(service);
        await a.LockAsync(Exclusive(0, 9)).SoonAsync();
        a.Locked.Add(Exclusive(0, 9));
        a.Reclaims = false;
        service.Kill();
        service.Start();
        var (refused, granted, waiting) = (b.LockAsync(Shared(5, 5)), b.LockAsync(Shared(20, 29)), b.LockAsync(Exclusive(9, 9), ticket: 1));
        var (cancelled, test) = (b.LockAsync(Exclusive(50, 50), ticket: 2), b.TestLockAsync(Exclusive(3, 3)));
        Assert.True((await b.StatAsync(InodeId.Root).SoonAsync()).IsOk);
        Assert.True((await b.CancelLockAsync(2).SoonAsync()).IsOk);
        Assert.Equal(Errno.EINTR, (await cancelled.SoonAsync()).Errno);
        Assert.DoesNotContain([refused, granted, waiting, test], static (Task task) => task.IsCompleted);
        await Eventually.HoldsAsync(() => a.Welcome.MustReclaim, "it is connected again");
        Assert.True((await a.ReclaimAsync().SoonAsync()).IsOk);
        Assert.Equal(Errno.EAGAIN, (await refused.SoonAsync()).Errno);
        Assert.Equal(Errno.OK, (await granted.SoonAsync()).Errno);
        Assert.Equal(a.Welcome.Session, (await test.SoonAsync()).Value.Session);
        Assert.False(waiting.IsCompleted);
        Assert.True((await a.UnlockAsync(Exclusive(0, 9)).SoonAsync()).IsOk);
        Assert.Equal(Errno.OK, (await waiting.SoonAsync()).Errno);
        Assert.Empty(a.Lost);
    }

    [Fact]
    public async Task Of_two_sessions_that_claim_one_lock_after_a_restart_the_second_is_told_that_it_lost_it()
    {
        await using var service = new TestService();
        await using var a = await TestClient.ConnectAsync(service);
        await using var b = await TestClient.ConnectAsync(service);
        a.Locked.AddRange([Exclusive(0, 9), Shared(20, 29)]);
        b.Locked.AddRange([Shared(20, 29), Exclusive(9, 9)]);
        (a.Reclaims, b.Reclaims) = (false, false);
        service.Kill();
        service.Start();
        await Eventually.HoldsAsync(() => a.Welcome.MustReclaim && b.Welcome.MustReclaim, "both are connected again");
        Assert.True((await a.ReclaimAsync().SoonAsync()).IsOk);
        Assert.True((await b.ReclaimAsync().SoonAsync()).IsOk);
        Assert.Empty(a.Lost);
        Assert.Equal([Exclusive(9, 9)], b.Lost);
        Assert.Equal(Errno.EINVAL, (await b.ReclaimLocksAsync(Exclusive(9, 9)).SoonAsync()).Errno);
    }

    [Fact]
    public async Task Operators_see_who_has_and_who_waits_and_an_evicted_session_has_nothing_any_more()
    {
        await using var service = new TestService();
        await using var a = await TestClient.ConnectAsync(service);
        await using var b = await TestClient.ConnectAsync(service);
        await a.LockAsync(Exclusive(0, 9) with { ProcessId = 7 }).SoonAsync();
        var wait = b.LockAsync(Shared(5, 5), ticket: 1);
        var locks = await ListAsync(service);
        while (locks.Count < 2) locks = await ListAsync(service);
        Assert.Equal([(true, b.Welcome.Session), (false, a.Welcome.Session)], locks.Select(l => (l.IsWaiting, l.Lock.Wish.Owner.Session)));
        Assert.Equal((7u, "test client"), (locks[1].Lock.Wish.ProcessId, locks[1].Client));
        var sessions = (await service.Server.ListSessionsAsync(new OperatorFilter()).SoonAsync()).Rows;
        Assert.Equal([(a.Welcome.Session, 1, true), (b.Welcome.Session, 0, true)], sessions.Select(s => (s.Session, s.Locks, s.IsConnected)));
        Assert.Equal(Errno.ENOENT, await service.Server.EvictAsync(service.Volume.Id, new SessionId(999)).SoonAsync());
        var evicted = a.Welcome.Session;
        Assert.Equal(Errno.OK, await service.Server.EvictAsync(service.Volume.Id, evicted).SoonAsync());
        Assert.True((await wait.SoonAsync()).IsOk);
        await Eventually.HoldsAsync(() => a.Losses == 1, "the evicted one is told");
        sessions = (await service.Server.ListSessionsAsync(new OperatorFilter()).SoonAsync()).Rows;
        Assert.DoesNotContain(sessions, s => s.Session == evicted);
    }

    private static async Task<IReadOnlyList<LockListing>> ListAsync(TestService service) =>
        (await service.Server.ListLocksAsync(new OperatorFilter()).SoonAsync()).Rows;

    [Fact]
    public async Task A_million_locks_from_one_session_are_refused_and_another_works_beside_it()
    {
        await using var service = new TestService();
        await using var greedy = await TestClient.ConnectAsync(service);
        await using var other = await TestClient.ConnectAsync(service);
        var answers = new Dictionary<Errno, int>();
        for (ulong round = 0; round < 100; round++)
        {
            var asked = Enumerable.Range(0, 200).Select(i => greedy.LockAsync(Exclusive((ulong)i * 2, (ulong)i * 2) with
            {
                Inode = new InodeId(1000),
                Start = ((round * 200) + (ulong)i) * 2,
                End = ((round * 200) + (ulong)i) * 2,
            }));
            foreach (var answer in await Task.WhenAll(asked).SoonAsync())
            {
                answers[answer.Errno] = answers.GetValueOrDefault(answer.Errno) + 1;
            }

            Assert.True((await other.LockAsync(Exclusive(round, round)).SoonAsync()).IsOk);
        }

        Assert.Equal([Errno.OK, Errno.ENOLCK], answers.Keys);
        Assert.InRange(answers[Errno.OK], 8000, 8192);
        var all = Exclusive(0, LockRange.LastByte) with { Inode = new InodeId(1000) };
        Assert.True((await greedy.UnlockAsync(all).SoonAsync()).IsOk);
        Assert.True((await other.LockAsync(all).SoonAsync()).IsOk);
    }

    private static FileLock Exclusive(ulong start, ulong end) => new()
    {
        Inode = new InodeId(7),
        Kind = LockKind.Record,
        Type = LockType.Exclusive,
        Owner = 1,
        Start = start,
        End = end,
    };

    private static FileLock Shared(ulong start, ulong end) => Exclusive(start, end) with { Type = LockType.Shared };

    private static (ulong, ulong, uint, LockType) Of(FileLock found) => (found.Start, found.End, found.ProcessId, found.Type);
}
