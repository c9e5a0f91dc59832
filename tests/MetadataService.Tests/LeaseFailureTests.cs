using FlexFs.Core;
using FlexFs.MetadataService.Tests.Peers;
using FlexFs.Protocol.Metadata;

namespace FlexFs.MetadataService.Tests;

/// <summary>Holders that are silent, deaf or gone, and restarts of the server.</summary>
public sealed class LeaseFailureTests : IAsyncDisposable
{
    private readonly ManualClock _clock = new();
    private readonly TestService _service;
    private readonly CancellationTokenSource _stop = new();

    public LeaseFailureTests()
    {
        _service = new TestService(clock: _clock);
        _ = _service.Server.RunAsync(_stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        // The upkeep of a server that a test killed never ends: what it waits for died too.
        await _stop.CancelAsync();
        await _service.DisposeAsync();
        _stop.Dispose();
    }

    [Fact]
    public async Task A_silent_holder_is_ended_after_its_term_and_not_before_and_who_waited_goes_on()
    {
        await using var a = await LeaseClient.ConnectAsync(_service);
        await using (var b = await LeaseClient.ConnectAsync(_service)) await b.Client.LookupAsync("x").SoonAsync();
        var create = a.Client.CreateAsync("x");
        await MoveAsync(TimeSpan.FromSeconds(10));
        Assert.False(create.IsCompleted);
        Assert.Equal(2, _service.Server.Status[0].Sessions);
        await MoveUntilAsync(() => create.IsCompleted, "the create went on", () => a.Client.StatAsync(InodeId.Root));
        Assert.True((await create.SoonAsync()).IsOk);
        Assert.Equal(1, _service.Server.Status[0].Sessions);
        Assert.Equal(0, a.Client.Losses);
    }

    [Fact]
    public async Task A_silent_holder_for_whose_leases_nobody_waits_keeps_its_session()
    {
        await using var a = await LeaseClient.ConnectAsync(_service);
        await using (var b = await LeaseClient.ConnectAsync(_service)) await b.Client.LookupAsync("x").SoonAsync();
        await MoveAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(2, _service.Server.Status[0].Sessions);
    }

    [Fact]
    public async Task A_silent_holder_is_not_ended_for_a_request_whose_client_has_gone()
    {
        await using var a = await LeaseClient.ConnectAsync(_service);
        await using (var b = await LeaseClient.ConnectAsync(_service))
        {
            await b.Client.LookupAsync("x").SoonAsync();
            await using var c = await LeaseClient.ConnectAsync(_service);
            _ = c.Client.CreateAsync("x");
            await b.NextRecallAsync();
            Assert.True((await c.Client.EndAsync().SoonAsync()).IsOk);
        }

        await MoveAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(2, _service.Server.Status[0].Sessions);
        var create = a.Client.CreateAsync("x");
        await MoveUntilAsync(() => create.IsCompleted, "the create went on", () => a.Client.StatAsync(InodeId.Root));
        Assert.True((await create.SoonAsync()).IsOk);
        Assert.Equal(1, _service.Server.Status[0].Sessions);
    }

    [Fact]
    public async Task A_holder_that_comes_back_with_a_recall_for_which_nobody_waited_has_time_to_carry_it_out()
    {
        await using var a = await LeaseClient.ConnectAsync(_service);
        await using var b = await LeaseClient.ConnectAsync(_service);
        await b.Client.LookupAsync("x").SoonAsync();
        await using (var c = await LeaseClient.ConnectAsync(_service))
        {
            _ = c.Client.CreateAsync("x");
            await b.NextRecallAsync();
            Assert.True((await c.Client.EndAsync().SoonAsync()).IsOk);
        }

        await MoveAsync(TimeSpan.FromMinutes(2));
        _service.CutAll();
        var recall = await b.NextRecallAsync();
        var create = a.Client.CreateAsync("x");
        await MoveAsync(TimeSpan.FromSeconds(5));
        Assert.False(create.IsCompleted);
        await b.AcknowledgeAsync(recall).SoonAsync();
        Assert.True((await create.SoonAsync()).IsOk);
        Assert.Equal(0, b.Client.Losses);
    }

    [Fact]
    public async Task A_holder_that_is_heard_and_never_acknowledges_is_ended_alone()
    {
        await using var a = await LeaseClient.ConnectAsync(_service);
        await using var b = await LeaseClient.ConnectAsync(_service);
        await b.Client.LookupAsync("x").SoonAsync();
        var create = a.Client.CreateAsync("x");
        await b.NextRecallAsync();
        await MoveUntilAsync(() => create.IsCompleted, "the create went on", () => Task.WhenAll(
            a.Client.StatAsync(InodeId.Root), b.Client.StatAsync(InodeId.Root)));
        Assert.True((await create.SoonAsync()).IsOk);
        await Eventually.HoldsAsync(() => b.Client.Losses == 1, "the deaf one lost its session");
        Assert.Equal(0, a.Client.Losses);
        Assert.True((await b.Client.StatAsync(InodeId.Root).SoonAsync()).IsOk);
    }

    [Fact]
    public async Task A_holder_that_says_that_it_is_at_it_is_waited_for()
    {
        await using var a = await LeaseClient.ConnectAsync(_service);
        await using var b = await LeaseClient.ConnectAsync(_service);
        await b.Client.LookupAsync("x").SoonAsync();
        var create = a.Client.CreateAsync("x");
        var recall = await b.NextRecallAsync();
        for (var i = 0; i < 30; i++)
        {
            await MoveAsync(TimeSpan.FromSeconds(5));
            Assert.True((await b.AcknowledgeAsync(recall, isUnderWay: true).SoonAsync()).IsOk);
            Assert.True((await a.Client.StatAsync(InodeId.Root).SoonAsync()).IsOk);
        }

        Assert.False(create.IsCompleted);
        await b.AcknowledgeAsync(recall).SoonAsync();
        Assert.True((await create.SoonAsync()).IsOk);
        Assert.Equal(0, b.Client.Losses);
    }

    [Fact]
    public async Task After_a_restart_nothing_runs_before_all_have_told_what_they_hold()
    {
        await using var a = await LeaseClient.ConnectAsync(_service);
        await using var b = await LeaseClient.ConnectAsync(_service);
        b.Client.Reclaims = false;
        await b.Client.LookupAsync("x").SoonAsync();
        _service.Kill();
        _service.Start();
        var create = a.Client.CreateAsync("x");
        await Eventually.HoldsAsync(() => b.Client.Welcome.MustReclaim && a.Client.Rpc.Connections == 2, "both are back");
        var stat = a.Client.StatAsync(InodeId.Root);
        b.Client.Held.Add(new HeldLease { Inode = InodeId.Root, Kind = LeaseKind.Read });
        Assert.False(create.IsCompleted);
        Assert.False(stat.IsCompleted);
        await b.Client.ReclaimAsync().SoonAsync();
        var recall = await b.NextRecallAsync();
        Assert.False(create.IsCompleted);
        await b.AcknowledgeAsync(recall).SoonAsync();
        Assert.True((await create.SoonAsync()).IsOk);
    }

    [Fact]
    public async Task After_a_restart_who_does_not_come_back_is_waited_for_its_term_only()
    {
        await using var a = await LeaseClient.ConnectAsync(_service);
        await using (var b = await LeaseClient.ConnectAsync(_service)) await b.Client.LookupAsync("x").SoonAsync();
        _service.Kill();
        _service.Start();
        await using var restarted = new Upkeep(_service);
        var create = a.Client.CreateAsync("x");
        await Eventually.HoldsAsync(() => a.Client.Rpc.Connections == 2, "it is back");
        await MoveAsync(TimeSpan.FromSeconds(9));
        Assert.False(create.IsCompleted);
        await MoveUntilAsync(() => create.IsCompleted, "the create went on");
        Assert.True((await create.SoonAsync()).IsOk);
    }

    [Fact]
    public async Task After_a_restart_of_two_that_say_they_write_one_does()
    {
        await using var a = await LeaseClient.ConnectAsync(_service);
        await using var b = await LeaseClient.ConnectAsync(_service);
        var inode = await a.MakeFileAsync("file");
        a.Client.Held.Add(new HeldLease { Inode = inode, Kind = LeaseKind.Write });
        b.Client.Held.Add(new HeldLease { Inode = inode, Kind = LeaseKind.Write });
        _service.Kill();
        _service.Start();
        a.Obeys = b.Obeys = true;
        var both = Task.WhenAll(a.AcquireAsync(inode), b.AcquireAsync(inode));
        await MoveUntilAsync(() => both.IsCompleted, "both had their turn");
        Assert.All(await both, reply => Assert.True(reply.IsOk));
    }

    [Fact]
    public async Task Who_is_silent_after_one_of_two_recalls_is_waited_for_its_term_only()
    {
        await using var a = await LeaseClient.ConnectAsync(_service);
        await using var c = await LeaseClient.ConnectAsync(_service);
        var inode = await a.MakeFileAsync("file");
        Task<Result<MutationReply>> chmod;
        await using (var b = await LeaseClient.ConnectAsync(_service))
        {
            await b.Client.StatAsync(inode).SoonAsync();
            chmod = a.ChmodAsync(inode, 0x1C0);
            await b.NextRecallAsync();
            _ = c.AcquireAsync(inode);

            // With this it has nothing of the file any more, and the other one is still open.
            await b.AcknowledgeAsync(await b.NextRecallAsync()).SoonAsync();
        }

        await MoveUntilAsync(() => chmod.IsCompleted, "the chmod went on", () => Task.WhenAll(
            a.Client.StatAsync(InodeId.Root), c.Client.StatAsync(InodeId.Root)));
        Assert.True((await chmod.SoonAsync()).IsOk);
        Assert.Equal(0, a.Client.Losses + c.Client.Losses);
    }

    [Fact]
    public async Task A_young_write_lease_is_recalled_when_its_moment_is_over_though_that_is_no_whole_millisecond()
    {
        await using var a = await LeaseClient.ConnectAsync(_service);
        await using var b = await LeaseClient.ConnectAsync(_service);
        var inode = await a.MakeFileAsync("file");
        await b.AcquireAsync(inode).SoonAsync();
        b.Obeys = true;
        _clock.Advance(TimeSpan.FromMilliseconds(4.5));
        var acquire = a.AcquireAsync(inode);
        await MoveUntilAsync(() => acquire.IsCompleted, "it was recalled and given", () => b.Client.StatAsync(InodeId.Root));
        Assert.True((await acquire.SoonAsync()).IsOk);
        Assert.Equal(0, b.Client.Losses);
    }

    private async Task MoveAsync(TimeSpan by)
    {
        var step = TimeSpan.FromSeconds(1);
        for (var at = TimeSpan.Zero; at < by; at += step)
        {
            _clock.Advance(step);
            await Task.Delay(1);
        }
    }

    private Task MoveUntilAsync(Func<bool> condition, string what, Func<Task>? meanwhile = null)
    {
        var until = DateTime.UtcNow + TimeSpan.FromSeconds(30);
        return RunAsync();

        async Task RunAsync()
        {
            while (!condition())
            {
                Assert.True(DateTime.UtcNow < until, $"still not so: {what}");
                if (meanwhile is not null) await meanwhile().SoonAsync();
                await MoveAsync(TimeSpan.FromSeconds(1));
            }
        }
    }

    private sealed class Upkeep : IAsyncDisposable
    {
        private readonly CancellationTokenSource _stop = new();
        private readonly Task _running;

        public Upkeep(TestService service) => _running = service.Server.RunAsync(_stop.Token);

        public async ValueTask DisposeAsync()
        {
            await _stop.CancelAsync();
            await _running.SoonAsync();
            _stop.Dispose();
        }
    }
}
