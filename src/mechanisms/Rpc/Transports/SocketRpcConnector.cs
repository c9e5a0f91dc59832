using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace FlexFs.Rpc.Transports;

/// <summary>Reaches a server over TCP, with TLS or, for tests and measurements, without.</summary>
/// <param name="endPoint">Address or host name, and port; a name is looked up at every attempt.</param>
/// <param name="tls">Name, certificates and their check; null is plain TCP. The protocol's ALPN is added.</param>
/// <param name="timeout">For connecting and the TLS handshake together.</param>
/// <param name="time">For <paramref name="timeout"/>.</param>
public sealed class SocketRpcConnector(
    EndPoint endPoint, SslClientAuthenticationOptions? tls, TimeSpan timeout, TimeProvider time) : IRpcConnector
{
    /// <inheritdoc/>
    public async ValueTask<IDuplexPipe> ConnectAsync(CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, deadline.Token);
        Stream? stream = null;
        try
        {
            stream = await OpenAsync(either.Token);
            if (tls is not null) stream = await SecureAsync(stream, either.Token);
            var duplex = new StreamDuplex(stream);
            stream = null;
            return duplex;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IOException($"{Name} did not answer within {timeout.TotalSeconds:0.#} s", e);
        }
        catch (SocketException e)
        {
            throw new IOException($"{Name} cannot be reached: {e.Message}", e);
        }
        catch (AuthenticationException e)
        {
            throw new IOException($"{Name} is not trusted: {e.Message}", e);
        }
        finally
        {
            if (stream is not null) await stream.DisposeAsync();
        }
    }

    private string Name => endPoint switch
    {
        DnsEndPoint named => $"{named.Host}:{named.Port}",
        _ => endPoint.ToString() ?? string.Empty,
    };

    private async Task<Stream> OpenAsync(CancellationToken cancellationToken)
    {
        // For a name, a socket of both families tries all of its addresses in turn.
        var socket = endPoint is DnsEndPoint
            ? new Socket(SocketType.Stream, ProtocolType.Tcp)
            : new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.NoDelay = true;
            await socket.ConnectAsync(endPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task<Stream> SecureAsync(Stream inner, CancellationToken cancellationToken)
    {
        var secured = new SslStream(inner, leaveInnerStreamOpen: false);
        try
        {
            tls!.ApplicationProtocols = [RpcProtocol.Alpn];
            await secured.AuthenticateAsClientAsync(tls, cancellationToken);
            return secured.NegotiatedApplicationProtocol == RpcProtocol.Alpn
                ? secured
                : throw new AuthenticationException("it does not speak flexFS's protocol on this port (no ALPN flexfs/1)");
        }
        catch
        {
            await secured.DisposeAsync();
            throw;
        }
    }
}
