using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FlexFs.Rpc.Transports;

namespace FlexFs.Rpc.Tests;

/// <summary>Serves one connection over TCP.</summary>
public sealed class SocketServer : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly X509Certificate2? _certificate;
    private readonly List<SslApplicationProtocol>? _protocols;
    private readonly Task _serving;

    public SocketServer(bool tls, List<SslApplicationProtocol>? protocols)
    {
        _protocols = protocols;
        if (tls) _certificate = MakeCertificate();
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _serving = ServeAsync();
    }

    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndPoint!;

    public SslClientAuthenticationOptions Pinned() => new()
    {
        TargetHost = "localhost",
        RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            certificate!.GetCertHashString() == _certificate!.GetCertHashString(),
    };

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _serving;
        _certificate?.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            using var socket = await _listener.AcceptAsync();
            await using Stream stream = new NetworkStream(socket);
            await using var secured = _certificate is null ? stream : await SecureAsync(stream);
            await using var server = new TestServer();
            await new RpcServerConnection(
                new StreamDuplex(secured), server, new RpcServerOptions(), TimeProvider.System).RunAsync();
        }
        catch (Exception e) when (e is IOException or SocketException or System.Security.Authentication.AuthenticationException)
        {
            // The client did not want this server: what its test is about.
        }
    }

    private async Task<SslStream> SecureAsync(Stream stream)
    {
        var secured = new SslStream(stream);
        await secured.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
        {
            ServerCertificate = _certificate,
            ApplicationProtocols = _protocols,
        });
        return secured;
    }

    private static X509Certificate2 MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
