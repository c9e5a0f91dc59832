using System.Net.Security;
using System.Net.Sockets;
using FlexFs.Hosting.Net;
using FlexFs.Hosting.Tls;

namespace FlexFs.Hosting.Servers;

/// <summary>Opens RPC connections to a server of ours.</summary>
public static class RpcConnector
{
    /// <summary>Connects, and shakes hands or sends the preface.</summary>
    /// <param name="address">The server.</param>
    /// <param name="trust">When to believe it; null connects without TLS.</param>
    /// <param name="cancel">Gives up; the caller sets the deadline.</param>
    /// <returns>The byte stream of RPC; disposing it closes the connection.</returns>
    /// <exception cref="SocketException">Nobody answers.</exception>
    /// <exception cref="IOException">The connection broke, or the server does not speak RPC.</exception>
    /// <exception cref="CertificateMismatchException">Not the pinned server.</exception>
    public static async Task<Stream> ConnectAsync(HostPort address, ServerTrust? trust, CancellationToken cancel)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address.Host, address.Port, cancel);
            NetworkStream plain = new(socket, ownsSocket: true);
            if (trust is null)
            {
                await plain.WriteAsync(RpcProtocol.PlainPreface.ToArray(), cancel);
                return plain;
            }
            SslStream secure = new(plain);
            try
            {
                await secure.AuthenticateAsClientAsync(trust.ClientOptions(address.Host, RpcProtocol.Alpn), cancel);
            }
            catch (Exception e) when (ServerTrust.FindMismatch(e) is { } mismatch)
            {
                throw mismatch;
            }
            catch (System.Security.Authentication.AuthenticationException e)
            {
                throw new IOException($"{address} does not speak RPC over TLS: {e.Message}", e);
            }
            if (secure.NegotiatedApplicationProtocol != RpcProtocol.Alpn)
                throw new IOException($"{address} does not speak RPC: it is another kind of server");
            return secure;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
