using System.Collections.Concurrent;
using System.IO.Pipelines;
using FlexFs.Client.Leases;
using FlexFs.Client.Writing;
using FlexFs.Core;
using FlexFs.Metadata.Storage;
using FlexFs.Metadata.Storage.Memory;
using FlexFs.MetadataService;
using FlexFs.MetadataService.Volumes;
using FlexFs.Protocol.Metadata;
using FlexFs.Rpc;
using FlexFs.Rpc.Transports;
using Microsoft.Extensions.Logging.Abstractions;

namespace FlexFs.Client.Tests;

/// <summary>The real metadata service, and clients with leases that count what they send.</summary>
public sealed class LeaseWorld : IVolumeDirectory, IVolumeStores, IAsyncDisposable
{
    private readonly MemoryStore _store = new();
    private readonly List<LeaseHost> _hosts = [];
    private readonly CancellationTokenSource _stop = new();
    private MetadataServer _server;
    private long _keys;

    public LeaseWorld(ServiceOptions? options = null)
    {
        Options = options ?? new ServiceOptions { Upkeep = TimeSpan.FromMilliseconds(20) };
        _server = Start();
    }

    public ServiceOptions Options { get; }

    public TestObjects Objects { get; } = new();

    public MetadataServer Server => _server;

    public async Task<LeaseHost> JoinAsync(FileSystemOptions? options = null, bool useLeases = true)
    {
        var host = new LeaseHost(this);
        await host.ConnectAsync((options ?? World.Options) with { UseLeases = useLeases });
        _hosts.Add(host);
        return host;
    }

    /// <summary>The server stops and starts again on the same store.</summary>
    public async Task RestartAsync()
    {
        var old = _server;
        await old.CloseAsync();
        old.Dispose();
        _server = Start();
    }

    public IDuplexPipe Connect()
    {
        var duplex = new MemoryDuplex();
        _ = _server.ServeAsync(duplex.Server, CancellationToken.None);
        return duplex.Client;
    }

    public VolumeGrant Find(string volume, string token) => VolumeGrant.Yes(Volume, isReadOnly: false, "test");

    public VolumeGrant Look(VolumeId volume, string grant) => VolumeGrant.Yes(Volume, isReadOnly: false, grant);

    public long Version => 1;

    public ValueTask<IKeyValueStore> OpenAsync(VolumeId volume, CancellationToken cancellationToken) => new(_store);

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts) await host.DisposeAsync();
        await _stop.CancelAsync();
        await _server.CloseAsync();
        _server.Dispose();
        _stop.Dispose();
    }

    private static VolumeDescription Volume { get; } = new(
        new VolumeId(new Guid("0b9a9d54-0000-4000-8000-000000000002")), "test", TestVolume.BlockSizeLog2, TimeSpan.Zero);

    private MetadataServer Start()
    {
        var server = new MetadataServer(new MetadataServerSetup
        {
            Directory = this,
            Stores = this,
            NewSessionKey = () => new UInt128(7, (ulong)Interlocked.Increment(ref _keys)),
            Options = Options,
        });
        _ = server.RunAsync(_stop.Token);
        return server;
    }
}

/// <summary>One client with leases, a kernel that remembers what it was told to drop, and a connection that can be cut.</summary>
public sealed class LeaseHost(LeaseWorld world) : IRpcConnector, IKernelCaches, IAsyncDisposable
{
    private readonly ConcurrentQueue<(InodeId Inode, InodeParts Parts, string[] Names)> _dropped = new();
    private CountingDuplex? _wire;
    private FakePages? _pages;

    public FileSystem Fs { get; private set; } = null!;

    /// <summary>What the kernel was told to drop.</summary>
    public IReadOnlyList<(InodeId Inode, InodeParts Parts, string[] Names)> Dropped => [.. _dropped];

    /// <summary>Runs while the kernel drops something.</summary>
    public Func<InodeId, Task>? WhileDropping { get; set; }

    /// <summary>Whether the server can be reached.</summary>
    public bool IsCut { get; set; }

    /// <summary>Bytes that were sent to the server over the connection of now.</summary>
    public long Sent => _wire?.Sent ?? 0;

    public async Task ConnectAsync(FileSystemOptions options)
    {
        Fs = await FileSystem.ConnectAsync(
            options,
            new FileSystemParts
            {
                Connector = this,
                Rpc = new RpcClientOptions
                {
                    HeartbeatInterval = TimeSpan.FromMinutes(10),
                    BackoffMin = TimeSpan.FromMilliseconds(1),
                    BackoffMax = TimeSpan.FromMilliseconds(20),
                },
                Objects = _ => world.Objects,
                DirtyMemory = new HeapDirtyMemory(1 << 16, 256),
                Log = NullLogger.Instance,
                Seed = 1,
            },
            World.Token);
        Fs.KernelCaches = this;
    }

    public ValueTask<IDuplexPipe> ConnectAsync(CancellationToken cancellationToken)
    {
        if (IsCut) throw new IOException("the test cut this host off");
        _wire = new CountingDuplex(world.Connect());
        return new(_wire);
    }

    /// <summary>The connection breaks, and there is no other until <see cref="IsCut"/> is false.</summary>
    public void Cut()
    {
        IsCut = true;
        _wire!.Break();
    }

    /// <summary>The kernel's pages, for tests that read through them.</summary>
    public FakePages Pages => _pages ??= new FakePages(this);

    public async ValueTask DropPagesAsync(InodeId inode, FileRange range)
    {
        if (_pages is { } pages) await pages.DropAsync(inode, range);
    }

    public async ValueTask DropAsync(InodeId inode, InodeParts parts, IReadOnlyList<ReadOnlyMemory<byte>> names)
    {
        _dropped.Enqueue((inode, parts, [.. names.Select(name => System.Text.Encoding.UTF8.GetString(name.Span))]));
        if (WhileDropping is { } during) await during(inode);
        if ((parts & InodeParts.Data) != 0) await DropPagesAsync(inode, new FileRange(0, long.MaxValue));
    }

    public async ValueTask DisposeAsync()
    {
        IsCut = false;
        await Fs.DisposeAsync();
    }

    private sealed class CountingDuplex(IDuplexPipe inner) : IDuplexPipe
    {
        private readonly CountingWriter _output = new(inner.Output);

        public PipeReader Input => inner.Input;

        public PipeWriter Output => _output;

        public long Sent => _output.Count;

        public void Break()
        {
            inner.Input.CancelPendingRead();
            inner.Input.Complete(new IOException("cut"));
            inner.Output.Complete(new IOException("cut"));
        }
    }

    private sealed class CountingWriter(PipeWriter inner) : PipeWriter
    {
        private long _count;

        public long Count => Volatile.Read(ref _count);

        public override void Advance(int bytes)
        {
            Interlocked.Add(ref _count, bytes);
            inner.Advance(bytes);
        }

        public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
            inner.FlushAsync(cancellationToken);
    }
}
