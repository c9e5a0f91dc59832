using FlexFs.Core;
using FlexFs.Wire;

namespace FlexFs.Rpc.Tests;

public class ReconnectTests
{
    [Fact]
    public async Task Exactly_the_unanswered_are_repeated_in_order_with_slot_number_and_bytes()
    {
        await using var pair = await Pair.ConnectAsync();
        pair.Server.OnReceived = _ => true;
        var held = Enumerable.Range(0, 40).Select(i => pair.HoldAsync((ulong)i).AsTask()).ToList();
        await Eventually.HoldsAsync(() => pair.Server.Requests.Count == 40, "all were received");
        var first = pair.Server.Requests.ToList();
        foreach (var answered in first.Where((_, i) => i % 3 == 0))
        {
            answered.Connection.Reply(answered.Header, Errno.OK, answered.Payload);
        }

        await Eventually.HoldsAsync(() => pair.Client.Unanswered == 26, "a third was answered");
        pair.Server.Requests.Clear();
        pair.Server.Wire.Cut();
        await Eventually.HoldsAsync(() => pair.Server.Requests.Count == 26, "the rest was repeated");
        var expected = first.Where((_, i) => i % 3 != 0).ToList();
        Assert.Equal(expected.Select(r => r.Header), pair.Server.Requests.Select(r => r.Header));
        Assert.Equal(expected.Select(r => MarkOf(r.Payload)), pair.Server.Requests.Select(r => MarkOf(r.Payload)));
        foreach (var again in pair.Server.Requests) again.Connection.Reply(again.Header, Errno.OK, again.Payload);
        var replies = await Task.WhenAll(held).SoonAsync();
        Assert.Equal(Enumerable.Range(0, 40).Select(i => (ulong)i), replies.Select(r => MarkOf(r.Payload.ToArray())));
        Assert.Equal(2, pair.Client.Connections);
        Assert.Equal(0, pair.Session.Losses);
    }

    [Fact]
    public async Task Calls_of_the_first_lane_end_with_their_connection_and_are_not_repeated()
    {
        await using var pair = await Pair.ConnectAsync();
        pair.Server.OnReceived = _ => true;
        var first = Enumerable.Range(0, 3).Select(i => pair.HoldAsync((ulong)i, RpcLane.First).AsTask()).ToList();
        var other = pair.HoldAsync(7).AsTask();
        await Eventually.HoldsAsync(() => pair.Server.Requests.Count == 2, "one of the first lane and the other were received");
        pair.Server.Requests.Clear();
        pair.Server.Wire.Cut();
        foreach (var call in first) Assert.Equal(Errno.EIO, (await call.SoonAsync()).Errno);
        await Eventually.HoldsAsync(() => pair.Server.Requests.Count == 1, "the other was repeated");
        var again = pair.HoldAsync(8, RpcLane.First).AsTask();
        await Eventually.HoldsAsync(() => pair.Server.Requests.Count == 2, "the lane is free");
        Assert.Equal([7UL, 8UL], pair.Server.Requests.Select(r => MarkOf(r.Payload)));
        foreach (var request in pair.Server.Requests) request.Connection.Reply(request.Header, Errno.OK, request.Payload);
        Assert.Equal(Errno.OK, (await again.SoonAsync()).Errno);
        Assert.Equal(Errno.OK, (await other.SoonAsync()).Errno);
    }

    [Fact]
    public async Task Every_call_is_answered_once_through_many_cuts()
    {
        await using var pair = await Pair.ConnectAsync();
        var done = 0;
        var callers = Enumerable.Range(0, 16).Select(async caller =>
        {
            for (var i = 0; i < 300; i++)
            {
                var reply = await pair.SumAsync((ulong)caller * 1000, (ulong)i);
                Assert.Equal((ulong)((caller * 1000) + i), reply.Value.Value);
                Interlocked.Increment(ref done);
            }
        }).ToList();
        for (var cut = 1; cut <= 10; cut++)
        {
            await Eventually.HoldsAsync(() => Volatile.Read(ref done) >= cut * 400, "calls are answered");
            pair.Server.Wire.Cut();
        }

        await Task.WhenAll(callers).SoonAsync();
        Assert.True(pair.Client.Connections > 1);
    }

    [Fact]
    public async Task Calls_made_while_there_is_no_connection_are_sent_with_the_next()
    {
        await using var pair = await Pair.ConnectAsync();
        pair.Server.IsUnreachable = true;
        pair.Server.Wire.Cut();
        await Eventually.HoldsAsync(() => pair.Session.Failures.Count >= 3, "it tried in vain");
        var calls = Enumerable.Range(0, 400).Select(i => pair.SumAsync((ulong)i, 1).AsTask()).ToList();
        Assert.Equal(256, pair.Client.Unanswered);
        Assert.Equal(144, pair.Client.Waiting);
        pair.Server.IsUnreachable = false;
        var sums = await Task.WhenAll(calls).SoonAsync();
        for (var i = 0; i < sums.Length; i++) Assert.Equal((ulong)i + 1, sums[i].Value.Value);
    }

    [Fact]
    public async Task A_lost_session_answers_EIO_and_sends_nothing_of_it_again()
    {
        await using var pair = await Pair.ConnectAsync(options: Pair.Quick with { Slots = 8 });
        pair.Session.Loss = RpcSessionLoss.Continue;
        pair.Server.OnReceived = _ => true;
        var held = Enumerable.Range(0, 12).Select(i => pair.HoldAsync((ulong)i).AsTask()).ToList();
        await Eventually.HoldsAsync(() => pair.Server.Requests.Count == 8, "the window is full");
        pair.Server.Requests.Clear();
        pair.Server.OnAccept = hello =>
            RpcAcceptance.Yes(pair.Server, new RpcWelcome { Epoch = 1, Resumed = false, Body = hello.Body });
        pair.Server.Wire.Cut();
        var replies = await Task.WhenAll(held).SoonAsync();
        Assert.All(replies, reply => Assert.Equal(Errno.EIO, reply.Errno));
        Assert.Equal(1, pair.Session.Losses);
        pair.Server.OnReceived = null;
        Assert.Equal(42UL, (await pair.SumAsync(2, 40).SoonAsync()).Value.Value);
        Assert.Empty(pair.Server.Requests);
    }

    [Fact]
    public async Task An_owner_may_end_with_its_session()
    {
        await using var pair = await Pair.ConnectAsync();
        pair.Server.OnAccept = _ => RpcAcceptance.Yes(pair.Server, new RpcWelcome { Epoch = 1, Resumed = false });
        pair.Server.Wire.Cut();
        await Eventually.HoldsAsync(() => pair.Session.Losses == 1, "the loss was told");
        Assert.Equal(Errno.EIO, (await pair.SumAsync(1, 2).SoonAsync()).Errno);
        await Eventually.HoldsAsync(() => !pair.Client.IsConnected, "the connection ended");
        Assert.Equal(2, pair.Server.Wires.Count);
    }

    [Fact]
    public async Task A_refusal_is_told_with_its_words_and_ends_the_first_attempt()
    {
        await using var pair = Pair.Make();
        pair.Server.OnAccept = _ => RpcAcceptance.No(Errno.EACCES, "the token is not valid: make a new one");
        pair.Session.Retry = _ => false;
        var refused = await Assert.ThrowsAsync<RpcException>(() => pair.Client.ConnectAsync().SoonAsync());
        Assert.Equal(Errno.EACCES, refused.Errno);
        Assert.Equal("the token is not valid: make a new one", refused.Message);
        Assert.Equal(Errno.EIO, (await pair.SumAsync(1, 2).SoonAsync()).Errno);
    }

    [Fact]
    public async Task A_server_that_cannot_be_reached_is_tried_again_until_it_can()
    {
        await using var pair = Pair.Make();
        pair.Server.IsUnreachable = true;
        var call = pair.SumAsync(2, 40).AsTask();
        var connecting = pair.Client.ConnectAsync();
        await Eventually.HoldsAsync(() => pair.Session.Failures.Count >= 5, "it tried again");
        pair.Server.IsUnreachable = false;
        await connecting.SoonAsync();
        Assert.Equal(42UL, (await call.SoonAsync()).Value.Value);
        Assert.Equal([1, 2, 3, 4, 5], pair.Session.Failures.Take(5).Select(failure => failure.Attempt));
    }

    [Fact]
    public async Task Disposal_answers_EIO_to_whoever_waits()
    {
        var pair = await Pair.ConnectAsync(options: Pair.Quick with { Slots = 1 });
        var held = pair.HoldAsync(1).AsTask();
        var queued = pair.HoldAsync(2).AsTask();
        await pair.DisposeAsync();
        Assert.Equal(Errno.EIO, (await held.SoonAsync()).Errno);
        Assert.Equal(Errno.EIO, (await queued.SoonAsync()).Errno);
        Assert.Equal(Errno.EIO, (await pair.HoldAsync(3).SoonAsync()).Errno);
    }

    private static ulong MarkOf(byte[] payload) => WireCodec.Read<Sum>(payload).A;
}
