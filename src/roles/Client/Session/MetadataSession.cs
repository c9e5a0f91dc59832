using System.Collections.Immutable;
using FlexFs.Client.Inodes;
using FlexFs.Client.Locks;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;
using FlexFs.Protocol.Sessions;
using FlexFs.Rpc;
using FlexFs.Wire;
using Microsoft.Extensions.Logging;

namespace FlexFs.Client.Session;

/// <summary>This mount's session at the metadata server: its identity, and requests in it.</summary>
/// <remarks>
/// Requests survive reconnects and restarts of the server: the Rpc client repeats what is unanswered, and the server
/// answers a repeated
/// mutation with its first answer. Its lock guards identity and clock offset. The Rpc client calls the members of
/// <see cref="IRpcClientSession"/> one at a time from its own loop.
/// </remarks>
internal sealed class MetadataSession : IRpcClientSession, IRpcPushHandler, IAsyncDisposable
{
    /// <summary>Attempts to reach a server that was never reached before the mount gives up.</summary>
    private const int FirstAttemptsMax = 3;

    /// <summary>Refusals in a row after which programs are told: one alone may be a server that reads its settings anew.</summary>
    private const int RefusalsMax = 3;

    /// <summary>How long a clean end of the session is waited for.</summary>
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly FileSystemOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Func<ImmutableArray<OpenInode>> _openInodes;
    private readonly Action<SessionId> _onLost;
    private readonly Action<InodeId> _onWrittenElsewhere;
    private FileLocks? _locks;
    private RpcClient? _rpc;
    private SessionWelcome _welcome;
    private ulong _incarnation;
    private TimeSpan _serverAhead;
    private Instant _newest;
    private bool _isEnding;
    private bool _isDisposed;
    private int _refusals;
    private bool _isRefused;

    public MetadataSession(
        FileSystemOptions options, TimeProvider time, ILogger log, Func<ImmutableArray<OpenInode>> openInodes,
        Action<SessionId> onLost, Action<InodeId> onWrittenElsewhere)
    {
        _options = options;
        _time = time;
        _log = log;
        _openInodes = openInodes;
        _onLost = onLost;
        _onWrittenElsewhere = onWrittenElsewhere;
    }

    /// <summary>What the server said of the session and the volume.</summary>
    public SessionWelcome Welcome
    {
        get
        {
            lock (_gate) return _welcome;
        }
    }

    /// <summary>Connections of this session so far: kept where a successor of this process finds it.</summary>
    public ulong Incarnation
    {
        get
        {
            lock (_gate) return _incarnation;
        }
    }

    /// <summary>Which session of this client it is, from 1: the server may end one, and the client goes on with the next.</summary>
    public ulong Number => _rpc!.Sessions;

    /// <summary>
    /// Whether the server says again and again that this mount may not come in, since its token was revoked or replaced. What was
    /// sent before waits; who asks for more is told.
    /// </summary>
    public bool IsRefused => Volatile.Read(ref _isRefused);

    /// <summary>A timestamp: what was sent then, the server has heard.</summary>
    public long HeardAt => _rpc!.HeardAt;

    /// <summary>Told of each recall, by the connection's loop. Set once.</summary>
    public Action<RecallPush> OnRecall { get; set; } = static _ => { };

    /// <summary>What this session holds, for a server that has restarted. Set once.</summary>
    public Func<List<HeldLease>> Leases { get; set; } = static () => [];

    /// <inheritdoc/>
    public TimeSpan? HeartbeatWanted => Welcome.HeartbeatMilliseconds is var milliseconds and > 0
        ? TimeSpan.FromMilliseconds(milliseconds)
        : null;

    /// <summary>
    /// The server's time, by the offset that its last welcome told; always later than any change that the server has told of, so that what
    /// is written now is younger than what was seen before, however late the welcome was.
    /// </summary>
    public Instant Now
    {
        get
        {
            var now = Instant.Now(_time);
            lock (_gate) return Instant.Max(now.Plus(_serverAhead), new Instant(_newest.Nanoseconds + 1));
        }
    }

    /// <summary>What the session has locked. Set once, before it connects.</summary>
    public void Claims(FileLocks locks) => _locks = locks;

    /// <summary>The server told of a change at this time.</summary>
    public void Saw(Instant changedAt)
    {
        lock (_gate) _newest = Instant.Max(_newest, changedAt);
    }

    /// <summary>Begins the session.</summary>
    /// <exception cref="FileSystemConnectException">The server refused it or cannot be reached.</exception>
    public async ValueTask<SessionWelcome> ConnectAsync(
        IRpcConnector connector, RpcClientOptions options, Random chance, CancellationToken cancellationToken)
    {
        _rpc = new RpcClient(connector, this, this, options, _time, chance);
        try
        {
            await _rpc.ConnectAsync(cancellationToken);
        }
        catch (RpcException e)
        {
            throw new FileSystemConnectException(e.Errno, e.Message, e);
        }

        var welcome = Welcome;
        if (welcome.Session != SessionId.None) return welcome;
        throw new FileSystemConnectException(Errno.EPROTO, "the server's welcome cannot be read: is it of another version?");
    }

    /// <summary>A request and its answer.</summary>
    public ValueTask<Result<TReply>> CallAsync<TRequest, TReply>(
        Opcode opcode, in TRequest request, CancellationToken cancellationToken, RpcLane lane = RpcLane.Normal)
        where TRequest : IWireRecord<TRequest>
        where TReply : IWireRecord<TReply> =>
        _rpc!.CallAsync<TRequest, TReply>((ushort)opcode, request, lane, cancellationToken);

    /// <summary>A request that changes nothing, for a program: EACCES while the mount is refused, EINTR when it is cancelled.</summary>
    public async ValueTask<Result<TReply>> AskAsync<TRequest, TReply>(
        Opcode opcode, TRequest request, CancellationToken cancellationToken)
        where TRequest : IWireRecord<TRequest>
        where TReply : IWireRecord<TReply>
    {
        if (IsRefused) return Errno.EACCES;
        try
        {
            return await CallAsync<TRequest, TReply>(opcode, request, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return Errno.EINTR;
        }
    }

    /// <summary>A mutation and its answer. Never cancelled: its outcome must be known.</summary>
    public ValueTask<Result<MutationReply>> MutateAsync<TRequest>(
        Opcode opcode, in TRequest request, RpcLane lane = RpcLane.Normal)
        where TRequest : IWireRecord<TRequest> =>
        _rpc!.CallAsync<TRequest, MutationReply>((ushort)opcode, request, lane, CancellationToken.None);

    /// <summary>The same of something that may be done in one session only: EIO, and nothing is sent, in any other.</summary>
    public ValueTask<Result<MutationReply>> MutateAsync<TRequest>(Opcode opcode, in TRequest request, ulong session)
        where TRequest : IWireRecord<TRequest> =>
        _rpc!.CallAsync<TRequest, MutationReply>(session, (ushort)opcode, request, RpcLane.Normal, CancellationToken.None);

    /// <summary>Tells the server that the session ends, and disconnects.</summary>
    public async ValueTask EndAsync()
    {
        lock (_gate) _isEnding = true;

        // A server that is away, or goes away now, expires the session by itself: an unmount does not wait for it.
        if (!_rpc!.IsConnected) return;
        using var patience = new CancellationTokenSource(EndPatience, _time);
        try
        {
            _ = await CallAsync<EndSessionRequest, EmptyReply>(Opcode.EndSession, default, patience.Token);
        }
        catch (OperationCanceledException)
        {
            ClientLog.SessionLeft(_log, EndPatience);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _isEnding = true;
            if (_isDisposed) return;
            _isDisposed = true;
        }

        if (_rpc is not null) await _rpc.DisposeAsync();
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> MakeHello()
    {
        lock (_gate)
        {
            return WireCodec.ToBytes(new SessionHello
            {
                Volume = _options.Volume,
                Token = _options.Token,
                Session = _welcome.Session,
                SessionKey = _welcome.SessionKey,
                Incarnation = ++_incarnation,
                ClientName = _options.ClientName,
                ClientVersion = _options.ClientVersion,
                IsReadOnly = _options.IsReadOnly,
                Features = _options.UseLeases ? SessionFeatures.Leases : SessionFeatures.None,
            });
        }
    }

    /// <inheritdoc/>
    public void OnWelcome(in RpcWelcome welcome)
    {
        if (!WireCodec.TryRead<SessionWelcome>(welcome.Body, out var body, out var error))
        {
            ClientLog.BadWelcome(_log, error.ToString());
            return;
        }

        bool isFirst, isReplaced;
        lock (_gate)
        {
            isFirst = _welcome.Session == SessionId.None;
            isReplaced = !isFirst && _welcome.Session != body.Session;
            _welcome = body;
            _refusals = 0;
            Volatile.Write(ref _isRefused, false);
            _serverAhead = body.ServerTime.Since(Instant.Now(_time));
        }

        if (isFirst) return;
        if (!isReplaced) ClientLog.Reconnected(_log, body.Session, body.MustReclaim);
        if (body.MustReclaim || isReplaced) _ = ReclaimAsync(isReplaced);
    }

    /// <inheritdoc/>
    public RpcSessionLoss OnSessionLost()
    {
        SessionId lost;
        bool isEnding;
        lock (_gate) (lost, isEnding) = (_welcome.Session, _isEnding);
        ClientLog.SessionLost(_log, lost);
        _onLost(lost);
        return isEnding ? RpcSessionLoss.End : RpcSessionLoss.Continue;
    }

    /// <inheritdoc/>
    public bool OnFailure(in RpcFailure failure)
    {
        if (IsEnding) return false;
        if (failure.WasConnected)
        {
            if (CountRefusals(failure)) return true;
            ClientLog.CannotConnect(_log, failure.Attempt, failure.End.ToString());
            return true;
        }

        return failure.End.Kind != RpcEndKind.Refused && failure.Attempt < FirstAttemptsMax;
    }

    /// <inheritdoc/>
    public void OnDisconnected(RpcEnd end)
    {
        if (!IsEnding) ClientLog.Disconnected(_log, end.ToString());
    }

    /// <inheritdoc/>
    public void OnPush(in FrameHeader header, ReadOnlyMemory<byte> payload)
    {
        // What a newer server says besides is of things that this client did not ask for.
        if (header.Opcode != (ushort)PushCode.Recall) return;
        if (WireCodec.TryRead<RecallPush>(payload.ToArray(), out var recall, out var error)) OnRecall(recall);
        else ClientLog.BadRecall(_log, error.ToString());
    }

    private bool IsEnding
    {
        get
        {
            lock (_gate) return _isEnding;
        }
    }

    // True when it was said already, or is said now, that this is no use. The attempts go on, as the right may be given back.
    private bool CountRefusals(in RpcFailure failure)
    {
        lock (_gate)
        {
            _refusals = failure.Errno == Errno.EACCES ? _refusals + 1 : 0;
            if (_refusals < RefusalsMax) return false;
            if (_isRefused) return true;
            Volatile.Write(ref _isRefused, true);
        }

        ClientLog.Refused(_log, _options.Server, _options.Volume, failure.End.ToString());
        return true;
    }

    // What the session has open is known to its server again before anything that was removed meanwhile is swept away.
    private async Task ReclaimAsync(bool isNewSession)
    {
        var open = _openInodes();
        if (isNewSession)
        {
            foreach (var inode in open)
            {
                var opened = await CallAsync<OpenRequest, OpenReply>(
                    Opcode.Open, new OpenRequest { Inode = inode.Id, WantsWrite = inode.IsForWriting }, CancellationToken.None);
                if (opened.IsOk && opened.Value.IsWrittenElsewhere && inode.IsForWriting) _onWrittenElsewhere(inode.Id);
            }

            return;
        }

        // A reclaim is for one connection: another one may be to a server that has restarted again and knows nothing of the first parts.
        var incarnation = Incarnation;
        await ReclaimLocksAsync(incarnation);
        var at = 0;
        var told = 0;
        var leases = Leases();
        var creates = UnansweredCreates();
        do
        {
            var part = open.AsSpan(at, Math.Min(CloseRequest.InodesMax, open.Length - at)).ToArray();
            at += part.Length;
            var held = leases.GetRange(told, Math.Min(ReclaimRequest.LeasesMax, leases.Count - told));
            told += held.Count;
            var request = new ReclaimRequest
            {
                OpenInodes = [.. part.Select(inode => inode.Id)],
                WrittenInodes = [.. part.Where(inode => inode.IsForWriting).Select(inode => inode.Id)],
                Leases = [.. held],
                UnansweredCreates = creates,
                IsLast = at == open.Length && told == leases.Count,
            };
            if (Incarnation != incarnation) return;
            var reply = await CallAsync<ReclaimRequest, EmptyReply>(
                Opcode.Reclaim, request, CancellationToken.None, RpcLane.First);
            if (Incarnation != incarnation) return;
            if (!reply.IsOk) ClientLog.ReclaimFailed(_log, reply.Errno);
            creates = [];
        }
        while (at < open.Length || told < leases.Count);
    }

    // They may have taken effect at the server that is gone.
    private ImmutableArray<UnansweredRequest> UnansweredCreates() =>
    [
        .. _rpc!.UnansweredOf((ushort)Opcode.Create, (ushort)Opcode.CreateUnnamed)
            .Where(r => r.Opcode != (ushort)Opcode.Create || WireCodec.Read<CreateRequest>(r.Payload).Open)
            .Select(r => new UnansweredRequest { Slot = r.Slot, Number = r.Number }),
    ];

    // Before the last part of what is open: with that the server takes new requests of this session, and no more claims.
    private async Task ReclaimLocksAsync(ulong incarnation)
    {
        var locks = _locks?.All() ?? [];
        for (var at = 0; at < locks.Length; at += ReclaimLocksRequest.LocksMax)
        {
            var part = locks.AsSpan(at, Math.Min(ReclaimLocksRequest.LocksMax, locks.Length - at)).ToImmutableArray();
            if (Incarnation != incarnation) return;
            var reply = await CallAsync<ReclaimLocksRequest, ReclaimLocksReply>(
                Opcode.ReclaimLocks, new ReclaimLocksRequest { Locks = part }, CancellationToken.None, RpcLane.First);
            if (Incarnation != incarnation) return;
            if (!reply.IsOk) ClientLog.ReclaimLocksFailed(_log, reply.Errno);
            for (var i = 0; i < part.Length; i++)
            {
                if (!reply.IsOk || reply.Value.Lost.Contains((uint)i)) _locks!.Lost(part[i]);
            }
        }
    }
}
