using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using FlexFs.Hosting.CommandLine;
using FlexFs.Hosting.Systemd;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FlexFs.Hosting.Servers;

/// <summary>A server that listens on one port for REST and, if it has any, RPC.</summary>
/// <remarks>
/// Built on the empty builder: the others watch the working directory, which is / under systemd and holds every mount.
/// Signals are the caller's. Routes are RequestDelegates; see <see cref="RestResponses"/> for their answers. Whatever
/// a peer sends costs at most its own connection.
/// </remarks>
public sealed class ServerHost : IAsyncDisposable
{
    private readonly WebApplication _application;

    private ServerHost(WebApplication application, IPEndPoint localEndPoint)
    {
        _application = application;
        LocalEndPoint = localEndPoint;
    }

    /// <summary>Where it really listens.</summary>
    public IPEndPoint LocalEndPoint { get; }

    /// <summary>Starts listening.</summary>
    /// <param name="settings">How.</param>
    /// <param name="logs">Where to; stays the caller's.</param>
    /// <param name="routes">Adds the REST routes.</param>
    /// <param name="rpc">Serves one RPC connection until it ends; its transport begins with the preface of RPC, after the
    /// TLS handshake if there is one. It should end when <c>IConnectionLifetimeNotificationFeature.ConnectionClosedRequested</c> is cancelled;
    /// connections that go on are cut after <see cref="ServerSettings.StopTimeout"/>. Null when there is no RPC.</param>
    /// <param name="cancel">Gives up the start.</param>
    /// <exception cref="CommandException">The address cannot be listened on.</exception>
    public static async Task<ServerHost> StartAsync(
        ServerSettings settings, ILoggerFactory logs, Action<IEndpointRouteBuilder> routes,
        Func<ConnectionContext, Task>? rpc, CancellationToken cancel)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton(logs);
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = settings.StopTimeout);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = settings.ConnectionsMax;
            kestrel.Limits.MaxRequestBodySize = settings.RequestBytesMax;
            kestrel.Listen(settings.BindAddress, listen => Listen(listen, settings, rpc));
        });
        WebApplication application = builder.Build();
        application.Use(new RestErrors(logs.CreateLogger<RestErrors>()).InvokeAsync);
        application.UseRouting();
        routes(application);
        try
        {
            await application.StartAsync(cancel);
        }
        catch (Exception e)
        {
            await application.DisposeAsync();
            if (Explain(settings.BindAddress, e) is { } line) throw new CommandException(line, cause: e);
            throw;
        }
        string bound = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new ServerHost(application, new IPEndPoint(settings.BindAddress.Address, new Uri(bound).Port));
    }

    /// <summary>Tells systemd that the service is ready, waits for the signal to stop, and stops.</summary>
    /// <param name="status">One line for <c>systemctl status</c>.</param>
    /// <param name="notifier">Where to tell it.</param>
    /// <param name="stop">Cancelled to stop: <see cref="TerminationSignals.Requested"/>.</param>
    public async Task RunAsync(string status, SystemdNotifier notifier, CancellationToken stop)
    {
        notifier.Ready(status);
        TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (stop.Register(stopped.SetResult)) await stopped.Task;
        notifier.Stopping();
        await StopAsync();
    }

    /// <summary>Stops listening, lets requests under way finish, then cuts what is left.</summary>
    public Task StopAsync() => _application.StopAsync(CancellationToken.None);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await _application.DisposeAsync();

    private static void Listen(ListenOptions listen, ServerSettings settings, Func<ConnectionContext, Task>? rpc)
    {
        if (settings.Certificate is not { } certificate)
        {
            listen.Protocols = HttpProtocols.Http1;
            listen.Use(next => new RpcSplit(rpc, next).OnPlainAsync);
            return;
        }
        listen.Protocols = HttpProtocols.Http1AndHttp2;
        List<SslApplicationProtocol> protocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11];
        if (rpc is not null) protocols.Insert(0, RpcSplit.Alpn);
        listen.UseHttps(new TlsHandshakeCallbackOptions
        {
            OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions
            {
                ServerCertificateContext = certificate.Context,
                ApplicationProtocols = protocols,
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            }),
        });
        listen.Use(next => new RpcSplit(rpc, next).OnSecureAsync);
    }

    private static string? Explain(IPEndPoint address, Exception error)
    {
        for (Exception? e = error; e is not null; e = e.InnerException)
        {
            if (e is AddressInUseException or SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse })
                return $"cannot listen on {address}: another process does already; stop it or choose another --bindAddr";
            if (e is SocketException { SocketErrorCode: SocketError.AccessDenied })
                return $"cannot listen on {address}: permission denied; ports below 1024 need root (or CAP_NET_BIND_SERVICE)";
            if (e is SocketException { SocketErrorCode: SocketError.AddressNotAvailable })
                return $"cannot listen on {address}: this host has no such address";
            if (e is SocketException socket) return $"cannot listen on {address}: {socket.Message}";
        }
        return null;
    }

    /// <summary>The generic host would take the signals for itself.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
