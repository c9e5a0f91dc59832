using FlexFs.Core;

namespace FlexFs.Rpc.Tests;

public class CallTests
{
    [Fact]
    public async Task A_record_is_asked_and_a_record_answered()
    {
        await using var pair = await Pair.ConnectAsync();
        var reply = await pair.SumAsync(2, 40).SoonAsync();
        Assert.True(reply.IsOk);
        Assert.Equal(42UL, reply.Value.Value);
    }

    [Fact]
    public async Task An_errno_of_the_server_is_the_result()
    {
        await using var pair = await Pair.ConnectAsync();
        var reply = await pair.Client.CallAsync<Sum, Total>(Opcodes.Fail, default).SoonAsync();
        Assert.Equal(Errno.ENOENT, reply.Errno);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16351)]
    [InlineData(16352)]
    [InlineData(100_000)]
    [InlineData(Limits.RpcFrameBytesMax)]
    public async Task Bytes_come_back_as_they_went(int length)
    {
        await using var pair = await Pair.ConnectAsync();
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        using var reply = await pair.Client.CallAsync(Opcodes.Echo, bytes).SoonAsync();
        Assert.Equal(Errno.OK, reply.Errno);
        Assert.True(bytes.AsSpan().SequenceEqual(reply.Payload.Span));
    }

    [Fact]
    public async Task A_reply_with_memory_in_it_stays_valid_while_others_come()
    {
        await using var pair = await Pair.ConnectAsync();
        var calls = Enumerable.Range(0, 500).Select(i => pair.Client.CallAsync<Blob, Blob>(
            Opcodes.Echo, new Blob { Bytes = Fill(i) }).SoonAsync()).ToList();
        var replies = await Task.WhenAll(calls);
        for (var i = 0; i < replies.Length; i++) Assert.True(Fill(i).AsSpan().SequenceEqual(replies[i].Value.Bytes.Span));
    }

    [Fact]
    public async Task Thousands_in_flight_from_many_callers_get_their_own_answers()
    {
        await using var pair = await Pair.ConnectAsync();
        var callers = Enumerable.Range(0, 64).Select(async caller =>
        {
            for (var i = 0; i < 200; i++)
            {
                var reply = await pair.SumAsync((ulong)caller * 1000, (ulong)i);
                Assert.Equal((ulong)((caller * 1000) + i), reply.Value.Value);
            }
        });
        await Task.WhenAll(callers).SoonAsync();
        var burst = Enumerable.Range(0, 5000).Select(i => pair.SumAsync((ulong)i, 1).AsTask()).ToList();
        var sums = await Task.WhenAll(burst).SoonAsync();
        for (var i = 0; i < sums.Length; i++) Assert.Equal((ulong)i + 1, sums[i].Value.Value);
        Assert.Equal(0, pair.Client.Unanswered);
        Assert.Equal(0, pair.Client.IgnoredReplies);
    }

    [Fact]
    public async Task Too_long_a_request_is_E2BIG_and_is_not_sent()
    {
        await using var pair = await Pair.ConnectAsync();
        using var reply = await pair.Client.CallAsync(Opcodes.Echo, new byte[Limits.RpcFrameBytesMax + 1]).SoonAsync();
        Assert.Equal(Errno.E2BIG, reply.Errno);
        Assert.Equal(42UL, (await pair.SumAsync(2, 40).SoonAsync()).Value.Value);
        Assert.Empty(pair.Server.Requests);
    }

    [Fact]
    public async Task Too_long_a_reply_is_EOVERFLOW()
    {
        await using var pair = await Pair.ConnectAsync(new TestServer
        {
            OnReceived = received => received.Connection.Reply(
                received.Header, Errno.OK, new byte[Limits.RpcFrameBytesMax + 1]),
        });
        using var reply = await pair.HoldAsync(1).SoonAsync();
        Assert.Equal(Errno.EOVERFLOW, reply.Errno);
    }

    [Fact]
    public async Task A_reply_that_is_another_record_is_EPROTO()
    {
        await using var pair = await Pair.ConnectAsync();
        var reply = await pair.Client.CallAsync<Sum, Total>(Opcodes.Echo, default).SoonAsync();
        Assert.Equal(Errno.EPROTO, reply.Errno);
        Assert.Equal(42UL, (await pair.SumAsync(2, 40).SoonAsync()).Value.Value);
    }

    [Fact]
    public async Task Pushes_arrive_in_order_and_after_the_welcome()
    {
        await using var pair = await Pair.ConnectAsync();
        for (var i = 0; i < 1000; i++) Assert.True(pair.Server.Connection.Push(7, new Total { Value = (ulong)i }));
        await Eventually.HoldsAsync(() => pair.Session.Pushes.Count == 1000, "1000 pushes arrived");
        Assert.Equal(
            Enumerable.Range(0, 1000).Select(i => (ulong)i),
            pair.Session.Pushes.Select(push => Wire.WireCodec.Read<Total>(push.Payload).Value));
    }

    [Fact]
    public async Task What_is_only_told_is_received_and_takes_no_slot()
    {
        await using var pair = await Pair.ConnectAsync();
        Assert.True(pair.Client.Tell(Opcodes.Silent, new Sum { A = 5 }));
        await Eventually.HoldsAsync(() => !pair.Server.Requests.IsEmpty, "it was received");
        Assert.True(pair.Server.Requests.TryPeek(out var received));
        Assert.Equal(FrameFlags.OneWay, received.Header.Flags);
        Assert.False(received.Connection.Reply(received.Header, Errno.OK));
        Assert.Equal(0, pair.Client.Unanswered);
    }

    private static byte[] Fill(int seed)
    {
        var bytes = new byte[seed * 7 % 900];
        Array.Fill(bytes, (byte)seed);
        return bytes;
    }
}
