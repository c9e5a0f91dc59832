using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FlexFs.Core;
using FlexFs.Metadata.RocksDb;
using FlexFs.Metadata.Storage;
using FlexFs.MetadataService;
using FlexFs.MetadataService.Volumes;
using FlexFs.Rpc;
using FlexFs.Rpc.Transports;

namespace FlexFs.Bench.MetadataService;

/// <summary>A metadata service with RocksDB behind a loopback socket with TLS.</summary>
internal sealed class Service : IVolumeDirectory, IVolumeStores, IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly RocksDbEnvironment _environment = new(new RocksDbOptions());
    private readonly X509Certificate2 _certificate = MakeCertificate();
    private readonly VolumeDescription _volume = new(
        new VolumeId(Guid.NewGuid()), "bench", Limits.BlockSizeLog2Default, TimeSpan.Zero);
    private readonly string _folder;
    private ulong _keys;

    public Service(string folder)
    {
        _folder = folder;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        Server = new MetadataServer(new MetadataServerSetup
        {
            Directory = this,
            Stores = this,
            NewSessionKey = () => Interlocked.Increment(ref _keys),
        });
    }

    public MetadataServer Server { get; }

    public IPEndPoint Address => (IPEndPoint)_listener.LocalEndPoint!;

    public bool IsMine(X509Certificate? certificate) =>
        certificate?.GetCertHashString() == _certificate.GetCertHashString();

    /// <summary>Serves so many connections until they end.</summary>
    public async Task ServeAsync(int connections)
    {
        var serving = new List<Task>();
        for (var i = 0; i < connections; i++)
        {
            var socket = await _listener.AcceptAsync();
            socket.NoDelay = true;
            serving.Add(ServeAsync(socket));
        }

        await Task.WhenAll(serving);
    }

    public VolumeGrant Find(string volume, string token) => VolumeGrant.Yes(_volume, isReadOnly: false, "bench");

    public VolumeGrant Look(VolumeId volume, string grant) => Find("", "");

    public long Version => 0;

    public ValueTask<IKeyValueStore> OpenAsync(VolumeId volume, CancellationToken cancellationToken) =>
        new(RocksDbStore.Open(_environment, _folder));

    public async ValueTask DisposeAsync()
    {
        await Server.CloseAsync();
        Server.Dispose();
        _environment.Dispose();
        _listener.Dispose();
        _certificate.Dispose();
    }

    private async Task ServeAsync(Socket socket)
    {
        var secured = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await secured.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(_certificate, null, offline: true),
            ApplicationProtocols = [RpcProtocol.Alpn],
        });
        await Server.ServeAsync(new StreamDuplex(secured));
    }

    private static X509Certificate2 MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
