using FlexFs.Core;

namespace FlexFs.Rpc.Tests;

public class HeartbeatTests
{
    private static readonly RpcClientOptions Beating = Pair.Quick with { HeartbeatInterval = TimeSpan.FromSeconds(1) };

    [Fact]
    public async Task An_idle_connection_stays_because_it_is_pinged()
    {
        var time = new ManualTime();
        await using var pair = await Pair.ConnectAsync(new TestServer { Time = time }, Beating, time);
        for (var step = 0; step < 40; step++)
        {
            var before = pair.Server.Connection.LastReceived;
            await Eventually.HoldsAsync(() => time.Timers >= 2, "both ends watch");
            time.Advance(TimeSpan.FromSeconds(0.5));
            if (step % 2 == 1)
            {
                await Eventually.HoldsAsync(() => pair.Server.Connection.LastReceived > before, "a ping arrived");
            }
        }

        Assert.Equal(42UL, (await pair.SumAsync(2, 40).SoonAsync()).Value.Value);
        Assert.Equal(1, pair.Client.Connections);
    }

    [Fact]
    public async Task A_server_that_fell_silent_is_replaced_and_asked_again()
    {
        var time = new ManualTime();
        var connector = new RawConnector();
        var session = new TestSession();
        await using var client = new RpcClient(connector, session, session, Beating, time, new Random(1));
        var connecting = client.ConnectAsync();
        var silent = await connector.NextAsync();
        await silent.WelcomeAsync(new RpcWelcome());
        await connecting.SoonAsync();
        var call = client.CallAsync<Sum, Total>(Opcodes.Sum, default).AsTask();
        var next = connector.NextAsync();
        var steps = 0;
        while (!next.IsCompleted)
        {
            Assert.True(steps++ < 1000);
            time.Advance(TimeSpan.FromSeconds(0.25));
            await Task.Delay(1);
        }

        var good = await next;
        await good.WelcomeAsync(new RpcWelcome { Resumed = true });
        var (request, _) = await good.ReceiveAsync().SoonAsync();
        Assert.Equal(Opcodes.Sum, request.Opcode);
        Assert.Equal(RpcEndKind.Silent, session.Disconnections.Single().Kind);
        Assert.False(call.IsCompleted);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1000, 20)]
    public async Task A_client_is_heard_as_often_as_the_server_wants_and_never_less_often_than_it_said(int wanted, int every)
    {
        var time = new ManualTime();
        var connector = new RawConnector();
        var session = new TestSession { HeartbeatWanted = TimeSpan.FromSeconds(wanted) };
        var options = Pair.Quick with { HeartbeatInterval = TimeSpan.FromSeconds(20) };
        await using var client = new RpcClient(connector, session, session, options, time, new Random(1));
        var connecting = client.ConnectAsync();
        var server = await connector.NextAsync();
        await server.WelcomeAsync(new RpcWelcome());
        await connecting.SoonAsync();
        var ping = server.ReceiveAsync();
        var began = time.GetTimestamp();
        while (!ping.IsCompleted)
        {
            Assert.True(time.GetElapsedTime(began) < TimeSpan.FromSeconds(3 * every), "no ping");
            await Eventually.HoldsAsync(() => time.Timers >= 1 || ping.IsCompleted, "it watches");
            time.Advance(TimeSpan.FromSeconds(every / 4.0));
            await Task.Delay(1);
        }

        Assert.Equal(FrameKind.Ping, (await ping).Header.Kind);
        Assert.True(time.GetElapsedTime(began) >= TimeSpan.FromSeconds(every));
    }

    [Fact]
    public async Task A_client_that_fell_silent_is_ended_by_the_server()
    {
        var time = new ManualTime();
        await using var server = new TestServer { Time = time };
        var peer = new RawPeer(server.Connect().Client);
        var ended = server.EndAsync();
        await peer.SendAsync([.. RpcProtocol.Preface, .. RawPeer.Hello()]);
        await peer.ReceiveAsync().SoonAsync();
        await StepUntilAsync(time, ended);
        Assert.Equal(RpcEndKind.Silent, (await ended.SoonAsync()).Kind);
    }

    [Theory]
    [InlineData("")]
    [InlineData("flex")]
    [InlineData("flexfs/1")]
    public async Task Who_does_not_say_hello_in_time_is_ended(string said)
    {
        var time = new ManualTime();
        await using var server = new TestServer { Time = time };
        var peer = new RawPeer(server.Connect().Client);
        var ended = server.EndAsync();
        await peer.SendAsync(System.Text.Encoding.UTF8.GetBytes(said));
        time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.False(ended.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(0.1));
        var end = await ended.SoonAsync();
        Assert.Equal("no handshake within 10.0 s", end.Message);
    }

    [Fact]
    public async Task A_server_that_does_not_welcome_in_time_is_a_failed_attempt()
    {
        var time = new ManualTime();
        var connector = new RawConnector();
        var session = new TestSession { Retry = _ => false };
        await using var client = new RpcClient(connector, session, session, Beating, time, new Random(1));
        var connecting = client.ConnectAsync();
        await connector.NextAsync();
        await Eventually.HoldsAsync(() => time.Timers > 0, "the client watches");
        time.Advance(TimeSpan.FromSeconds(10));
        var failed = await Assert.ThrowsAsync<RpcException>(() => connecting.SoonAsync());
        Assert.Equal(Errno.EIO, failed.Errno);
        Assert.Equal("no welcome within 10.0 s", failed.Message);
    }

    private static async Task StepUntilAsync(ManualTime time, Task<RpcEnd> ended)
    {
        for (var steps = 0; !ended.IsCompleted; steps++)
        {
            Assert.True(steps < 1000);
            time.Advance(TimeSpan.FromSeconds(0.25));
            await Task.Delay(1);
        }
    }
}
