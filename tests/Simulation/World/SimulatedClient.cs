using FlexFs.Blocks;
using FlexFs.Blocks.Buffers;
using FlexFs.Blocks.Caching;
using FlexFs.Blocks.Format;
using FlexFs.Client;
using FlexFs.Client.Writing;
using FlexFs.Core;
using FlexFs.Objects;
using FlexFs.Rpc;
using FlexFs.Simulation.Runtime;

namespace FlexFs.Simulation.World;

/// <summary>One life of a mount: the real file system on a process that can be killed.</summary>
public sealed class SimulatedClient
{
    private readonly SimulatedWorld _world;
    private readonly bool _usesLeases;
    private SessionId _first;

    /// <summary>Not mounted yet.</summary>
    public SimulatedClient(SimulatedWorld world)
    {
        _world = world;
        Process = world.NewProcess("client");
        Kernel = new SimulatedKernel(world, this);
        _usesLeases = world.Options.Leases && (world.Options.Workload == "shared" || !world.Chance.OneIn(4));
        SkipsFsync = world.Options.Sabotage == Sabotage.ClientSkipsFsync;
    }

    /// <summary>Where it runs.</summary>
    public SimulatedProcess Process { get; }

    /// <summary>The file system, once it is mounted.</summary>
    public FileSystem Files { get; private set; } = null!;

    /// <summary>The kernel in front of it.</summary>
    public SimulatedKernel Kernel { get; }

    /// <summary>The session.</summary>
    public ulong SessionNumber => Files.Session.Session.Value;

    /// <summary>Told of each session that the server ended.</summary>
    public Action<ulong> SessionLost { get; set; } = static _ => { };

    /// <summary>Whether the server ended a session of this mount, and it went on with another.</summary>
    public bool HasLostSession => Files is not null && Files.Session.Session != _first;

    /// <summary>Whether it is mounted.</summary>
    public bool IsMounted => Files is not null;

    /// <summary>Whether it says that bytes are safe without doing anything for it.</summary>
    public bool SkipsFsync { get; }

    /// <summary>Mounts, however long it takes.</summary>
    public async Task MountAsync()
    {
        while (true)
        {
            try
            {
                Files = await FileSystem.ConnectAsync(
                    new FileSystemOptions
                    {
                        Volume = _world.Volume.Name,
                        Token = SimulatedServer.Token,
                        ClientName = Process.Name,
                        StoreRetryBudget = TimeSpan.FromSeconds(5),
                        ReadaheadBytesMax = _world.Chance.OneIn(2) ? 0 : 1 << 20,
                        IdleInodesMax = _world.Chance.Of([1, 4, 1000]),
                        UseLeases = _usesLeases,
                    },
                    new FileSystemParts
                    {
                        Connector = _world.Network.ConnectorOf(Process),
                        Rpc = new RpcClientOptions
                        {
                            Slots = _world.Chance.Of([1, 2, 8, 256]),
                            ReleaseSlots = _world.Chance.Of([2, 4, 32]),
                        },
                        Objects = _ => NewObjects(),
                        DirtyMemory = new HeapDirtyMemory(1 << 16, _world.Chance.Of([8, 12, 64])),
                        Time = Sabotages.ClockOf(_world, Process),
                        Log = _world.LogOf(Process.Name),
                        Seed = (int)(_world.Chance.Next() & 0x7FFFFFFF),
                    },
                    CancellationToken.None);
                _first = Files.Session.Session;
                Files.KernelCaches = Kernel;
                Files.OnFenced = _ => OnFenced();
                Sabotages.Apply(_world, Files);
                _world.Note($"{Process.Name} is mounted as {Files.Session.Session}");
                return;
            }
            catch (FileSystemConnectException e)
            {
                _world.Trace.Remark(_world.Now, $"{Process.Name}: cannot mount: {e.Message}");
                await Task.Delay(TimeSpan.FromMilliseconds(200), Process.Clock);
            }
        }
    }

    private void OnFenced()
    {
        Kernel.DropAll();
        SessionLost(SessionNumber);
    }

    // The real block layer, but for a reader that does not verify.
    private IVolumeObjects NewObjects()
    {
        var store = _world.Objects.Of(Process);
        var names = _world.Objects.Names;
        if (_world.Options.Sabotage == Sabotage.ReaderBelieves) return new BelievingObjects(store, names);
        var pool = new BufferPool(keptBytesMax: 1 << 20);
        var cache = new FrameCache(pool, budgetBytes: _world.Chance.Of([1 << 17, 1 << 20, 16 << 20]));
        var format = new ObjectFormat(
            _world.Volume.Id, _world.Chance.Of([CompressionKind.None, CompressionKind.Lz4, CompressionKind.Zstd]),
            _world.Chance.Between(Limits.FrameSizeLog2Min, Limits.FrameSizeLog2Max));
        var reader = new ObjectReader(store, names, _world.Volume.Id, pool, InlineWork.Instance);
        Process.Killed += () => Free(cache, pool);
        return new BlockObjects(
            new BlockSink(store, names, format, pool, InlineWork.Instance), new BlockSource(reader, cache, 1 << 20));
    }

    // As the system does with a process that died. What is being fetched into stays: the answer may still be written there.
    private static void Free(FrameCache cache, BufferPool pool)
    {
        try
        {
            cache.Dispose();
            pool.Dispose();
        }
        catch (InvariantException)
        {
            // The cache refuses to end while fetches are under way; a few frames are not given back.
        }
    }

    /// <summary>fsync(2), or what the sabotaged client does instead.</summary>
    public ValueTask<Errno> FsyncAsync(ulong handle) => SkipsFsync ? new(Errno.OK) : Files.FsyncAsync(handle);

    /// <summary>The flush of close(2), or what the sabotaged client does instead.</summary>
    public ValueTask<Errno> FlushAsync(ulong handle) => SkipsFsync ? new(Errno.OK) : Files.FlushAsync(handle);
}
