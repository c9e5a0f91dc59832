using FlexFs.Core;

namespace FlexFs.Rpc.Tests;

public class WindowTests
{
    [Fact]
    public async Task The_release_lane_passes_a_full_window()
    {
        await using var pair = await Pair.ConnectAsync(options: Pair.Quick with { Slots = 4 });
        var held = Enumerable.Range(0, 10).Select(i => pair.HoldAsync((ulong)i).AsTask()).ToList();
        await Eventually.HoldsAsync(() => pair.Server.Requests.Count == 4, "the window is full");
        var passed = await pair.SumAsync(2, 40, RpcLane.Release).SoonAsync();
        Assert.Equal(42UL, passed.Value.Value);
        Assert.Equal(4, pair.Client.Unanswered);
        Assert.Equal(6, pair.Client.Waiting);
        Assert.All(held, call => Assert.False(call.IsCompleted));
    }

    [Fact]
    public async Task Who_waits_for_a_slot_gets_it_in_order()
    {
        await using var pair = await Pair.ConnectAsync(options: Pair.Quick with { Slots = 1 });
        var calls = Enumerable.Range(0, 5).Select(i => pair.HoldAsync((ulong)i).AsTask()).ToList();
        for (var i = 0; i < 5; i++)
        {
            await Eventually.HoldsAsync(() => pair.Server.Requests.Count == i + 1, "the next was sent");
            var next = pair.Server.Requests.Last();
            Assert.Equal((ulong)i, Wire.WireCodec.Read<Sum>(next.Payload).A);
            Assert.Equal((ulong)i + 1, next.Header.Number);
            next.Connection.Reply(next.Header, Errno.OK);
            Assert.Equal(Errno.OK, (await calls[i].SoonAsync()).Errno);
        }
    }

    [Fact]
    public async Task The_window_is_bounded_in_bytes_and_one_request_always_goes()
    {
        await using var pair = await Pair.ConnectAsync(options: Pair.Quick with { WindowBytesMax = 1000 });
        var large = pair.Client.CallAsync(Opcodes.Hold, new byte[5000]).AsTask();
        var small = pair.HoldAsync(1).AsTask();
        await Eventually.HoldsAsync(() => pair.Server.Requests.Count == 1, "the large one was sent");
        Assert.Equal(1, pair.Client.Waiting);
        var first = pair.Server.Requests.Single();
        first.Connection.Reply(first.Header, Errno.OK);
        await large.SoonAsync();
        await Eventually.HoldsAsync(() => pair.Server.Requests.Count == 2, "the small one was sent");
        Assert.False(small.IsCompleted);
    }

    [Fact]
    public async Task More_waiting_calls_than_allowed_are_EAGAIN()
    {
        await using var pair = await Pair.ConnectAsync(options: Pair.Quick with { Slots = 1, WaitingMax = 2 });
        var held = Enumerable.Range(0, 3).Select(i => pair.HoldAsync((ulong)i).AsTask()).ToList();
        Assert.Equal(Errno.EAGAIN, (await pair.HoldAsync(3).SoonAsync()).Errno);
        Assert.All(held, call => Assert.False(call.IsCompleted));
    }

    [Fact]
    public async Task A_server_may_ask_for_a_smaller_window()
    {
        var server = new TestServer();
        server.OnAccept = _ => RpcAcceptance.Yes(server, new RpcWelcome { Epoch = 1, Slots = 3 });
        await using var pair = await Pair.ConnectAsync(server);
        var held = Enumerable.Range(0, 5).Select(i => pair.HoldAsync((ulong)i).AsTask()).ToList();
        Assert.Equal(3, pair.Client.Unanswered);
        Assert.Equal(2, pair.Client.Waiting);
        Assert.All(held, call => Assert.False(call.IsCompleted));
    }

    [Fact]
    public async Task A_cancelled_call_keeps_its_slot_until_the_answer()
    {
        await using var pair = await Pair.ConnectAsync(options: Pair.Quick with { Slots = 1 });
        using var source = new CancellationTokenSource();
        var held = pair.HoldAsync(1, token: source.Token).AsTask();
        await Eventually.HoldsAsync(() => pair.Server.Requests.Count == 1, "it was sent");
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => held.SoonAsync());
        var next = pair.HoldAsync(2).AsTask();
        Assert.Equal(1, pair.Client.Unanswered);
        Assert.Equal(1, pair.Client.Waiting);
        var first = pair.Server.Requests.Single();
        first.Connection.Reply(first.Header, Errno.OK);
        await Eventually.HoldsAsync(() => pair.Server.Requests.Count == 2, "the slot was given on");
        Assert.False(next.IsCompleted);
    }

    [Fact]
    public async Task A_call_cancelled_in_the_queue_is_never_sent()
    {
        await using var pair = await Pair.ConnectAsync(options: Pair.Quick with { Slots = 1 });
        using var source = new CancellationTokenSource();
        var held = pair.HoldAsync(1).AsTask();
        var cancelled = pair.HoldAsync(2, token: source.Token).AsTask();
        var last = pair.HoldAsync(3).AsTask();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled.SoonAsync());
        await Eventually.HoldsAsync(() => pair.Server.Requests.Count == 1, "the first was sent");
        var first = pair.Server.Requests.Single();
        first.Connection.Reply(first.Header, Errno.OK);
        await held.SoonAsync();
        await Eventually.HoldsAsync(() => pair.Server.Requests.Count == 2, "the last was sent");
        Assert.Equal(3UL, Wire.WireCodec.Read<Sum>(pair.Server.Requests.Last().Payload).A);
        Assert.False(last.IsCompleted);
    }

    [Fact]
    public async Task Cancellation_and_reply_at_once_complete_a_call_once()
    {
        await using var pair = await Pair.ConnectAsync();
        for (var i = 0; i < 2000; i++)
        {
            using var source = new CancellationTokenSource();
            var call = pair.SumAsync((ulong)i, 1, token: source.Token);
            if (i % 2 == 0) await Task.Yield();
            var cancelling = source.CancelAsync();
            try
            {
                Assert.Equal((ulong)i + 1, (await call).Value.Value);
            }
            catch (OperationCanceledException)
            {
                Assert.True(source.IsCancellationRequested);
            }

            await cancelling;
        }

        await Eventually.HoldsAsync(() => pair.Client.Unanswered == 0, "all slots are free");
        Assert.Equal(42UL, (await pair.SumAsync(2, 40).SoonAsync()).Value.Value);
    }
}
