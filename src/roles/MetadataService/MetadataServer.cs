using System.IO.Pipelines;
using FlexFs.Core;
using FlexFs.Metadata;
using FlexFs.MetadataService.Objects;
using FlexFs.MetadataService.Operators;
using FlexFs.MetadataService.Pipeline;
using FlexFs.MetadataService.Sessions;
using FlexFs.MetadataService.Volumes;
using FlexFs.Rpc;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace FlexFs.MetadataService;

/// <summary>What a metadata server is made of. Everything that differs between an executable and a simulator is here.</summary>
public sealed record MetadataServerSetup
{
    /// <summary>Which volumes there are, and who may mount them.</summary>
    public required IVolumeDirectory Directory { get; init; }

    /// <summary>Opens their stores.</summary>
    public required IVolumeStores Stores { get; init; }

    /// <summary>Random keys of sessions: unguessable, except in a simulator.</summary>
    public required Func<UInt128> NewSessionKey { get; init; }

    /// <summary>Makes the context on which one volume runs; by default an actor on the thread pool.</summary>
    public Func<SynchronizationContext> NewContext { get; init; } = static () => new SerialContext();

    /// <summary>Deletes objects; null keeps what is condemned.</summary>
    public IObjectDeleter? Deleter { get; init; }

    /// <summary>Times and bounds.</summary>
    public ServiceOptions Options { get; init; } = new();

    /// <summary>Bounds of each volume's engine.</summary>
    public EngineOptions EngineOptions { get; init; } = new();

    /// <summary>Bounds of connections.</summary>
    public RpcServerOptions RpcOptions { get; init; } = new();

    /// <summary>Time.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Where lines go.</summary>
    public ILoggerFactory Logs { get; init; } = NullLoggerFactory.Instance;
}

/// <summary>What a volume is doing, for operators.</summary>
/// <param name="Volume">Which.</param>
/// <param name="Sessions">Sessions, connected or not.</param>
/// <param name="StopReason">Why it stopped by itself; null while it serves.</param>
public sealed record VolumeStatus(VolumeDescription Volume, int Sessions, string? StopReason);

/// <summary>What is stored in a volume.</summary>
/// <param name="Volume">Which.</param>
/// <param name="Bytes">Of all files, in units of 4 KiB.</param>
/// <param name="Inodes">Inodes in use.</param>
/// <param name="Sessions">Sessions, connected or not.</param>
public sealed record VolumeUsage(VolumeDescription Volume, long Bytes, long Inodes, int Sessions);

/// <summary>The metadata service: connections in, volumes behind it.</summary>
/// <remarks>Starts no thread and no timer: whoever runs it awaits <see cref="RunAsync"/> and one <see cref="ServeAsync"/> a connection.</remarks>
public sealed class MetadataServer : IDisposable
{
    private readonly MetadataServerSetup _setup;
    private readonly VolumeHost _host;
    private readonly SessionAcceptor _acceptor;

    /// <summary>Opens nothing yet.</summary>
    public MetadataServer(MetadataServerSetup setup)
    {
        ArgumentNullException.ThrowIfNull(setup);
        _setup = setup;
        _host = new VolumeHost(SeatOf);
        _acceptor = new SessionAcceptor(_host, setup.Directory, setup.Logs.CreateLogger("sessions"));
    }

    /// <summary>What it counts.</summary>
    public VolumeMetrics Metrics { get; } = new();

    /// <summary>The open volumes.</summary>
    public IReadOnlyList<VolumeStatus> Status =>
        [.. _host.Open.Select(v => new VolumeStatus(v.Volume, v.SessionCount, v.StopReason))];

    /// <summary>What is stored in the open volumes that serve. What was closed since is not among them: nothing changes in it.</summary>
    public async Task<IReadOnlyList<VolumeUsage>> UsageAsync()
    {
        List<VolumeUsage> all = [];
        foreach (var volume in _host.Open)
        {
            if (await volume.Context.RunAsync(volume.UsageAsync) is { } usage) all.Add(usage);
        }

        return all;
    }

    /// <summary>Whether something that the upkeep began is under way.</summary>
    internal bool IsInUpkeep => _host.Open.Any(volume => volume.IsInUpkeep);

    /// <summary>The sessions of the open volumes.</summary>
    public Task<Listing<SessionListing>> ListSessionsAsync(OperatorFilter filter) =>
        ListAsync(filter, (volume, narrowed) => volume.Operators.SessionsAsync(narrowed));

    /// <summary>Locks of the open volumes: of each those that are waited for, then those that are held.</summary>
    public Task<Listing<LockListing>> ListLocksAsync(OperatorFilter filter) =>
        ListAsync(filter, (volume, narrowed) => volume.Operators.LocksAsync(narrowed));

    /// <summary>Leases of the open volumes: of each who waits, what is being recalled, and what is held.</summary>
    public Task<Listing<LeaseListing>> ListLeasesAsync(OperatorFilter filter) =>
        ListAsync(filter, (volume, narrowed) => volume.Operators.LeasesAsync(narrowed));

    /// <summary>Ends a session now.</summary>
    /// <returns>ENOENT when the volume is not open or has no such session.</returns>
    public async Task<Errno> EvictAsync(VolumeId volume, SessionId session)
    {
        var open = _host.Open.FirstOrDefault(v => v.Volume.Id == volume);
        return open is null ? Errno.ENOENT : await open.Context.RunAsync(() => open.EvictAsync(session));
    }

    /// <summary>Opens a volume before its first client does, so that what is wrong with it shows at the start.</summary>
    /// <exception cref="Metadata.Storage.StorageException">Its store is damaged, open elsewhere or out of reach.</exception>
    /// <exception cref="IOException">Its store is of another volume, or has no space.</exception>
    public Task OpenAsync(VolumeDescription volume) => _host.OpenAsync(volume);

    /// <summary>Serves one connection until it ends; says why it did.</summary>
    public Task<RpcEnd> ServeAsync(IDuplexPipe transport, CancellationToken cancellationToken = default) =>
        new RpcServerConnection(transport, _acceptor, _setup.RpcOptions, _setup.Clock).RunAsync(cancellationToken);

    /// <summary>Upkeep of all volumes until it is cancelled: expiry, orphans, deletions, idle volumes.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(_setup.Options.Upkeep, _setup.Clock, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await _host.UpkeepAsync();
        }
    }

    /// <summary>Answers what was asked, commits it, closes connections and stores.</summary>
    public Task CloseAsync() => _host.CloseAsync();

    /// <inheritdoc/>
    public void Dispose() => Metrics.Dispose();

    private async Task<Listing<T>> ListAsync<T>(OperatorFilter filter, Func<VolumeService, OperatorFilter, Task<Listing<T>>> list)
    {
        ArgumentNullException.ThrowIfNull(filter);
        List<T> rows = [];
        var isCut = false;
        foreach (var volume in _host.Open)
        {
            if (filter.Volume is not null && volume.Volume.Name != filter.Volume) continue;

            // A full list still tells whether there is more.
            var left = filter with { Limit = filter.Limit - rows.Count };
            var found = await volume.Context.RunAsync(() => list(volume, left));
            rows.AddRange(found.Rows);
            isCut |= found.IsCut;
            if (isCut) break;
        }

        return new Listing<T>(rows, isCut);
    }

    private VolumeSeat SeatOf(VolumeDescription volume) => new()
    {
        Volume = volume,
        Options = _setup.Options,
        EngineOptions = _setup.EngineOptions,
        Directory = _setup.Directory,
        Stores = _setup.Stores,
        Context = _setup.NewContext(),
        Clock = _setup.Clock,
        NewSessionKey = _setup.NewSessionKey,
        Metrics = Metrics,
        Log = _setup.Logs.CreateLogger($"volume {volume.Name}"),
        Deleter = _setup.Deleter,
    };
}
