using System.Collections.Concurrent;
using System.Text;
using FlexFs.Core;
using FlexFs.Wire;

namespace FlexFs.Rpc.Tests;

/// <summary>What a client tells of calls that took long.</summary>
public class SlowCallTests
{
    private readonly ManualTime _time = new();
    private readonly ConcurrentQueue<RpcSlowCall> _slow = new();

    [Fact]
    public async Task A_slow_call_is_told_of_with_its_request_and_why_it_was_held_back()
    {
        await using var pair = await ConnectAsync();
        Assert.True((await pair.SumAsync(1, 2).SoonAsync()).IsOk);
        Assert.Empty(_slow);
        var waits = pair.HoldAsync(7).AsTask();
        var first = await NextAsync(pair, 1);
        first.Connection.Queue(first.Header, why: "somebody"u8);
        var again = await NextAsync(pair, 2);
        _time.Advance(TimeSpan.FromSeconds(2));
        again.Connection.Reply(again.Header, Errno.EEXIST);
        Assert.Equal(Errno.EEXIST, (await waits.SoonAsync()).Errno);
        var call = Assert.Single(_slow);
        Assert.Equal((Opcodes.Hold, 7ul), (call.Opcode, WireCodec.Read<Sum>(call.Request).A));
        Assert.Equal((true, "somebody"), (call.IsQueued, Encoding.UTF8.GetString(call.Why.Span)));
        Assert.Equal((0, TimeSpan.Zero), (call.BegunAt, call.Disconnected));

        // The call is used again, and remembers nothing.
        var next = pair.HoldAsync(8).AsTask();
        var second = await NextAsync(pair, 3);
        _time.Advance(TimeSpan.FromSeconds(1));
        second.Connection.Reply(second.Header, Errno.OK);
        await next.SoonAsync();
        Assert.Equal((false, 0), (_slow.Last().IsQueued, _slow.Last().Why.Length));
    }

    [Fact]
    public async Task Time_without_a_connection_is_told_apart()
    {
        await using var pair = await ConnectAsync();
        var call = pair.HoldAsync(7).AsTask();
        await NextAsync(pair, 1);
        _time.Advance(TimeSpan.FromSeconds(2));
        pair.Server.IsUnreachable = true;
        pair.Server.Wire.Cut();
        await Eventually.HoldsAsync(() => !pair.Client.IsConnected, "the connection is lost");
        _time.Advance(TimeSpan.FromSeconds(3));
        pair.Server.IsUnreachable = false;
        await Eventually.HoldsAsync(
            () =>
            {
                // Of the pauses between attempts.
                if (!pair.Client.IsConnected) _time.Advance(TimeSpan.FromMilliseconds(1));
                return pair.Server.Requests.Count == 2;
            },
            "it was asked again");
        var again = pair.Server.Requests.Last();
        _time.Advance(TimeSpan.FromSeconds(4));
        again.Connection.Reply(again.Header, Errno.OK);
        await call.SoonAsync();
        Assert.InRange(Assert.Single(_slow).Disconnected, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(3.9));
    }

    private Task<Pair> ConnectAsync() => Pair.ConnectAsync(
        options: Pair.Quick with
        {
            SlowAfter = TimeSpan.FromSeconds(1),
            OnSlow = _slow.Enqueue,
            HeartbeatInterval = TimeSpan.FromHours(1),
            HandshakeTimeout = TimeSpan.FromHours(1),
        },
        time: _time);

    private static async Task<Received> NextAsync(Pair pair, int count)
    {
        await Eventually.HoldsAsync(() => pair.Server.Requests.Count >= count, $"request {count} came");
        return pair.Server.Requests.ElementAt(count - 1);
    }
}
