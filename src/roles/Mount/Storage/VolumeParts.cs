using System.Net;
using FlexFs.Blocks;
using FlexFs.Blocks.Buffers;
using FlexFs.Blocks.Caching;
using FlexFs.Blocks.Format;
using FlexFs.Client;
using FlexFs.Client.Writing;
using FlexFs.Core;
using FlexFs.Hosting.CommandLine;
using FlexFs.Hosting.Net;
using FlexFs.Hosting.Tls;
using FlexFs.Objects;
using FlexFs.Objects.File;
using FlexFs.Protocol.Settings;
using FlexFs.Rpc.Transports;
using Microsoft.Extensions.Logging;

namespace FlexFs.Mount.Storage;

/// <summary>What a client of one volume is made of: the way to its metadata server, its object store, caches and dirty memory.</summary>
internal sealed class VolumeParts : IAsyncDisposable
{
    private const int StoreThreadsMax = 32;
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);
    private readonly VolumeSettings _volume;
    private readonly IDirtyMemory _dirty;
    private readonly IRescue _rescue;
    private readonly ILoggerFactory _logs;
    private readonly BlockingThreads _threads;
    private readonly BlockingThreads _codecThreads;
    private readonly IObjectStore _store;
    private readonly ObjectNames _names;
    private readonly BufferPool _pool;
    private readonly FrameCache _cache;
    private readonly BlockSink _sink;
    private readonly BlockSource _source;

    private VolumeParts(
        VolumeSettings volume, MountBudget budget, IDirtyMemory dirty, IRescue rescue, ILoggerFactory logs, BlockingThreads threads,
        IObjectStore store, ObjectNames names)
    {
        _volume = volume;
        _dirty = dirty;
        _rescue = rescue;
        _logs = logs;
        _threads = threads;
        _codecThreads = new BlockingThreads("codec", Environment.ProcessorCount);
        _store = store;
        _names = names;
        var id = new VolumeId(volume.Id);
        _pool = new BufferPool(keptBytesMax: 4L * volume.BlockSize);
        _cache = new FrameCache(_pool, budget.CacheBytes);
        _source = new BlockSource(
            new ObjectReader(store, names, id, _pool, _codecThreads), _cache, prefetchBytesMax: budget.CacheBytes / 4);
        _sink = new BlockSink(store, names, new ObjectFormat(id, CompressionOf(volume)), _pool, _codecThreads);
    }

    /// <summary>Opens the object store.</summary>
    /// <exception cref="CommandException">It cannot be used: why, in one line.</exception>
    internal static VolumeParts Open(
        VolumeSettings volume, MountBudget budget, IDirtyMemory dirty, IRescue rescue, ILoggerFactory logs)
    {
        var place = volume.BlockStore;
        if (place.Api != "file") throw new CommandException($"the block store {place} has an api that this build does not have: file");
        if (!Directory.Exists(place.Bucket))
        {
            throw new CommandException($"the folder {place.Bucket}, where the objects of {volume.Name} are, does not exist here");
        }

        var threads = new BlockingThreads("store", StoreThreadsMax);
        var store = new RetryingObjectStore(
            new FileObjectStore(place.Bucket, threads, TimeProvider.System), new RetryOptions(), TimeProvider.System, new Random());
        return new VolumeParts(volume, budget, dirty, rescue, logs, threads, store, new ObjectNames(place.Prefix));
    }

    /// <summary>Checks that the store's prefix is this volume's. The metadata server claimed it when it made the volume.</summary>
    /// <remarks>A mount never claims: an empty folder is one where the store's disk is not mounted.</remarks>
    /// <exception cref="CommandException">It is not: why, in one line.</exception>
    internal async ValueTask CheckOwnerAsync(CancellationToken cancel)
    {
        var place = _volume.BlockStore;
        try
        {
            var check = await OwnerMarker.CheckAsync(_store, _names, new VolumeId(_volume.Id), mayClaim: false, cancel);
            if (Refusal(check, place) is { } refusal) throw new CommandException(refusal);
        }
        catch (ObjectStoreException e)
        {
            throw new CommandException($"the block store {place} cannot be used: {e.Message}", cause: e);
        }
    }

    /// <summary>For one client.</summary>
    internal FileSystemParts ForClient()
    {
        if (!HostPort.TryParse(_volume.MetaAddr, out var meta))
        {
            throw new CommandException($"the volume {_volume.Name} names the metadata server {_volume.MetaAddr}: {HostPort.Rule}");
        }

        var tls = _volume.MetaSsl ? ServerTrust.FromSetting(_volume.MetaFingerprint).ClientOptions(meta.Host) : null;
        EndPoint endPoint = meta.TryToEndPoint(out var address) ? address : new DnsEndPoint(meta.Host, meta.Port);
        return new FileSystemParts
        {
            Connector = new SocketRpcConnector(endPoint, tls, ConnectTimeout, TimeProvider.System),
            Objects = _ => new BlockObjects(_sink, _source),
            DirtyMemory = _dirty,
            Rescue = _rescue,
            Log = _logs.CreateLogger("client"),
        };
    }

    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        _cache.Dispose();
        await _store.DisposeAsync();
        _threads.Dispose();
        _codecThreads.Dispose();
        _pool.Dispose();
    }

    private static CompressionKind CompressionOf(VolumeSettings volume) =>
        Enum.TryParse<CompressionKind>(volume.Compression, ignoreCase: true, out var kind)
            ? kind
            : throw new CommandException(
                $"the volume {volume.Name} is compressed with {volume.Compression}, which this build does not have");

    private static string? Refusal(OwnerCheck check, BlockStoreSettings place) => check.Outcome switch
    {
        OwnerOutcome.Claimed or OwnerOutcome.Ours => null,
        OwnerOutcome.Foreign => $"the block store {place} belongs to the volume {check.Owner}: give this one a prefix of its own",
        OwnerOutcome.OutOfSpace => $"the block store {place} has no space",
        OwnerOutcome.Missing => $"the block store {place} has lost its owner marker: is the right disk mounted there?",
        _ => $"the block store {place} has something else where its owner marker should be",
    };
}
