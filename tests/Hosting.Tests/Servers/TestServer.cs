using System.Net;
using FlexFs.Hosting.Net;
using FlexFs.Hosting.Servers;
using FlexFs.Hosting.Tls;
using FlexFs.Rpc.Transports;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging.Abstractions;

namespace FlexFs.Hosting.Tests.Servers;

/// <summary>A real server on a free port of loopback.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private ServerHost _host = null!;

    public ServerCertificate? Certificate { get; private set; }

    public HostPort Address => new("127.0.0.1", _host.LocalEndPoint.Port);

    public ServerTrust? Trust => Certificate is null ? null : ServerTrust.Pinned(Certificate.Fingerprint);

    public ServerHost Host => _host;

    public static async Task<TestServer> StartAsync(
        bool tls, Action<IEndpointRouteBuilder> routes, Func<ConnectionContext, Task>? rpc = null)
    {
        TestServer server = new();
        if (tls)
            server.Certificate = ServerCertificate.LoadOrCreate(server._folder.File("cert"), server._folder.File("key"), TimeProvider.System);
        server._host = await ServerHost.StartAsync(
            new ServerSettings
            {
                BindAddress = new IPEndPoint(IPAddress.Loopback, 0),
                Certificate = server.Certificate,
                StopTimeout = TimeSpan.FromMilliseconds(500),
            },
            NullLoggerFactory.Instance, routes, rpc, TestContext.Current.CancellationToken);
        return server;
    }

    /// <summary>A connection that the real RPC client opened.</summary>
    public async Task<StreamDuplex> RpcAsync(ServerTrust? trust) =>
        (StreamDuplex)await new SocketRpcConnector(
            new DnsEndPoint(Address.Host, Address.Port), trust?.ClientOptions(Address.Host), TimeSpan.FromSeconds(20), TimeProvider.System)
            .ConnectAsync(TestContext.Current.CancellationToken);

    public HttpClient Http()
    {
        SocketsHttpHandler handler = new() { UseProxy = false };
        if (Trust is { } trust) handler.SslOptions = trust.ClientOptions(Address.Host);
        return new HttpClient(handler) { BaseAddress = new Uri($"{(Trust is null ? "http" : "https")}://{Address}/") };
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        Certificate?.Dispose();
        _folder.Dispose();
    }
}
