using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FlexFs.Rpc;
using FlexFs.Rpc.Transports;
using FlexFs.Wire;

namespace FlexFs.Bench.Rpc;

/// <summary>Answers every question at once, on the connection's own loop.</summary>
internal sealed class EchoServer : IRpcSessionAcceptor, IRpcRequestHandler, IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly SslServerAuthenticationOptions? _tls;

    private readonly X509Certificate2? _certificate;

    public EchoServer(bool tls)
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        if (!tls) return;
        _certificate = MakeCertificate();
        _tls = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(_certificate, null, offline: true),
            ApplicationProtocols = [RpcProtocol.Alpn],
        };
    }

    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndPoint!;

    /// <summary>Whether a certificate is this server's: the pin of the measurement's client.</summary>
    public bool IsMine(X509Certificate? certificate) =>
        certificate is not null && certificate.GetCertHashString() == _certificate?.GetCertHashString();

    public async Task ServeOneAsync()
    {
        var socket = await _listener.AcceptAsync();
        socket.NoDelay = true;
        Stream stream = new NetworkStream(socket, ownsSocket: true);
        if (_tls is not null)
        {
            var secured = new SslStream(stream);
            await secured.AuthenticateAsServerAsync(_tls);
            stream = secured;
        }

        await new RpcServerConnection(new StreamDuplex(stream), this, new RpcServerOptions(), TimeProvider.System)
            .RunAsync();
    }

    public ValueTask<RpcAcceptance> AcceptAsync(
        RpcServerConnection connection, RpcHello hello, CancellationToken cancellationToken) =>
        new(RpcAcceptance.Yes(this, new RpcWelcome { Epoch = 1 }));

    public void OnOpened(RpcServerConnection connection)
    {
    }

    public void OnRequest(RpcServerConnection connection, in FrameHeader header, ReadOnlyMemory<byte> payload)
    {
        var reader = new WireReader(payload);
        if (!Question.TryDecode(ref reader, out var question)) throw new InvalidDataException(reader.Error.ToString());
        connection.Reply(header, new Answer { Inode = question.Inode });
    }

    public void OnClosed(RpcServerConnection connection, RpcEnd end)
    {
    }

    public void Dispose()
    {
        _listener.Dispose();
        _certificate?.Dispose();
    }

    private static X509Certificate2 MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
