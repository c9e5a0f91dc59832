using FlexFs.Core;
using FlexFs.Wire;

namespace FlexFs.Rpc.Tests;

/// <summary>What a server does about peers that break the rules: each loses its connection, nobody else notices.</summary>
public class BadClientTests
{
    public static TheoryData<string, byte[], RpcEndKind> Inputs => new()
    {
        { "an HTTP request", "GET / HTTP/1.1\r\n\r\n"u8.ToArray(), RpcEndKind.Malformed },
        { "another version's preface", "flexfs/2"u8.ToArray(), RpcEndKind.Malformed },
        { "garbage for a frame", [.. RpcProtocol.Preface, .. Enumerable.Repeat((byte)0xAA, 64)], RpcEndKind.Malformed },
        { "an oversized frame", [.. RpcProtocol.Preface, .. Header(FrameKind.Hello, uint.MaxValue)], RpcEndKind.Malformed },
        { "a frame shorter than its header", [.. RpcProtocol.Preface, .. Header(FrameKind.Hello, 5)], RpcEndKind.Malformed },
        { "an unknown kind", [.. RpcProtocol.Preface, .. Header((FrameKind)99, FrameHeader.Bytes)], RpcEndKind.Malformed },
        { "unknown flags", [.. RpcProtocol.Preface, .. WireCodec.ToBytes(new FrameHeader { Length = 33, Kind = FrameKind.Hello, Flags = (FrameFlags)64 })], RpcEndKind.Malformed },
        { "an empty hello", [.. RpcProtocol.Preface, .. Header(FrameKind.Hello, FrameHeader.Bytes)], RpcEndKind.Malformed },
        { "a request before hello", [.. RpcProtocol.Preface, .. RawPeer.Request(64)], RpcEndKind.Malformed },
        { "two hellos", [.. RpcProtocol.Preface, .. RawPeer.Hello(), .. RawPeer.Hello()], RpcEndKind.Malformed },
        { "a server's frame", [.. RpcProtocol.Preface, .. RawPeer.Hello(), .. Header(FrameKind.Push, FrameHeader.Bytes)], RpcEndKind.Malformed },
        { "a slot that does not exist", [.. RpcProtocol.Preface, .. RawPeer.Hello(), .. RawPeer.Request(Limits.RpcSlotsMax)], RpcEndKind.Malformed },
        { "a slot of the other lane", [.. RpcProtocol.Preface, .. RawPeer.Hello(), .. RawPeer.Request(3)], RpcEndKind.Malformed },
        { "the number 0", [.. RpcProtocol.Preface, .. RawPeer.Hello(), .. RawPeer.Request(64, 0)], RpcEndKind.Malformed },
        { "a slot that is busy", [.. RpcProtocol.Preface, .. RawPeer.Hello(), .. RawPeer.Request(64, 1, Opcodes.Hold), .. RawPeer.Request(64, 2)], RpcEndKind.Flooded },
        { "what makes the handler throw", [.. RpcProtocol.Preface, .. RawPeer.Hello(), .. RawPeer.Request(64, 1, Opcodes.Throw)], RpcEndKind.Fault },
        { "versions from the future", [.. RpcProtocol.Preface, .. RawPeer.Hello(7, 9)], RpcEndKind.Refused },
    };

    [Theory]
    [MemberData(nameof(Inputs))]
    public async Task It_loses_its_connection_and_others_do_not(string what, byte[] input, RpcEndKind kind)
    {
        await using var pair = await Pair.ConnectAsync();
        var peer = new RawPeer(pair.Server.Connect().Client);
        var ended = pair.Server.EndAsync();
        await peer.SendAsync(input);
        var end = await ended.SoonAsync();
        Assert.True(kind == end.Kind, $"{what}: {end}");
        Assert.NotEmpty(end.Message);
        Assert.Equal(42UL, (await pair.SumAsync(2, 40).SoonAsync()).Value.Value);
        Assert.Equal(1, pair.Client.Connections);
    }

    [Theory]
    [MemberData(nameof(Inputs))]
    public async Task It_does_so_byte_by_byte_as_well(string what, byte[] input, RpcEndKind kind)
    {
        await using var server = new TestServer();
        var peer = new RawPeer(server.Connect().Client);
        var ended = server.EndAsync();
        foreach (var one in input)
        {
            if (ended.IsCompleted) break;
            await peer.SendAsync(one);
        }

        var end = await ended.SoonAsync();
        Assert.True(kind == end.Kind, $"{what}: {end}");
    }

    [Fact]
    public async Task Every_truncation_of_a_conversation_is_an_end_and_no_more()
    {
        byte[] whole = [.. RpcProtocol.Preface, .. RawPeer.Hello(), .. RawPeer.Request(64), .. RawPeer.Request(65)];
        for (var length = 0; length < whole.Length; length++)
        {
            await using var server = new TestServer();
            var peer = new RawPeer(server.Connect().Client);
            var ended = server.EndAsync();
            await peer.SendAsync(whole[..length]);
            peer.Close();
            var end = await ended.SoonAsync();
            Assert.True(end.Kind is RpcEndKind.Broken or RpcEndKind.ClosedByPeer, $"{length}: {end}");
        }
    }

    [Fact]
    public async Task Random_damage_never_does_more_than_end_the_connection()
    {
        var chance = new Random(4711);
        byte[] whole = [.. RpcProtocol.Preface, .. RawPeer.Hello(), .. RawPeer.Request(64), .. RawPeer.Request(65)];
        for (var round = 0; round < 2000; round++)
        {
            await using var server = new TestServer();
            var peer = new RawPeer(server.Connect().Client);
            var ended = server.EndAsync();
            var damaged = whole.ToArray();
            for (var i = chance.Next(4); i >= 0; i--) damaged[chance.Next(damaged.Length)] ^= (byte)(1 << chance.Next(8));
            await peer.SendAsync(damaged);
            peer.Close();
            var end = await ended.SoonAsync();

            // A changed payload or number may be a valid request, which the test's handler cannot decode: a fault of its.
            Assert.True(end.Kind is not RpcEndKind.Silent, $"{round}: {end}");
        }
    }

    [Fact]
    public async Task A_refused_client_is_told_both_ranges_of_versions()
    {
        await using var server = new TestServer();
        var peer = new RawPeer(server.Connect().Client);
        await peer.SendAsync([.. RpcProtocol.Preface, .. RawPeer.Hello(7, 9)]);
        var (header, payload) = await peer.ReceiveAsync();
        Assert.Equal(FrameKind.Refuse, header.Kind);
        var refuse = WireCodec.Read<RpcRefuse>(payload);
        Assert.Equal(Errno.EPROTO, refuse.Errno);
        Assert.Contains("1 to 1", refuse.Message, StringComparison.Ordinal);
        Assert.Contains("7 to 9", refuse.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_who_asks_and_does_not_read_is_not_read_from_and_then_ended()
    {
        await using var pair = await Pair.ConnectAsync(new TestServer
        {
            Options = new RpcServerOptions { OutputBytesSoftMax = 100_000, OutputBytesMax = 1_000_000 },
        });
        var peer = new RawPeer(pair.Server.Connect().Client);
        var ended = pair.Server.EndAsync();
        await peer.SendAsync([.. RpcProtocol.Preface, .. RawPeer.Hello()]);
        await peer.ReceiveAsync();
        var slow = pair.Server.Connection;
        var pushed = 0;
        while (slow.Push(1, new byte[10_000])) pushed++;
        var end = await ended.SoonAsync();
        Assert.Equal(RpcEndKind.Flooded, end.Kind);
        Assert.InRange(pushed, 99, 130);
        Assert.Equal(42UL, (await pair.SumAsync(2, 40).SoonAsync()).Value.Value);
    }

    [Fact]
    public async Task Requests_wait_while_too_many_replies_do()
    {
        await using var server = new TestServer
        {
            Options = new RpcServerOptions { OutputBytesSoftMax = 50_000 },
            OnReceived = received => received.Connection.Reply(received.Header, Errno.OK, new byte[20_000]),
        };
        var peer = new RawPeer(server.Connect().Client);
        await peer.SendAsync([.. RpcProtocol.Preface, .. RawPeer.Hello()]);
        Assert.Equal(FrameKind.Welcome, (await peer.ReceiveAsync()).Header.Kind);
        for (uint slot = 64; slot < 164; slot++) await peer.SendAsync(RawPeer.Request(slot)).SoonAsync();
        for (uint slot = 64; slot < 164; slot++)
        {
            var (header, payload) = await peer.ReceiveAsync().SoonAsync();
            Assert.Equal(slot, header.Slot);
            Assert.Equal(20_000, payload.Length);
        }
    }

    private static byte[] Header(FrameKind kind, uint length) =>
        WireCodec.ToBytes(new FrameHeader { Length = length, Kind = kind });
}
