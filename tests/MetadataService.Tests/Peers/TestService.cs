using System.IO.Pipelines;
using FlexFs.Core;
using FlexFs.Metadata;
using FlexFs.MetadataService.Volumes;
using FlexFs.Rpc;
using FlexFs.Rpc.Transports;

namespace FlexFs.MetadataService.Tests.Peers;

/// <summary>A metadata server over memory, which can be killed and started again on the same disk.</summary>
public sealed class TestService : IVolumeDirectory, IRpcConnector, IAsyncDisposable
{
    public const string VolumeName = "test";
    public const string Token = "5f0c7c0e-6a51-4f3a-8a53-0f7d8c1d7a11";
    private readonly Lock _gate = new();
    private readonly List<(MemoryDuplex Duplex, Task<RpcEnd> Serving)> _connections = [];
    private MetadataServer? _server;
    private bool _isDown;
    private int _keys;

    public TestService(
        ServiceOptions? options = null, ManualClock? clock = null, bool start = true, EngineOptions? engine = null)
    {
        Options = options ?? new ServiceOptions();
        EngineOptions = engine ?? new EngineOptions();
        Clock = clock ?? TimeProvider.System;
        if (start) Start();
    }

    public ServiceOptions Options { get; }

    public EngineOptions EngineOptions { get; }

    public TimeProvider Clock { get; }

    public LogLines Log { get; } = new();

    public FaultDisk Disk { get; } = new();

    public VolumeDescription Volume { get; set; } = new(
        new VolumeId(new Guid("0b9a9d54-0000-4000-8000-000000000001")), VolumeName, Limits.BlockSizeLog2Default, TimeSpan.Zero);

    public bool IsTokenValid { get; set; } = true;

    /// <summary>Whether connecting fails just now.</summary>
    public bool IsDown { get => Volatile.Read(ref _isDown); set => Volatile.Write(ref _isDown, value); }

    public bool IsTokenReadOnly { get; set; }

    public Objects.IObjectDeleter? Deleter { get; set; }

    public MetadataServer Server => _server!;

    /// <summary>Waits until the last connection has ended, and says why.</summary>
    public Task<RpcEnd> LastEndAsync()
    {
        lock (_gate) return _connections[^1].Serving;
    }

    public void Start() => _server = new MetadataServer(new MetadataServerSetup
    {
        Directory = this,
        Stores = Disk.ForServer(),
        NewSessionKey = () => new UInt128(42, (ulong)Interlocked.Increment(ref _keys)),
        Deleter = Deleter,
        Options = Options,
        EngineOptions = EngineOptions,
        Logs = Log,

        // A clock that a test moves by minutes must not look like a peer that is silent for minutes.
        RpcOptions = new RpcServerOptions
        {
            HandshakeTimeout = TimeSpan.FromDays(1),
            HeartbeatIntervalMax = TimeSpan.FromDays(1),
        },
        Clock = Clock,
    });

    /// <summary>The process dies: connections break, nothing is finished. What the disk has stays.</summary>
    public void Kill()
    {
        _server = null;
        Disk.ForgetOwner();
        CutAll();
    }

    public void CutAll()
    {
        lock (_gate)
        {
            foreach (var (duplex, _) in _connections) duplex.Cut();
        }
    }

    public ValueTask<IDuplexPipe> ConnectAsync(CancellationToken cancellationToken)
    {
        if (IsDown || _server is not { } server) throw new IOException("the test's server is down");
        var duplex = new MemoryDuplex();
        var serving = server.ServeAsync(duplex.Server, CancellationToken.None);
        lock (_gate) _connections.Add((duplex, serving));
        return new(duplex.Client);
    }

    public VolumeGrant Find(string volume, string token) =>
        volume != VolumeName ? VolumeGrant.No($"there is no volume {volume}")
        : token == Token && IsTokenValid ? VolumeGrant.Yes(Volume, IsTokenReadOnly, "grant")
        : VolumeGrant.No("the token is not valid");

    public VolumeGrant Look(VolumeId volume, string grant) =>
        volume == Volume.Id && grant == "grant" && IsTokenValid
            ? VolumeGrant.Yes(Volume, IsTokenReadOnly, grant)
            : VolumeGrant.No("the token was revoked");

    public long Version => (IsTokenValid ? 1 : 2) + (IsTokenReadOnly ? 4 : 0);

    public async ValueTask DisposeAsync()
    {
        Disk.LetCommitsGo();
        Disk.LetReadsGo();
        if (_server is not { } server) return;
        await server.CloseAsync().SoonAsync();
        server.Dispose();
    }
}
