using FlexFs.Core;
using FlexFs.Metadata.Operations.Internal;
using FlexFs.Metadata.Records;
using FlexFs.MetadataService.Leases;
using FlexFs.MetadataService.Locks;
using FlexFs.MetadataService.Pipeline;
using FlexFs.MetadataService.Objects;
using FlexFs.MetadataService.Operators;
using FlexFs.MetadataService.Sessions;
using FlexFs.Protocol.Metadata;
using FlexFs.Protocol.Sessions;
using FlexFs.Rpc;
using FlexFs.Wire;
using Microsoft.Extensions.Logging;

namespace FlexFs.MetadataService.Volumes;

/// <summary>One open volume: its executor, its sessions and its upkeep.</summary>
/// <remarks>
/// 1. A session is served by one connection at a time, the one with the highest incarnation.
/// 2. Only a session that was silent for its whole term is expired, as measured while this server was up.
/// 3. Until every session that was there at the start has told what it has open, or is expired, no orphan is removed.
/// Everything runs on the volume's context, except where it says otherwise.
/// </remarks>
internal sealed class VolumeService : ISessionOwner
{
    private readonly VolumeSeat _seat;
    private readonly ServiceOptions _options;
    private readonly ILogger _log;
    private readonly VolumeExecutor _executor;
    private readonly VolumeCalls _calls;
    private readonly RequestPool _pool;
    private readonly VolumeLocks _locks;
    private readonly ObjectReaper? _reaper;
    private readonly BackgroundStep _removingSessions;
    private readonly BackgroundStep _removingOrphans;
    private readonly BackgroundStep _deletingObjects;
    private readonly SortedDictionary<SessionId, LiveSession> _sessions = [];
    private readonly LeaseKeeper _leases;
    private VolumeRecord _record;
    private bool _isInGrace = true;
    private Task<bool>? _closing;
    private long _idleSince;
    private int _sessionCount;
    private long _directoryVersion;

    private VolumeService(VolumeSeat seat)
    {
        _seat = seat;
        _options = seat.Options;
        _log = seat.Log;
        _executor = new VolumeExecutor(seat)
        {
            Stopped = OnStopped,
            Reopened = OnReopened,
        };
        _locks = new VolumeLocks(_options.Locks, _executor, seat.Clock, ClientOf);
        _executor.Operations = _locks;
        _executor.Slow.ClientOf = ClientOf;
        _calls = new VolumeCalls(_executor);
        _leases = new LeaseKeeper(seat, _executor, _sessions);
        Operators = new VolumeOperators(seat, _executor, _calls, _locks, _leases.Table, _sessions);
        _pool = new RequestPool(_options.QueuedRequestsMax * 2);
        _reaper = seat.Deleter is null ? null : new ObjectReaper(seat, seat.Deleter, _calls);
        _removingSessions = new BackgroundStep(_log, RemoveEndingAsync);
        _removingOrphans = new BackgroundStep(_log, RemoveOrphansAsync);
        _deletingObjects = new BackgroundStep(_log, () => _reaper!.StepAsync());
        _idleSince = seat.Clock.GetTimestamp();
    }

    /// <summary>The volume.</summary>
    public VolumeDescription Volume => _seat.Volume;

    /// <summary>What operators see of it.</summary>
    public VolumeOperators Operators { get; }

    /// <summary>Where its steps run.</summary>
    public SynchronizationContext Context => _seat.Context;

    /// <summary>Sessions, connected or not. Any thread.</summary>
    public int SessionCount => Volatile.Read(ref _sessionCount);

    /// <summary>Why it stopped by itself; null while it serves. Any thread.</summary>
    public string? StopReason => _executor.StopReason;

    /// <summary>Whether nobody has needed it for long, and nothing is left to do.</summary>
    public bool MayClose => _sessions.Count == 0 && !_isInGrace && !IsClosing && !IsInUpkeep && _executor.Waiting == 0
        && _reaper is not { HasCondemned: true }
        && _seat.Clock.GetElapsedTime(_idleSince) >= _options.IdleClose;

    /// <summary>Whether something that <see cref="Upkeep"/> began is under way. Any thread.</summary>
    public bool IsInUpkeep => _removingSessions.IsRunning || _removingOrphans.IsRunning || _deletingObjects.IsRunning;

    private bool IsClosing => _closing is not null;

    /// <summary>Opens the store, makes the volume in it at first use, and learns which sessions may come back.</summary>
    /// <exception cref="Metadata.Storage.StorageException">The store is damaged, open elsewhere or out of reach.</exception>
    /// <exception cref="IOException">The store is of another volume, or has no space.</exception>
    public static async Task<VolumeService> OpenAsync(VolumeSeat seat, CancellationToken cancellationToken)
    {
        var service = new VolumeService(seat);
        await service._executor.StartAsync(cancellationToken);
        try
        {
            await service.PrepareAsync();
            return service;
        }
        catch
        {
            await service._executor.CloseAsync();
            throw;
        }
    }

    /// <summary>Answers a hello whose token was found good.</summary>
    public async Task<RpcAcceptance> AcceptAsync(SessionHello hello, VolumeGrant grant)
    {
        if (StopReason is { } stopped)
        {
            return RpcAcceptance.No(Errno.EIO, $"volume {Volume.Name} stopped: {stopped}; see the metadata server's log");
        }

        if (IsClosing) return RpcAcceptance.No(Errno.EAGAIN, "the metadata server is stopping: connect again");
        _idleSince = _seat.Clock.GetTimestamp();
        var resumed = await ResumeAsync(hello, grant);
        if (resumed.Errno == Errno.OK) return Welcome(resumed.Session!, hello, isResumed: true);
        if (resumed.Errno == Errno.EROFS) return RpcAcceptance.No(Errno.EACCES, ReadsOnly);
        if (resumed.Errno != Errno.ESTALE) return RpcAcceptance.No(resumed.Errno, Explain(resumed.Errno));
        if (_sessions.Count >= _options.SessionsMax)
        {
            return RpcAcceptance.No(Errno.ENFILE, $"volume {Volume.Name} has {_sessions.Count} sessions: no more are taken");
        }

        var key = _seat.NewSessionKey();
        var client = LogText.Of(hello.ClientName);
        var isReadOnly = grant.IsReadOnly || hello.IsReadOnly;
        var usesLeases = (hello.Features & SessionFeatures.Leases) != 0;
        var began = await _calls.RunAsync(
            InternalOpcode.BeginSession,
            new BeginSessionRequest { Key = key, ClientName = client, IsReadOnly = isReadOnly, UsesLeases = usesLeases });
        if (began.Errno != Errno.OK) return RpcAcceptance.No(began.Errno, Explain(began.Errno));
        var session = new LiveSession(
            new SessionId(began.Mutation.Value), client, FirstIncarnation, hasReclaimed: true, _seat.Clock.GetTimestamp())
        {
            IsReadOnly = isReadOnly,
            Grant = grant.Id,
            UsesLeases = usesLeases,
        };
        Add(session);
        Log.SessionBegan(_log, session.Id, client);
        return Welcome(session, hello with { SessionKey = key, Incarnation = FirstIncarnation }, isResumed: false);
    }

    /// <summary>What is stored in it now; null when it cannot be told.</summary>
    public async Task<VolumeUsage?> UsageAsync()
    {
        if (IsClosing || StopReason is not null) return null;
        var asked = await _calls.RunAsync(InternalOpcode.GetUsage, new StatVolumeRequest { Inode = InodeId.Root });
        if (asked.Errno != Errno.OK) return null;
        var usage = asked.Read<StatVolumeReply>();
        return new VolumeUsage(Volume, (long)usage.UsedBytes, (long)usage.UsedInodes, _sessions.Count);
    }

    /// <summary>Ends a session now, as if its term were over: what it has open and locked is free, and its mount is told.</summary>
    /// <returns>ENOENT when there is none of this number; why its end could not be stored.</returns>
    public async Task<Errno> EvictAsync(SessionId id)
    {
        if (IsClosing || StopReason is not null) return Errno.EAGAIN;
        if (!_sessions.TryGetValue(id, out var session)) return Errno.ENOENT;
        Log.SessionEvicted(_log, id, session.Client);
        End(session, "an operator ended the session");
        return await RemoveAsync(session);
    }

    /// <summary>Ends who is silent, or keeps others waiting, and begins to remove what nobody can come back for. Awaits nothing.</summary>
    public void Upkeep()
    {
        if (IsClosing || StopReason is not null) return;
        EndOverdue();
        _leases.Table.ForgetParked();
        EndRevoked();
        _leases.EndGraceIfComplete();
        _locks.Upkeep();
        _executor.Slow.Upkeep();
        if (_sessions.Values.Any(session => session.IsEnding)) _removingSessions.Begin();
        if (_isInGrace && _sessions.Values.All(session => session.HasReclaimed)) _executor.SetAllOpensKnown(true);
        var isGraceOver = !_isInGrace || _sessions.Values.All(session => session.HasReclaimed);
        if (isGraceOver && (_isInGrace || _executor.Totals.OrphansLeft > 0)) _removingOrphans.Begin();
        if (!_isInGrace && _reaper is not null) _deletingObjects.Begin();
    }

    /// <summary>Answers what was asked so far, then closes connections and store. Sessions stay and may come back.</summary>
    public Task<bool> CloseAsync() => _closing ??= CloseOnceAsync();

    void ISessionOwner.ConnectionEnded(SessionConnection connection, string reason) =>
        Context.Post(_ => OnConnectionEnded(connection, reason), null);

    void ISessionOwner.EndSession(SessionConnection connection, FrameHeader request) =>
        Context.Post(_ => _ = EndSessionAsync(connection, request), null);

    void ISessionOwner.SessionReclaimed(LiveSession session)
    {
        Log.SessionReclaimed(_log, session.Id);
        _leases.EndGraceIfComplete();
        EndGraceOfLocks();
    }

    string ISessionOwner.ClientOf(SessionId session) => ClientOf(session);

    long ISessionOwner.Timestamp => _seat.Clock.GetTimestamp();

    long ISessionOwner.RequestBytesMax => _options.RequestBytesMax;

    bool ISessionOwner.IsInLeaseGrace => _leases.IsInGrace;

    void ISessionOwner.ConnectionOpened(SessionConnection connection) =>
        Context.Post(_ => _leases.SendAgain(connection), null);

    void ISessionOwner.Acknowledge(SessionConnection connection, FrameHeader request, AcknowledgeRecallsRequest recalls) =>
        Context.Post(_ => OnAcknowledged(connection, request, recalls), null);

    void ISessionOwner.Release(SessionConnection connection, FrameHeader request, ReleaseLeasesRequest leases) =>
        Context.Post(_ => OnReleased(connection, request, leases), null);

    void ISessionOwner.ReclaimLeases(LiveSession session, IReadOnlyList<HeldLease> leases)
    {
        if (_leases.IsInGrace) _leases.Table.Reclaim(session.Id, leases);
    }

    private async Task<bool> CloseOnceAsync()
    {
        await _executor.DrainAsync();
        foreach (var session in _sessions.Values) session.Connection?.CloseAfterReplies("the metadata server is stopping");
        await _executor.CloseAsync();
        _seat.Metrics.SessionsChanged(-_sessions.Count);
        _seat.Metrics.VolumesChanged(-1);
        Log.VolumeClosed(_log);
        return true;
    }

    private async Task PrepareAsync()
    {
        var created = await _calls.RunAsync(InternalOpcode.CreateVolume, new CreateVolumeRequest
        {
            Volume = Volume.Id,
            BlockSizeLog2 = Volume.BlockSizeLog2,
            RootMode = RootMode,
        });
        if (created.Errno == Errno.EINVAL)
        {
            throw new IOException($"the metadata database of volume {Volume.Name} ({Volume.Id}) holds another volume");
        }

        if (created.Errno != Errno.OK)
        {
            throw new IOException($"the metadata of volume {Volume.Name} cannot be made: {created.Errno}");
        }

        _record = (await _calls.RunAsync(InternalOpcode.GetVolume, default(GetVolumeRequest))).Read<VolumeRecord>();
        ulong after = 0;
        for (var isEnd = false; !isEnd;)
        {
            var listed = await _calls.RunAsync(
                InternalOpcode.ListSessions, new ListRequest { After = after, Limit = ListRequest.LimitMax });
            if (listed.Errno != Errno.OK)
            {
                throw new IOException($"the sessions of volume {Volume.Name} cannot be read: {listed.Errno}");
            }

            var page = listed.Read<SessionListReply>();
            foreach (var stored in page.Sessions)
            {
                Add(new LiveSession(stored.Session, LogText.Of(stored.ClientName), FirstIncarnation, hasReclaimed: false,
                    _seat.Clock.GetTimestamp())
                {
                    IsEnding = stored.IsEnding,
                    IsReadOnly = stored.IsReadOnly,
                    UsesLeases = stored.UsesLeases,
                });
                after = stored.Session.Value;
            }

            isEnd = page.IsEnd;
        }

        _executor.SetAllOpensKnown(_sessions.Count == 0);
        _leases.BeginGrace();
        if (_sessions.Count > 0) _locks.BeginGrace();
        Log.VolumeOpened(_log, _executor.Epoch, _sessions.Count);
    }

    // A right that was taken back ends what came by it; what it allows less, too. The session waits for its term, as after any end
    // of a connection.
    private void EndRevoked()
    {
        var version = _seat.Directory.Version;
        if (version == _directoryVersion) return;
        _directoryVersion = version;
        foreach (var session in _sessions.Values)
        {
            if (session.Connection is not { } connection) continue;
            var now = _seat.Directory.Look(Volume.Id, session.Grant);
            var reason = now.Volume is null ? now.Refusal : now.IsReadOnly && !session.IsReadOnly ? ReadsOnly : null;
            if (reason is null) continue;
            Log.Revoked(_log, session.Id, session.Client, reason);
            connection.Revoke(reason);
        }
    }

    private async Task<(Errno Errno, LiveSession? Session)> ResumeAsync(SessionHello hello, VolumeGrant grant)
    {
        if (hello.Session == SessionId.None) return (Errno.ESTALE, null);
        if (!_sessions.TryGetValue(hello.Session, out var session) || session.IsEnding) return (Errno.ESTALE, null);
        if (grant.IsReadOnly && !session.IsReadOnly) return (Errno.EROFS, null);
        var resumed = await _calls.RunAsync(InternalOpcode.ResumeSession, new ResumeSessionRequest
        {
            Session = hello.Session,
            Key = hello.SessionKey,
            Incarnation = hello.Incarnation,
        });
        if (resumed.Errno != Errno.OK) return (resumed.Errno, null);

        // Meanwhile it may have been expired, or a later connection of the same client was quicker.
        if (session.IsEnding) return (Errno.ESTALE, null);
        if (session.Incarnation > hello.Incarnation) return (Errno.EACCES, null);
        session.Incarnation = hello.Incarnation;
        session.Grant = grant.Id;
        session.Connection?.Supersede("a newer connection has taken the session over");
        Log.SessionResumed(_log, session.Id, session.Client, hello.Incarnation);
        return (Errno.OK, session);
    }

    private RpcAcceptance Welcome(LiveSession session, in SessionHello hello, bool isResumed)
    {
        var connection = new SessionConnection(this, _executor, _pool, session, hello.Incarnation);
        session.Connection = connection;
        var welcome = new SessionWelcome
        {
            Session = session.Id,
            SessionKey = hello.SessionKey,
            Volume = Volume.Id,
            Root = InodeId.Root,
            BlockSizeLog2 = _record.BlockSizeLog2,
            VolumeFeatures = _record.Features,
            ServerTime = Instant.Now(_seat.Clock),
            HeartbeatMilliseconds = (uint)_options.Heartbeat.TotalMilliseconds,
            SessionTermMilliseconds = (uint)_options.SessionTerm.TotalMilliseconds,
            MustReclaim = !session.HasReclaimed,
            Features = session.UsesLeases ? SessionFeatures.Leases : SessionFeatures.None,
            LeaseTermMilliseconds = (uint)_options.LeaseTerm.TotalMilliseconds,
        };
        return RpcAcceptance.Yes(connection, new RpcWelcome
        {
            Epoch = _executor.Epoch,
            Resumed = isResumed,
            Body = WireCodec.ToBytes(welcome),
        });
    }

    private void EndOverdue()
    {
        foreach (var (session, reason) in _leases.Overdue())
        {
            Log.SessionFenced(_log, session.Id, session.Client, reason);
            End(session, $"the session was ended: {reason}");
        }

        foreach (var session in _sessions.Values)
        {
            var silence = _seat.Clock.GetElapsedTime(session.SilentSince);
            if (session.IsEnding || silence < _options.SessionTerm) continue;
            if (session.Connection is null)
            {
                Log.SessionExpired(_log, session.Id, silence.TotalSeconds, session.Client);
                End(session, "the session is expired");
            }
            else if (!session.HasReclaimed)
            {
                // The others wait for it: locks, and what has no name any more, are nobody's before all have told what they have.
                Log.SessionUnreclaimed(_log, session.Id, silence.TotalSeconds, session.Client);
                End(session, "the session has not told in time what it has open");
            }
        }
    }

    private static void End(LiveSession session, string reason)
    {
        session.IsEnding = true;
        session.Connection?.Supersede(reason);
    }

    private async Task RemoveEndingAsync()
    {
        foreach (var session in _sessions.Values.ToArray())
        {
            if (IsClosing) return;
            if (session.IsEnding) await RemoveAsync(session);
        }
    }

    /// <summary>Removes a session and what only it had open, step by step; goes on at the next upkeep when a step fails.</summary>
    private async Task<Errno> RemoveAsync(LiveSession session)
    {
        session.IsEnding = true;
        while (true)
        {
            var step = await _calls.RunAsync(
                InternalOpcode.ExpireSession, new ExpireSessionRequest { Session = session.Id });
            if (step.Errno is not (Errno.OK or Errno.ESTALE))
            {
                Log.UpkeepFailed(_log, step.Errno);
                return step.Errno;
            }

            // From its first step on nothing of the session takes effect any more, so nobody need wait for it.
            _leases.Table.Drop(session.Id);
            if (step.Errno == Errno.OK && step.Mutation.Value != 0) continue;
            // The first step fenced it, so what it had locked is safe with others.
            _locks.SessionEnded(session.Id);
            if (_sessions.Remove(session.Id)) CountSessions(-1);
            _leases.EndGraceIfComplete();
            EndGraceOfLocks();
            _idleSince = _seat.Clock.GetTimestamp();
            return Errno.OK;
        }
    }

    private void EndGraceOfLocks()
    {
        if (_locks.IsInGrace && _sessions.Values.All(session => session.HasReclaimed)) _locks.EndGrace();
    }

    private async Task EndSessionAsync(SessionConnection connection, FrameHeader request)
    {
        var session = connection.Session;
        if (session.IsEnding || session.Connection != connection) return;
        if (await RemoveAsync(session) != Errno.OK) return;
        Log.SessionEnded(_log, session.Id, session.Client);
        connection.Answer(request, default(EmptyReply));
        connection.CloseAfterReplies("the session has ended");
    }

    private async Task RemoveOrphansAsync()
    {
        ulong removed = 0;
        for (ulong after = 0; !IsClosing;)
        {
            var step = await _calls.RunAsync(
                InternalOpcode.RemoveOrphans, new ListRequest { After = after, Limit = ListRequest.LimitMax });
            if (step.Errno != Errno.OK)
            {
                Log.UpkeepFailed(_log, step.Errno);
                return;
            }

            var pass = step.Read<RemoveOrphansReply>();
            removed += pass.Removed;
            after = pass.Next;
            if (!pass.IsEnd) continue;
            _isInGrace = false;
            break;
        }

        if (removed > 0) Log.OrphansRemoved(_log, removed);
    }

    private void OnConnectionEnded(SessionConnection connection, string reason)
    {
        var session = connection.Session;
        _leases.Table.Forget(connection);
        _locks.ConnectionEnded(connection);
        if (session.Connection != connection) return;
        session.Connection = null;
        session.SilentSince = _seat.Clock.GetTimestamp();
        if (!session.IsEnding) Log.SessionDisconnected(_log, session.Id, reason);
    }

    private void OnAcknowledged(SessionConnection connection, FrameHeader request, AcknowledgeRecallsRequest recalls)
    {
        if (connection.IsClosed) return;
        foreach (var recall in recalls.Recalls) _leases.Table.Acknowledge(connection.Session.Id, recall);
        connection.Answer(request, default(EmptyReply));
    }

    private void OnReleased(SessionConnection connection, FrameHeader request, ReleaseLeasesRequest leases)
    {
        if (connection.IsClosed) return;
        _leases.Table.Release(connection.Session.Id, leases.Inodes);
        connection.Answer(request, default(EmptyReply));
    }

    private void OnReopened(ulong epoch)
    {
        foreach (var session in _sessions.Values) session.Connection?.SetEpoch(epoch);
    }

    private void OnStopped(string reason)
    {
        if (IsClosing) return;
        foreach (var session in _sessions.Values) session.Connection?.Supersede($"volume {Volume.Name} stopped: {reason}");
    }

    private void Add(LiveSession session)
    {
        _sessions.Add(session.Id, session);
        if (session.UsesLeases) _leases.Table.Add(session.Id);
        CountSessions(1);
    }

    private string ClientOf(SessionId session) => _sessions.GetValueOrDefault(session)?.Client ?? "";

    private void CountSessions(int change)
    {
        Volatile.Write(ref _sessionCount, _sessionCount + change);
        _seat.Metrics.SessionsChanged(change);
    }

    private string Explain(Errno errno) => errno switch
    {
        Errno.EACCES => "the session is in use by a newer connection, or its key is wrong",
        Errno.ENOSPC => $"volume {Volume.Name}: no space left for metadata at the server",
        Errno.ECONNABORTED => $"volume {Volume.Name} stopped: {StopReason}",
        _ => $"volume {Volume.Name}: the session cannot begin ({errno})",
    };

    private const string ReadsOnly = "the token allows only reads now: mount again";
    private const ulong FirstIncarnation = 1;
    private const uint RootMode = 0x1ED; // rwxr-xr-x, as mkfs.ext4 makes it
}
