using FlexFs.Core;

namespace FlexFs.Rpc.Tests;

/// <summary>What waits for another session holds no slot of the window, and has one effect all the same.</summary>
public class QueuedTests
{
    [Fact]
    public async Task A_queued_request_goes_on_in_the_waiting_lane_with_the_same_bytes_and_its_slot_is_free()
    {
        await using var pair = await Pair.ConnectAsync(options: Pair.Quick with { Slots = 1 });
        var waits = pair.HoldAsync(7).AsTask();
        var first = await NextAsync(pair, 1);
        var behind = pair.HoldAsync(8).AsTask();
        Assert.True(first.Connection.Queue(first.Header));

        await Eventually.HoldsAsync(() => pair.Server.Requests.Count == 3, "both were sent");
        var again = pair.Server.Requests.Single(r => RpcProtocol.LaneOf(r.Header.Slot) == RpcLane.Waiting);
        var next = pair.Server.Requests.Single(r => r.Header.Slot == first.Header.Slot && r.Header.Number == 2);
        Assert.Equal(first.Payload, again.Payload);
        Assert.Equal(first.Header.Opcode, again.Header.Opcode);
        next.Connection.Reply(next.Header, Errno.OK);
        Assert.Equal(Errno.OK, (await behind.SoonAsync()).Errno);
        Assert.False(waits.IsCompleted);

        again.Connection.Reply(again.Header, Errno.EEXIST);
        Assert.Equal(Errno.EEXIST, (await waits.SoonAsync()).Errno);
        Assert.Equal(0, pair.Client.Unanswered);
    }

    [Fact]
    public async Task After_a_lost_connection_it_is_repeated_where_it_waits()
    {
        await using var pair = await Pair.ConnectAsync();
        var waits = pair.HoldAsync(7).AsTask();
        var first = await NextAsync(pair, 1);
        first.Connection.Queue(first.Header);
        var again = await NextAsync(pair, 2);
        pair.Client.Reconnect("the test wants it");
        var repeated = await NextAsync(pair, 3);
        Assert.Equal((again.Header.Slot, again.Header.Number), (repeated.Header.Slot, repeated.Header.Number));
        repeated.Connection.Reply(repeated.Header, Errno.OK);
        Assert.Equal(Errno.OK, (await waits.SoonAsync()).Errno);
    }

    [Fact]
    public async Task When_the_word_of_it_is_lost_the_request_is_repeated_in_its_first_slot()
    {
        await using var pair = await Pair.ConnectAsync();
        var waits = pair.HoldAsync(7).AsTask();
        var first = await NextAsync(pair, 1);
        pair.Client.Reconnect("the test wants it");
        var repeated = await NextAsync(pair, 2);
        Assert.Equal((first.Header.Slot, first.Header.Number), (repeated.Header.Slot, repeated.Header.Number));
        repeated.Connection.Queue(repeated.Header);
        var again = await NextAsync(pair, 3);
        again.Connection.Reply(again.Header, Errno.OK);
        Assert.Equal(Errno.OK, (await waits.SoonAsync()).Errno);
    }

    [Fact]
    public async Task More_of_them_than_slots_wait_their_turn()
    {
        await using var pair = await Pair.ConnectAsync(options: Pair.Quick with { WaitingSlots = 1 });
        var calls = Enumerable.Range(0, 3).Select(i => pair.HoldAsync((ulong)i).AsTask()).ToList();
        await Eventually.HoldsAsync(() => pair.Server.Requests.Count == 3, "all were sent");
        foreach (var request in pair.Server.Requests.ToArray()) request.Connection.Queue(request.Header);
        for (var i = 0; i < 3; i++)
        {
            var waiting = await NextAsync(pair, 4 + i);
            Assert.Equal(RpcProtocol.FirstWaitingSlot, (int)waiting.Header.Slot);
            waiting.Connection.Reply(waiting.Header, Errno.OK);
        }

        foreach (var call in calls) Assert.Equal(Errno.OK, (await call.SoonAsync()).Errno);
    }

    [Fact]
    public async Task More_blocking_ones_than_slots_are_EAGAIN()
    {
        await using var pair = await Pair.ConnectAsync(options: Pair.Quick with { BlockingSlots = 1 });
        var first = pair.HoldAsync(1).AsTask();
        var request = await NextAsync(pair, 1);
        request.Connection.Queue(request.Header, blocking: true);
        var blocked = await NextAsync(pair, 2);
        Assert.Equal(RpcLane.Blocking, RpcProtocol.LaneOf(blocked.Header.Slot));
        var second = pair.HoldAsync(2).AsTask();
        request = await NextAsync(pair, 3);
        request.Connection.Queue(request.Header, blocking: true);
        Assert.Equal(Errno.EAGAIN, (await second.SoonAsync()).Errno);
        Assert.False(first.IsCompleted);
    }

    [Fact]
    public async Task Of_one_that_nobody_waits_for_nothing_is_sent_again()
    {
        await using var pair = await Pair.ConnectAsync();
        using var source = new CancellationTokenSource();
        var call = pair.HoldAsync(1, token: source.Token).AsTask();
        var request = await NextAsync(pair, 1);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.SoonAsync());
        request.Connection.Queue(request.Header);
        await Eventually.HoldsAsync(() => pair.Client.Unanswered == 0, "the slot is free");
        Assert.Equal(3UL, (await pair.SumAsync(1, 2).SoonAsync()).Value.Value);
        Assert.Single(pair.Server.Requests);
    }

    [Fact]
    public async Task Cancelled_while_it_waits_its_slot_is_kept_until_the_answer()
    {
        await using var pair = await Pair.ConnectAsync();
        using var source = new CancellationTokenSource();
        var call = pair.HoldAsync(1, token: source.Token).AsTask();
        var request = await NextAsync(pair, 1);
        request.Connection.Queue(request.Header);
        var again = await NextAsync(pair, 2);
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call.SoonAsync());
        Assert.Equal(1, pair.Client.Unanswered);
        again.Connection.Reply(again.Header, Errno.OK);
        await Eventually.HoldsAsync(() => pair.Client.Unanswered == 0, "the slot is free");
    }

    [Fact]
    public async Task When_the_session_is_lost_it_is_EIO()
    {
        var server = new TestServer();
        var isKnown = true;
        server.OnAccept = _ => RpcAcceptance.Yes(server, new RpcWelcome { Epoch = 1, Resumed = isKnown });
        await using var pair = await Pair.ConnectAsync(server);
        var call = pair.HoldAsync(1).AsTask();
        var request = await NextAsync(pair, 1);
        request.Connection.Queue(request.Header);
        await NextAsync(pair, 2);
        isKnown = false;
        pair.Client.Reconnect("the test wants it");
        Assert.Equal(Errno.EIO, (await call.SoonAsync()).Errno);
    }

    private static async Task<Received> NextAsync(Pair pair, int count)
    {
        await Eventually.HoldsAsync(() => pair.Server.Requests.Count >= count, $"request {count} came");
        return pair.Server.Requests.ElementAt(count - 1);
    }
}
