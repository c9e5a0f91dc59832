using FlexFs.Core;
using FlexFs.Rpc.Transports;
using FlexFs.Wire;

namespace FlexFs.Rpc.Tests;

/// <summary>What a client does about a server that breaks the rules or was followed by another.</summary>
public class BadServerTests
{
    private readonly RawConnector _connector = new();
    private readonly TestSession _session = new();

    [Fact]
    public async Task A_reply_of_an_older_epoch_is_not_taken_and_the_request_goes_to_the_successor()
    {
        await using var client = Make();
        var connecting = client.ConnectAsync();
        var old = await _connector.NextAsync();
        await old.WelcomeAsync(new RpcWelcome { Epoch = 5 });
        await connecting.SoonAsync();
        var call = client.CallAsync<Sum, Total>(Opcodes.Sum, new Sum { A = 1 }).AsTask();
        var (request, _) = await old.ReceiveAsync().SoonAsync();
        await old.SendAsync(RawPeer.Frame(
            new FrameHeader { Kind = FrameKind.Push, Epoch = 6, Opcode = 1 }, []));
        await old.SendAsync(RawPeer.Frame(ReplyTo(request, 5), new Total { Value = 13 }));
        var next = await _connector.NextAsync();
        await next.WelcomeAsync(new RpcWelcome { Epoch = 6, Resumed = true });
        var (again, _) = await next.ReceiveAsync().SoonAsync();
        Assert.Equal(request, again);
        Assert.False(call.IsCompleted);
        await next.SendAsync(RawPeer.Frame(ReplyTo(again, 6), new Total { Value = 42 }));
        Assert.Equal(42UL, (await call.SoonAsync()).Value.Value);
        Assert.Equal(RpcEndKind.Outdated, _session.Disconnections.Single().Kind);
    }

    [Fact]
    public async Task A_server_of_an_older_epoch_is_left_alone()
    {
        await using var client = Make();
        var connecting = client.ConnectAsync();
        var first = await _connector.NextAsync();
        await first.WelcomeAsync(new RpcWelcome { Epoch = 5 });
        await connecting.SoonAsync();
        var call = client.CallAsync<Sum, Total>(Opcodes.Sum, default).AsTask();
        _connector.Wires.Last().Cut();
        await (await _connector.NextAsync()).WelcomeAsync(new RpcWelcome { Epoch = 4, Resumed = true });
        var third = await _connector.NextAsync();
        Assert.Equal(RpcEndKind.Outdated, _session.Failures.Last().End.Kind);
        await third.WelcomeAsync(new RpcWelcome { Epoch = 5, Resumed = true });
        var (request, _) = await third.ReceiveAsync().SoonAsync();
        await third.SendAsync(RawPeer.Frame(ReplyTo(request, 5), new Total { Value = 42 }));
        Assert.Equal(42UL, (await call.SoonAsync()).Value.Value);
    }

    [Fact]
    public async Task A_second_reply_and_a_reply_to_nothing_are_ignored()
    {
        await using var client = Make();
        var connecting = client.ConnectAsync();
        var server = await _connector.NextAsync();
        await server.WelcomeAsync(new RpcWelcome { Epoch = 1 });
        await connecting.SoonAsync();
        for (ulong round = 1; round <= 3; round++)
        {
            var call = client.CallAsync<Sum, Total>(Opcodes.Sum, default).AsTask();
            var (request, _) = await server.ReceiveAsync().SoonAsync();
            var nobodys = new FrameHeader { Kind = FrameKind.Reply, Epoch = 1, Slot = 9999, Number = 1 };
            await server.SendAsync(RawPeer.Frame(nobodys, new Total { Value = 1 }));
            await server.SendAsync(RawPeer.Frame(nobodys with { Slot = 70 }, new Total { Value = 1 }));
            await server.SendAsync(RawPeer.Frame(
                ReplyTo(request, 1) with { Number = request.Number - 1 }, new Total { Value = 13 }));
            await server.SendAsync(RawPeer.Frame(ReplyTo(request, 1), new Total { Value = round }));
            Assert.Equal(round, (await call.SoonAsync()).Value.Value);
        }

        Assert.Equal(9, client.IgnoredReplies);
        Assert.Equal(1, client.Connections);
    }

    public static TheoryData<string, byte[]> Inputs => new()
    {
        { "garbage", [.. Enumerable.Repeat((byte)'x', 100)] },
        { "an oversized frame", WireCodec.ToBytes(new FrameHeader { Kind = FrameKind.Push, Length = 1 << 30, Epoch = 1 }) },
        { "a client's frame", RawPeer.Frame(new FrameHeader { Kind = FrameKind.Request, Epoch = 1, Slot = 64, Number = 1 }, []) },
        { "a second welcome", RawPeer.Frame(new FrameHeader { Kind = FrameKind.Welcome, Epoch = 1 }, new RpcWelcome()) },
    };

    [Theory]
    [MemberData(nameof(Inputs))]
    public async Task What_a_server_does_not_send_ends_the_connection_and_repeats_the_request(string what, byte[] input)
    {
        await using var client = Make();
        var connecting = client.ConnectAsync();
        var bad = await _connector.NextAsync();
        await bad.WelcomeAsync(new RpcWelcome { Epoch = 1 });
        await connecting.SoonAsync();
        var call = client.CallAsync<Sum, Total>(Opcodes.Sum, default).AsTask();
        await bad.ReceiveAsync().SoonAsync();
        await bad.SendAsync(input);
        var good = await _connector.NextAsync();
        await good.WelcomeAsync(new RpcWelcome { Epoch = 1, Resumed = true });
        var (request, _) = await good.ReceiveAsync().SoonAsync();
        await good.SendAsync(RawPeer.Frame(ReplyTo(request, 1), new Total { Value = 42 }));
        Assert.Equal(42UL, (await call.SoonAsync()).Value.Value);
        Assert.True(_session.Disconnections.Single().Kind == RpcEndKind.Malformed, what);
    }

    [Fact]
    public async Task A_version_that_was_not_offered_is_a_failed_attempt()
    {
        _session.Retry = _ => false;
        await using var client = Make();
        var connecting = client.ConnectAsync();
        var server = await _connector.NextAsync();
        await server.SkipPrefaceAsync();
        await server.SendAsync(RawPeer.Frame(
            new FrameHeader { Kind = FrameKind.Welcome }, new RpcWelcome { Version = 9 }));
        var failed = await Assert.ThrowsAsync<RpcException>(() => connecting.SoonAsync());
        Assert.Contains("version 9", failed.Message, StringComparison.Ordinal);
    }

    private RpcClient Make() =>
        new(_connector, _session, _session, Pair.Quick, TimeProvider.System, new Random(1));

    private static FrameHeader ReplyTo(FrameHeader request, ulong epoch) =>
        request with { Kind = FrameKind.Reply, Flags = FrameFlags.None, Epoch = epoch };
}
