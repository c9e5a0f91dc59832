using System.Collections.Concurrent;
using System.IO.Pipelines;
using FlexFs.Client.Writing;
using FlexFs.Core;
using FlexFs.Metadata.Storage;
using FlexFs.Metadata.Storage.Memory;
using FlexFs.MetadataService;
using FlexFs.MetadataService.Volumes;
using FlexFs.Rpc;
using FlexFs.Rpc.Transports;
using Microsoft.Extensions.Logging.Abstractions;

namespace FlexFs.Client.Tests;

/// <summary>Clients of a real metadata service, which can be killed and started again, and can forget everybody.</summary>
public sealed class LockWorld : IVolumeDirectory, IVolumeStores, IRpcConnector, IAsyncDisposable
{
    private static readonly VolumeDescription Volume = new(
        new VolumeId(new Guid("0b9a9d54-0000-4000-8000-000000000002")), "test", Limits.BlockSizeLog2Min, TimeSpan.Zero);

    private readonly ConcurrentDictionary<MemoryDuplex, bool> _wires = new();
    private readonly List<FileSystem> _clients = [];
    private readonly MemoryStore _store = new();
    private MetadataServer _server;
    private volatile bool _isDown;
    private int _keys;

    public LockWorld() => _server = Serve();

    public TestObjects Objects { get; } = new();

    public async Task<FileSystem> JoinAsync()
    {
        var client = await FileSystem.ConnectAsync(
            World.Options,
            new FileSystemParts
            {
                Connector = this,
                Rpc = new RpcClientOptions { BackoffMin = TimeSpan.FromMilliseconds(1), BackoffMax = TimeSpan.FromMilliseconds(20) },
                Objects = _ => Objects,
                DirtyMemory = new HeapDirtyMemory(1 << 16, 64),
                Log = NullLogger.Instance,
                Seed = 1,
            },
            World.Token);
        _clients.Add(client);
        return client;
    }

    /// <summary>The server ends and another one is started on its disk.</summary>
    public async Task RestartAsync()
    {
        IsDown = true;
        Cut();
        await _server.CloseAsync();
        _server.Dispose();
        _server = Serve();
        IsDown = false;
    }

    /// <summary>Nobody reaches the server for so long that all sessions are expired.</summary>
    public async Task ExpireAllAsync()
    {
        using var enough = new CancellationTokenSource();
        IsDown = true;
        Cut();
        var upkeep = _server.RunAsync(enough.Token);
        await World.EventuallyAsync(() => _server.Status.Sum(volume => volume.Sessions) == 0, "all sessions are expired");
        await enough.CancelAsync();
        await upkeep;
        IsDown = false;
    }

    private bool IsDown { get => _isDown; set => _isDown = value; }

    public void Cut()
    {
        foreach (var wire in _wires.Keys)
        {
            wire.Cut();
            _wires.TryRemove(wire, out _);
        }
    }

    public ValueTask<IDuplexPipe> ConnectAsync(CancellationToken cancellationToken)
    {
        if (IsDown) throw new IOException("the test's server is down");
        var wire = new MemoryDuplex();
        _wires[wire] = true;
        _ = _server.ServeAsync(wire.Server, CancellationToken.None);
        return new(wire.Client);
    }

    public long Version => 0;

    public VolumeGrant Look(VolumeId volume, string grant) => VolumeGrant.Yes(Volume, isReadOnly: false, "1");

    public VolumeGrant Find(string volume, string token) => VolumeGrant.Yes(Volume, isReadOnly: false, "1");

    public ValueTask<IKeyValueStore> OpenAsync(VolumeId volume, CancellationToken cancellationToken) => new(_store);

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients) await client.DisposeAsync();
        await _server.CloseAsync();
        _server.Dispose();
    }

    private MetadataServer Serve() => new(new MetadataServerSetup
    {
        Directory = this,
        Stores = this,
        Options = new ServiceOptions { SessionTerm = TimeSpan.FromMilliseconds(20), Upkeep = TimeSpan.FromMilliseconds(10) },
        NewSessionKey = () => new UInt128(7, (ulong)Interlocked.Increment(ref _keys)),
    });
}
