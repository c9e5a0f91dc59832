using System.IO.Pipelines;
using FlexFs.Core;
using FlexFs.Wire;

namespace FlexFs.Rpc;

/// <summary>A session at a server: requests are sent, repeated after a lost connection, and answered once.</summary>
/// <remarks>
/// What holds:
///   1. a request keeps its slot, number and bytes until it is answered or the session is lost, across any number of
///      connections; it is never sent under another session;
///   2. after a reconnect what is unanswered is sent again in its first order, before anything new; but for the first lane, whose calls
///      end in EIO with their connection;
///   3. a call is completed once: by its reply, by its cancellation, or with EIO by the end of the session;
///   4. nothing is believed from an older epoch than the newest that was seen.
/// The lock guards the window, the state and the order of what is appended to the connection. Time comes from a
/// <see cref="TimeProvider"/> and chance from a given source, so a run on one synchronization context repeats exactly.
/// </remarks>
public sealed class RpcClient : IAsyncDisposable
{
    private const ulong AnySession = 0;
    private readonly Lock _gate = new();
    private readonly IRpcConnector _connector;
    private readonly IRpcClientSession _session;
    private readonly IRpcPushHandler _pushes;
    private readonly RpcClientOptions _options;
    private readonly TimeProvider _time;
    private readonly Random _chance;
    private readonly RequestWindow _window;
    private readonly CancellationTokenSource _stopping = new();
    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private RpcClientConnection? _open;
    private RpcConnection? _current;
    private Task? _running;
    private bool _hadSession;
    private bool _isEnded;
    private ulong _epoch;
    private long _connections;
    private long _heardAt;
    private ulong _sessions = 1;
    private long _ignored;
    private long _down;
    private long _downSince;

    /// <summary>Makes a client that does nothing until <see cref="ConnectAsync"/>.</summary>
    /// <param name="connector">How the server is reached.</param>
    /// <param name="session">Who this is.</param>
    /// <param name="pushes">Who is told what comes unasked.</param>
    /// <param name="options">Bounds.</param>
    /// <param name="time">For heartbeats, deadlines and pauses.</param>
    /// <param name="chance">For the jitter of pauses; used by this client's loop alone.</param>
    public RpcClient(
        IRpcConnector connector, IRpcClientSession session, IRpcPushHandler pushes, RpcClientOptions options,
        TimeProvider time, Random chance)
    {
        _connector = connector;
        _session = session;
        _pushes = pushes;
        _options = options;
        _time = time;
        _chance = chance;
        _window = new RequestWindow(options);
        _downSince = time.GetTimestamp();
    }

    /// <summary>Requests that were sent, or will be on the next connection, and are not answered.</summary>
    public int Unanswered
    {
        get
        {
            lock (_gate) return _window.Unanswered;
        }
    }

    /// <summary>Requests of some operations that were sent, or will be on the next connection, and are not answered.</summary>
    public List<RpcUnanswered> UnansweredOf(params ReadOnlySpan<ushort> opcodes)
    {
        var slots = new List<int>();
        var found = new List<RpcUnanswered>();
        lock (_gate)
        {
            _window.CopyUnanswered(slots);
            foreach (var slot in slots)
            {
                var header = _window.HeaderOf(slot);
                if (!opcodes.Contains(header.Opcode)) continue;
                found.Add(new RpcUnanswered(
                    header.Opcode, header.Slot, header.Number, _window.FrameOf(slot)[FrameHeader.Bytes..].ToArray()));
            }
        }

        return found;
    }

    /// <summary>Calls that wait for a slot.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate) return _window.Waiting;
        }
    }

    /// <summary>The newest epoch seen.</summary>
    public ulong Epoch => Volatile.Read(ref _epoch);

    /// <summary>Connections that led to a session so far.</summary>
    public long Connections => Volatile.Read(ref _connections);

    /// <summary>Sessions so far, the one that is to come or is there included: 1 until the first is lost.</summary>
    public ulong Sessions => Volatile.Read(ref _sessions);

    /// <summary>Replies to requests that had been answered before.</summary>
    public long IgnoredReplies => Volatile.Read(ref _ignored);

    /// <summary>
    /// A timestamp of the <see cref="TimeProvider"/>: what was sent then, the server has heard. It grows every heartbeat or so.
    /// </summary>
    public long HeardAt
    {
        get => Volatile.Read(ref _heardAt);
        internal set => Volatile.Write(ref _heardAt, value);
    }

    /// <summary>Whether there is a connection with a session just now.</summary>
    public bool IsConnected => Volatile.Read(ref _open) is not null;

    /// <summary>Connects, and stays connected until disposed. Called once; calls may be made before.</summary>
    /// <exception cref="RpcException">The session's <see cref="IRpcClientSession.OnFailure"/> said that it is no use.</exception>
    /// <exception cref="OperationCanceledException">The client goes on trying nevertheless, until it is disposed.</exception>
    public Task ConnectAsync(CancellationToken cancellationToken = default)
    {
        Check.That(_running is null);
        _running = RunAsync();
        return _connected.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Asks with a record and is answered with one.</summary>
    /// <returns>
    /// The reply, or its errno; EIO when the session ended, EAGAIN when too many wait for a slot, E2BIG when the request
    /// exceeds a frame, EPROTO when the reply is not a <typeparamref name="TReply"/>.
    /// </returns>
    public ValueTask<Result<TReply>> CallAsync<TRequest, TReply>(
        ushort opcode, in TRequest request, RpcLane lane = RpcLane.Normal, CancellationToken cancellationToken = default)
        where TRequest : IWireRecord<TRequest>
        where TReply : IWireRecord<TReply> =>
        CallAsync<TRequest, TReply>(AnySession, opcode, request, lane, cancellationToken);

    /// <summary>The same of what may be sent in one session only; in any other it is answered EIO.</summary>
    /// <param name="session">Of <see cref="Sessions"/>.</param>
    /// <param name="opcode">The operation.</param>
    /// <param name="request">Encoded before this returns.</param>
    /// <param name="lane">Its lane.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask<Result<TReply>> CallAsync<TRequest, TReply>(
        ulong session, ushort opcode, in TRequest request, RpcLane lane, CancellationToken cancellationToken)
        where TRequest : IWireRecord<TRequest>
        where TReply : IWireRecord<TReply>
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<Result<TReply>>(cancellationToken);
        }

        var call = RecordCall<TReply>.Rent();
        Begin(call, session, opcode, request, lane, cancellationToken);
        return call.Task;
    }

    /// <summary>Asks with a record and is answered with bytes. Errnos as of the other overload.</summary>
    public ValueTask<RpcReply> CallAsync<TRequest>(
        ushort opcode, in TRequest request, RpcLane lane = RpcLane.Normal, CancellationToken cancellationToken = default)
        where TRequest : IWireRecord<TRequest>
    {
        if (cancellationToken.IsCancellationRequested) return ValueTask.FromCanceled<RpcReply>(cancellationToken);
        var call = RawCall.Rent();
        Begin(call, AnySession, opcode, request, lane, cancellationToken);
        return call.Task;
    }

    /// <summary>Asks with bytes and is answered with bytes. Errnos as of the other overload.</summary>
    public ValueTask<RpcReply> CallAsync(
        ushort opcode, ReadOnlySpan<byte> request, RpcLane lane = RpcLane.Normal,
        CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested) return ValueTask.FromCanceled<RpcReply>(cancellationToken);
        var call = RawCall.Rent();
        var frameBytes = FrameHeader.Bytes + (long)request.Length;
        if (frameBytes > _options.FrameBytesMax)
        {
            call.Complete(Errno.E2BIG, default);
            return call.Task;
        }

        call.Frame = FrameBuffer.Fit(call.Frame, (int)frameBytes);
        request.CopyTo(call.Frame.AsSpan(FrameHeader.Bytes));
        Begin(call, AnySession, opcode, (int)frameBytes, lane, cancellationToken);
        return call.Task;
    }

    /// <summary>Tells the server something, once, if there is a connection; it is not repeated.</summary>
    /// <returns>False when there is no connection, or so much waits to be sent that this would have to wait, too.</returns>
    public bool Tell<TRequest>(ushort opcode, in TRequest request, RpcLane lane = RpcLane.Normal)
        where TRequest : IWireRecord<TRequest>
    {
        var flags = FrameFlags.OneWay | (lane.IsUrgent() ? FrameFlags.Release : FrameFlags.None);
        return Volatile.Read(ref _open) is { } open
            && open.Frames.OutputBytes <= _options.WindowBytesMax
            && FrameHeader.Bytes + request.EncodedBytes <= _options.FrameBytesMax
            && open.Frames.Send(new FrameHeader { Kind = FrameKind.Request, Flags = flags, Opcode = opcode }, request, lane);
    }

    /// <summary>Gives up the connection; the client makes another and repeats what is unanswered.</summary>
    public void Reconnect(string reason) => Volatile.Read(ref _current)?.End(new RpcEnd(RpcEndKind.Closed, reason));

    /// <summary>Ends the connection and answers EIO to whoever waits.</summary>
    public async ValueTask DisposeAsync()
    {
#pragma warning disable VSTHRD103 // CancelAsync would leave the caller's context for the thread pool
        _stopping.Cancel();
#pragma warning restore VSTHRD103
        Reconnect("the client was disposed");
        if (_running is not null) await _running;
        EndSession();
        _stopping.Dispose();
    }

    /// <summary>Whether an epoch is not older than any that was seen.</summary>
    internal bool IsOfNewestEpoch(ulong epoch)
    {
        if (epoch < _epoch) return false;
        if (epoch > _epoch) Volatile.Write(ref _epoch, epoch);
        return true;
    }

    /// <summary>How often the server wants to hear this client.</summary>
    internal TimeSpan? HeartbeatWanted => _session.HeartbeatWanted;

    /// <summary>The server said yes.</summary>
    internal RpcEnd? OnWelcome(RpcClientConnection connection, in RpcWelcome welcome)
    {
        if (_hadSession && !welcome.Resumed)
        {
            // The owner puts away what was of the session before anybody learns that it ended.
            var calls = new List<RpcCall>();
            lock (_gate)
            {
                Volatile.Write(ref _sessions, _sessions + 1);
                _window.Clear(calls);
            }

            var next = _session.OnSessionLost();
            foreach (var call in calls) call.Complete(Errno.EIO, default);
            if (next == RpcSessionLoss.End)
            {
                EndSession();
                return new RpcEnd(RpcEndKind.Refused, "the server does not know the session any more");
            }
        }

        DropFirst();
        _hadSession = true;
        Volatile.Write(ref _connections, _connections + 1);
        _session.OnWelcome(welcome);
        var slots = new List<int>();
        var wake = false;
        lock (_gate)
        {
            _window.Narrow(welcome.Slots);
            _window.CopyUnanswered(slots);
            foreach (var slot in slots)
            {
                wake |= connection.Frames.Append(_window.FrameOf(slot), RequestWindow.LaneOfSlot(slot));
            }

            _down = DownUntil(_time.GetTimestamp());
            Volatile.Write(ref _open, connection);
        }

        if (wake) connection.Frames.WakeWriter(inline: false);
        _connected.TrySetResult();
        return null;
    }

    // Of the first lane nothing is sent again: the owner says it anew, to the server that is there now.
    private void DropFirst()
    {
        var calls = new List<RpcCall>();
        lock (_gate) _window.ClearFirst(calls);
        foreach (var call in calls) call.Complete(Errno.EIO, default);
    }

    /// <summary>A request was answered.</summary>
    internal void OnReply(RpcClientConnection connection, in FrameHeader header, ReadOnlyMemory<byte> payload)
    {
        RpcCall? call;
        bool wake;
        RpcSlowCall? slow = null;
        lock (_gate)
        {
            if (!_window.TryAnswer(header, out call, out var frame))
            {
                _ignored++;
                return;
            }

            if (_options.OnSlow is not null && call is not null) slow = LookAt(call, header.Opcode, frame);
            wake = Advance(connection.Frames, RequestWindow.LaneOfSlot((int)header.Slot));
        }

        if (wake) connection.Frames.WakeWriter(inline: false);
        if (slow is { } late) _options.OnSlow!(late);
        call?.Complete(header.Errno, payload);
    }

    /// <summary>A request would have to wait for another session: it goes on in a lane of those that do.</summary>
    internal void OnQueued(RpcClientConnection connection, in FrameHeader header, ReadOnlyMemory<byte> why)
    {
        RpcCall? call;
        bool wake;
        Errno errno;
        lock (_gate)
        {
            errno = _window.Move(header, _options.OnSlow is null ? default : why.Span, out call, out var slot);
            if (errno == Errno.ENOENT)
            {
                _ignored++;
                return;
            }

            wake = Advance(connection.Frames, RequestWindow.LaneOfSlot((int)header.Slot));
            if (slot >= 0) wake |= connection.Frames.Append(_window.FrameOf(slot), RequestWindow.LaneOfSlot(slot));
        }

        if (wake) connection.Frames.WakeWriter(inline: false);
        call?.Complete(errno, default);
    }

    /// <summary>The server said something unasked.</summary>
    internal void OnPush(in FrameHeader header, ReadOnlyMemory<byte> payload) => _pushes.OnPush(header, payload);

    /// <summary>The caller waits no more.</summary>
    internal void Cancel(RpcCall call)
    {
        var wake = false;
        RpcConnection? frames;
        lock (_gate)
        {
            if (!_window.TryAbandon(call)) return;
            frames = _open?.Frames;
            wake = Advance(frames, call.Lane);
        }

        if (wake) frames!.WakeWriter(inline: false);
        call.CompleteCancelled();
    }

    private void Begin<TRequest>(
        RpcCall call, ulong session, ushort opcode, in TRequest request, RpcLane lane, CancellationToken cancellationToken)
        where TRequest : IWireRecord<TRequest>
    {
        var frameBytes = FrameHeader.Bytes + (long)request.EncodedBytes;
        if (frameBytes > _options.FrameBytesMax)
        {
            call.Complete(Errno.E2BIG, default);
            return;
        }

        call.Frame = FrameBuffer.Fit(call.Frame, (int)frameBytes);
        var writer = new WireWriter(call.Frame.AsSpan(FrameHeader.Bytes, (int)frameBytes - FrameHeader.Bytes));
        request.Encode(ref writer);
        Begin(call, session, opcode, (int)frameBytes, lane, cancellationToken);
    }

    private void Begin(
        RpcCall call, ulong session, ushort opcode, int frameBytes, RpcLane lane, CancellationToken cancellationToken)
    {
        call.Begin(this, lane, frameBytes);
        var header = new FrameHeader
        {
            Length = (uint)frameBytes,
            Kind = FrameKind.Request,
            Flags = lane.IsUrgent() ? FrameFlags.Release : FrameFlags.None,
            Opcode = opcode,
        };
        Errno refusal;
        bool wake = false, isAlone;
        RpcConnection? frames;
        lock (_gate)
        {
            if (_options.OnSlow is not null) call.DownBefore = DownUntil(call.BegunAt = _time.GetTimestamp());
            isAlone = _window.Unanswered == 0;
            frames = _open?.Frames;
            var slot = -1;
            refusal = _isEnded || (session != AnySession && session != _sessions) ? Errno.EIO : _window.Add(call, header, out slot);
            if (slot >= 0 && frames is not null) wake = frames.Append(_window.FrameOf(slot), lane);
        }

        // Alone, it is sent by this thread at once; among others it is cheaper to let several leave together.
        if (wake) frames!.WakeWriter(inline: isAlone);
        if (refusal != Errno.OK)
        {
            call.Complete(refusal, default);
        }
        else if (cancellationToken.CanBeCanceled)
        {
            call.ListenTo(cancellationToken);
        }
    }

    // Under the lock: ticks without a connection, of all time until now.
    private long DownUntil(long now) => _open is null ? _down + now - _downSince : _down;

    // Under the lock: the call if it took long. What it was is copied, since its frame is used again.
    private RpcSlowCall? LookAt(RpcCall call, ushort opcode, ReadOnlySpan<byte> frame)
    {
        var now = _time.GetTimestamp();
        if (_time.GetElapsedTime(call.BegunAt, now) < _options.SlowAfter) return null;
        return new RpcSlowCall(
            opcode, frame[FrameHeader.Bytes..].ToArray(), call.BegunAt, _time.GetElapsedTime(call.DownBefore, DownUntil(now)),
            call.IsQueued, call.Why);
    }

    // Under the lock: gives free slots of a lane to who waits for one.
    private bool Advance(RpcConnection? frames, RpcLane lane)
    {
        var wake = false;
        while (_window.Advance(lane) is var slot and >= 0)
        {
            if (frames is not null) wake |= frames.Append(_window.FrameOf(slot), lane);
        }

        return wake;
    }

    private async Task RunAsync()
    {
        var attempt = 0;
        while (!_stopping.IsCancellationRequested)
        {
            attempt++;
            var since = _time.GetTimestamp();
            var failure = await ConnectOnceAsync(attempt);
            if (_stopping.IsCancellationRequested || _isEnded) break;
            if (failure is { } failed && !_session.OnFailure(failed))
            {
                EndSession();
                _connected.TrySetException(new RpcException(failed.Errno, failed.End.Message, failed.End.Cause));
                return;
            }

            // A connection that lived for a while ended by chance, so the first attempt after it needs no pause.
            if (failure is null && _time.GetElapsedTime(since) > _options.BackoffMax) attempt = 0;
            if (attempt > 0 && !await PauseAsync(attempt)) break;
        }

        EndSession();
        _connected.TrySetException(new RpcException(Errno.EIO, "the client was disposed before it was connected"));
    }

    /// <returns>Why there was no session; null when there was one.</returns>
    private async Task<RpcFailure?> ConnectOnceAsync(int attempt)
    {
        IDuplexPipe transport;
        try
        {
            transport = await _connector.ConnectAsync(_stopping.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            return new RpcFailure(attempt, _hadSession, new RpcEnd(RpcEndKind.Broken, e.Message, e), Errno.EIO);
        }

        var connection = new RpcClientConnection(transport, this, _options, _time);
        Volatile.Write(ref _current, connection.Frames);
        if (_stopping.IsCancellationRequested) Reconnect("the client was disposed");
        var end = await connection.RunAsync(_session.MakeHello());
        lock (_gate)
        {
            if (_open is not null) _downSince = _time.GetTimestamp();
            Volatile.Write(ref _open, null);
        }

        Volatile.Write(ref _current, null);
        if (connection.IsWelcome)
        {
            if (!_isEnded) _session.OnDisconnected(end);
            return null;
        }

        var errno = connection.Refusal == Errno.OK ? Errno.EIO : connection.Refusal;
        return new RpcFailure(attempt, _hadSession, end, errno);
    }

    private async Task<bool> PauseAsync(int attempt)
    {
        var longest = Math.Min(
            _options.BackoffMax.TotalMilliseconds,
            _options.BackoffMin.TotalMilliseconds * Math.Pow(2, Math.Min(attempt - 1, 30)));
        try
        {
            await Task.Delay(TimeSpan.FromMilliseconds(longest * (0.5 + (_chance.NextDouble() / 2))), _time, _stopping.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private void EndSession()
    {
        lock (_gate) _isEnded = true;
        Fail();
    }

    private void Fail()
    {
        var calls = new List<RpcCall>();
        lock (_gate) _window.Clear(calls);
        foreach (var call in calls) call.Complete(Errno.EIO, default);
    }
}
