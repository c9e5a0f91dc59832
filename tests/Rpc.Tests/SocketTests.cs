using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using FlexFs.Rpc.Transports;

namespace FlexFs.Rpc.Tests;

public class SocketTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Calls_of_all_sizes_go_over_TCP(bool tls)
    {
        await using var server = new SocketServer(tls, [RpcProtocol.Alpn]);
        var session = new TestSession();
        await using var client = Make(server, tls ? server.Pinned() : null, session);
        await client.ConnectAsync().SoonAsync();
        var calls = Enumerable.Range(0, 200).Select(async i =>
        {
            var bytes = new byte[i * i * 20];
            new Random(i).NextBytes(bytes);
            using var reply = await client.CallAsync(Opcodes.Echo, bytes);
            Assert.True(bytes.AsSpan().SequenceEqual(reply.Payload.Span));
        });
        await Task.WhenAll(calls).SoonAsync();
    }

    [Fact]
    public async Task A_certificate_that_is_not_the_pinned_one_is_a_failed_attempt_that_names_the_server()
    {
        await using var server = new SocketServer(true, [RpcProtocol.Alpn]);
        var session = new TestSession { Retry = _ => false };
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is null,
        };
        await using var client = Make(server, options, session);
        var failed = await Assert.ThrowsAsync<RpcException>(() => client.ConnectAsync().SoonAsync());
        Assert.StartsWith($"{server.Address} is not trusted", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_speaks_something_else_on_its_port_is_a_failed_attempt()
    {
        await using var server = new SocketServer(true, null);
        var session = new TestSession { Retry = _ => false };
        await using var client = Make(server, server.Pinned(), session);
        var failed = await Assert.ThrowsAsync<RpcException>(() => client.ConnectAsync().SoonAsync());
        Assert.Contains("ALPN flexfs/1", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_without_a_server_is_a_failed_attempt()
    {
        IPEndPoint free;
        using (var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            free = (IPEndPoint)socket.LocalEndPoint!;
        }

        var session = new TestSession { Retry = _ => false };
        var connector = new SocketRpcConnector(free, null, Patience, TimeProvider.System);
        await using var client = new RpcClient(connector, session, session, Pair.Quick, TimeProvider.System, new Random(1));
        var failed = await Assert.ThrowsAsync<RpcException>(() => client.ConnectAsync().SoonAsync());
        Assert.StartsWith($"{free} cannot be reached", failed.Message, StringComparison.Ordinal);
    }

    private static RpcClient Make(SocketServer server, SslClientAuthenticationOptions? tls, TestSession session) =>
        new(new SocketRpcConnector(server.Address, tls, Patience, TimeProvider.System), session, session, Pair.Quick,
            TimeProvider.System, new Random(1));
}
