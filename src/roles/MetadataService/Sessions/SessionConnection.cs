using FlexFs.Core;
using FlexFs.Metadata;
using FlexFs.MetadataService.Pipeline;
using FlexFs.Protocol.Metadata;
using FlexFs.Rpc;
using FlexFs.Wire;

namespace FlexFs.MetadataService.Sessions;

/// <summary>One connection of a session: requests in, replies out.</summary>
/// <remarks>
/// 1. Until the session has told what it has open, its other requests wait here; and until all have told which leases they have.
/// 2. After <see cref="Supersede"/> or the end of the connection nothing of it is executed that had not begun.
/// Requests come from the connection's loop, replies from the volume's context; what both touch is guarded by the gate.
/// </remarks>
internal sealed class SessionConnection : IRpcRequestHandler, IReplySink
{
    private readonly Lock _gate = new();
    private readonly Queue<ServiceRequest> _untilReclaimed = new();
    private readonly ISessionOwner _owner;
    private readonly VolumeExecutor _executor;
    private readonly RequestPool _pool;
    private RpcServerConnection? _connection;
    private bool _mustReclaim;
    private bool _isInGrace;
    private bool _isCorked;
    private long _keptBytes;
    private volatile bool _isClosed;

    public SessionConnection(
        ISessionOwner owner, VolumeExecutor executor, RequestPool pool, LiveSession session, ulong incarnation)
    {
        _owner = owner;
        _executor = executor;
        _pool = pool;
        Session = session;
        Incarnation = incarnation;
        _mustReclaim = !session.HasReclaimed;
        _isInGrace = owner.IsInLeaseGrace;
    }

    /// <summary>Whose it is.</summary>
    public LiveSession Session { get; }

    /// <summary>Counts the connections of the session.</summary>
    public ulong Incarnation { get; }

    /// <inheritdoc/>
    public bool IsClosed => _isClosed;

    /// <inheritdoc/>
    public void OnOpened(RpcServerConnection connection)
    {
        _connection = connection;
        if (_isClosed) connection.End("a newer connection has taken the session over");
        else _owner.ConnectionOpened(this);
    }

    /// <inheritdoc/>
    public void OnRequest(RpcServerConnection connection, in FrameHeader header, ReadOnlyMemory<byte> payload)
    {
        var opcode = (Opcode)header.Opcode;
        if ((FrameFlags.OneWay & header.Flags) != 0 || header.Opcode >= RequestClasses.FirstInternalOpcode)
        {
            // Internal requests are the service's own; and what changes nothing and is not answered need not run.
            connection.Reply(header, Errno.ENOSYS);
            return;
        }

        if (opcode == Opcode.EndSession)
        {
            if (WireCodec.TryRead<EndSessionRequest>(payload, out _, out _)) _owner.EndSession(this, header);
            else connection.Reply(header, Errno.EPROTO);
            return;
        }

        if (opcode == Opcode.AcknowledgeRecalls)
        {
            if (WireCodec.TryRead<AcknowledgeRecallsRequest>(payload, out var recalls, out _)) _owner.Acknowledge(this, header, recalls);
            else connection.Reply(header, Errno.EPROTO);
            return;
        }

        if (opcode == Opcode.ReleaseLeases)
        {
            if (WireCodec.TryRead<ReleaseLeasesRequest>(payload, out var leases, out _)) _owner.Release(this, header, leases);
            else connection.Reply(header, Errno.EPROTO);
            return;
        }

        var request = _pool.Rent();
        request.Header = header;
        request.Sink = this;
        request.Lane = Session.Lane;
        request.Class = RequestClasses.Of(opcode);
        if (Interlocked.Add(ref _keptBytes, payload.Length) > _owner.RequestBytesMax)
        {
            GiveBack(request, payload.Length);
            connection.End("more bytes of requests are waiting than a session may have");
            return;
        }

        request.Engine = new EngineRequest(
            opcode, Session.Id, Incarnation, header.Slot, header.Number, request.Keep(payload.Span));
        if (opcode is not (Opcode.Reclaim or Opcode.ReclaimLocks) && MustWait(request)) return;
        if (_executor.TryEnqueue(request)) return;
        GiveBack(request);
        connection.End("more requests are waiting than the session's window has");
    }

    /// <inheritdoc/>
    public void OnClosed(RpcServerConnection connection, RpcEnd end)
    {
        _isClosed = true;
        _owner.ConnectionEnded(this, end.ToString());
    }

    /// <summary>A newer connection or the end of the session takes its place.</summary>
    public void Supersede(string reason)
    {
        _isClosed = true;
        _connection?.End(reason);
    }

    /// <summary>Its right was taken back: nothing more is executed or answered.</summary>
    public void Revoke(string reason) => _connection?.End(reason);

    /// <summary>Ends it when what was answered has left.</summary>
    public void CloseAfterReplies(string reason) => _connection?.Close(reason);

    /// <summary>Replies from now on carry the epoch of the store as it was opened again.</summary>
    public void SetEpoch(ulong epoch)
    {
        if (_connection is { } connection) connection.Epoch = epoch;
    }

    /// <inheritdoc/>
    public bool SendsToWait(ServiceRequest request) => SendsToWait(request.Header, blocking: false, WhyOf(request));

    /// <summary>
    /// A request that had no effect would have to wait for another session: it gives its slot back and comes again where it may wait.
    /// </summary>
    /// <returns>False when it is there already: it is held until it can be answered.</returns>
    public bool SendsToWait(in FrameHeader header, bool blocking, in HeldBack why)
    {
        if (RpcProtocol.MayWait(header.Slot)) return false;
        _connection?.Queue(header, blocking, WireCodec.ToBytes(why));
        return true;
    }

    private HeldBack WhyOf(ServiceRequest request)
    {
        if (request.Wait is not { } wait) return default;
        var recall = wait.Recalls.FirstOrDefault(recall => !recall.IsDone);
        var session = recall?.Session ?? wait.Behind;
        return new HeldBack
        {
            By = recall is null ? HeldBackBy.Turn : HeldBackBy.Recall,
            Session = session,
            Client = recall?.Client ?? _owner.ClientOf(session),
        };
    }

    /// <summary>A timestamp: when the client was heard last. On the volume's context.</summary>
    public long LastReceived => _connection?.LastReceived ?? Session.SilentSince;

    /// <summary>Tells the client that something is recalled.</summary>
    public void Push(in RecallPush recall) => _connection?.Push((ushort)PushCode.Recall, recall);

    /// <summary>All sessions have told which leases they have.</summary>
    public void GraceEnded()
    {
        lock (_gate)
        {
            _isInGrace = false;
            LetGo();
        }
    }

    /// <summary>Answers a request that the owner took over.</summary>
    public void Answer<T>(in FrameHeader header, in T reply)
        where T : IWireRecord<T> => _connection?.Reply(header, reply);

    /// <inheritdoc/>
    public void Reply(ServiceRequest request, Errno errno, ReadOnlySpan<byte> body)
    {
        if (_connection is { } connection)
        {
            if (!_isCorked) connection.Cork();
            _isCorked = true;
            connection.Reply(request.Header, errno, body);
        }

        if (request.Engine.Opcode == Opcode.Reclaim && errno == Errno.OK) Reclaimed(request);
        GiveBack(request);
    }

    /// <inheritdoc/>
    public void Drop(ServiceRequest request) => GiveBack(request);

    /// <inheritdoc/>
    public void Flush()
    {
        if (!_isCorked) return;
        _isCorked = false;
        _connection!.Uncork();
    }

    private bool MustWait(ServiceRequest request)
    {
        lock (_gate)
        {
            if (!_mustReclaim && !_isInGrace) return false;
            request.HeldSince = _owner.Timestamp;
            _untilReclaimed.Enqueue(request);
            return true;
        }
    }

    private void Reclaimed(ServiceRequest reclaim)
    {
        var told = WireCodec.Read<ReclaimRequest>(reclaim.Engine.Payload);
        if (_isClosed) return;
        if (!told.Leases.IsDefaultOrEmpty) _owner.ReclaimLeases(Session, told.Leases);
        if (!told.IsLast) return;
        Session.HasReclaimed = true;
        lock (_gate)
        {
            _mustReclaim = false;
            LetGo();
        }

        _owner.SessionReclaimed(Session);
    }

    private void GiveBack(ServiceRequest request) => GiveBack(request, request.Engine.Payload.Length);

    private void GiveBack(ServiceRequest request, int bytes)
    {
        Interlocked.Add(ref _keptBytes, -bytes);
        _pool.Return(request);
    }

    private void LetGo()
    {
        if (_mustReclaim || _isInGrace) return;
        while (_untilReclaimed.TryDequeue(out var request))
        {
            // The window bounds both queues, so there is room.
            if (!_executor.TryEnqueue(request)) GiveBack(request);
        }
    }
}

/// <summary>What a connection tells the owner of its session. Any thread.</summary>
internal interface ISessionOwner
{
    /// <summary>A timestamp of the volume's clock.</summary>
    long Timestamp { get; }

    /// <summary>Bytes of one connection's requests that may be unanswered.</summary>
    long RequestBytesMax { get; }

    /// <summary>Whether requests wait because other sessions have not told their leases yet. On the volume's context.</summary>
    bool IsInLeaseGrace { get; }

    /// <summary>Host, mount point and process of a session's client. On the volume's context.</summary>
    string ClientOf(SessionId session);

    /// <summary>The connection is open: what the last one may have lost is pushed again.</summary>
    void ConnectionOpened(SessionConnection connection);

    /// <summary>Recalls were carried out; to be answered.</summary>
    void Acknowledge(SessionConnection connection, FrameHeader request, AcknowledgeRecallsRequest recalls);

    /// <summary>Leases are given back; to be answered.</summary>
    void Release(SessionConnection connection, FrameHeader request, ReleaseLeasesRequest leases);

    /// <summary>A session told leases that it held before the server restarted. On the volume's context.</summary>
    void ReclaimLeases(LiveSession session, IReadOnlyList<HeldLease> leases);

    /// <summary>The connection is gone.</summary>
    void ConnectionEnded(SessionConnection connection, string reason);

    /// <summary>The client wants its session to end; to be answered.</summary>
    void EndSession(SessionConnection connection, FrameHeader request);

    /// <summary>The session has told all that it has open. On the volume's context.</summary>
    void SessionReclaimed(LiveSession session);
}
