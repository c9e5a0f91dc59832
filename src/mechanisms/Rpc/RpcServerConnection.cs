using System.IO.Pipelines;
using System.Numerics;
using FlexFs.Core;
using FlexFs.Wire;

namespace FlexFs.Rpc;

/// <summary>One accepted connection at a server: handshake, requests in, replies and pushes out.</summary>
/// <remarks>
/// What holds:
///   1. a slot has at most one request that is not answered; a peer that breaks this loses its connection;
///   2. replies and pushes arrive in the order in which they were given, after the welcome;
///   3. a bad or slow peer costs its own connection and nothing else.
/// Slots are marked with interlocked operations, since replies come from any thread.
/// </remarks>
public sealed class RpcServerConnection : IFrameHandler
{
    private enum Phase
    {
        Expecting,
        Accepting,
        Open,
        Refused,
    }

    private readonly RpcConnection _connection;
    private readonly RpcServerOptions _options;
    private readonly IRpcSessionAcceptor _acceptor;
    private readonly ulong[] _busy = new ulong[(Limits.RpcSlotsMax + 63) / 64];
    private volatile Phase _phase;
    private IRpcRequestHandler? _handler;
    private TimeSpan _heartbeat;
    private ulong _epoch;
    private Task _accepting = Task.CompletedTask;
    private Task _watching = Task.CompletedTask;

    /// <summary>Takes over an accepted transport, before any byte was read from it.</summary>
    /// <param name="transport">Completed when the connection ends, and disposed if it can be disposed.</param>
    /// <param name="acceptor">Decides about the client.</param>
    /// <param name="options">Bounds.</param>
    /// <param name="time">For heartbeats and deadlines.</param>
    public RpcServerConnection(
        IDuplexPipe transport, IRpcSessionAcceptor acceptor, RpcServerOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _acceptor = acceptor;
        _connection = new RpcConnection(
            transport, options.FrameBytesMax, options.OutputBytesSoftMax, options.OutputBytesMax, time);
    }

    /// <summary>Whatever the owner wants to find again: its session, its peer.</summary>
    public object? State { get; set; }

    /// <summary>The epoch that replies and pushes carry; the welcome's, until the owner sets a newer one.</summary>
    public ulong Epoch
    {
        get => Volatile.Read(ref _epoch);
        set => Volatile.Write(ref _epoch, value);
    }

    /// <summary>Timestamp of the <see cref="TimeProvider"/> when the client was heard last.</summary>
    public long LastReceived => _connection.LastReceived;

    /// <summary>Requests that are not answered yet.</summary>
    public int Unanswered
    {
        get
        {
            var count = 0;
            foreach (ref var word in _busy.AsSpan()) count += BitOperations.PopCount(Volatile.Read(ref word));
            return count;
        }
    }

    /// <summary>Serves the connection until it ends. Never throws for what a peer did.</summary>
    public async Task<RpcEnd> RunAsync(CancellationToken cancellationToken = default)
    {
        RpcEnd end;
        await using (cancellationToken.UnsafeRegister(
            static self => ((RpcServerConnection)self!).End("the server is stopping"), this))
        {
            var watching = _connection.WatchOnceAsync(_options.HandshakeTimeout, LookForHandshake);
            end = await _connection.RunAsync(this, expectsPreface: true);
            await watching;
        }

        await _accepting;
        await _watching;
        _handler?.OnClosed(this, end);
        return end;
    }

    /// <summary>Answers a request with a record.</summary>
    /// <returns>False when nobody hears it: the connection ended, or the request was answered before.</returns>
    public bool Reply<T>(in FrameHeader request, in T record)
        where T : IWireRecord<T>
    {
        if (FrameHeader.Bytes + record.EncodedBytes > _options.FrameBytesMax) return Reply(request, Errno.EOVERFLOW);
        return TryRelease(request) && _connection.Send(ReplyTo(request, Errno.OK), record);
    }

    /// <summary>Answers a request without a payload.</summary>
    /// <returns>False when nobody hears it: the connection ended, or the request was answered before.</returns>
    public bool Reply(in FrameHeader request, Errno errno) => Reply(request, errno, default);

    /// <summary>Answers a request with bytes; with more than a frame holds, it becomes EOVERFLOW.</summary>
    /// <returns>False when nobody hears it: the connection ended, or the request was answered before.</returns>
    public bool Reply(in FrameHeader request, Errno errno, ReadOnlySpan<byte> payload)
    {
        if (FrameHeader.Bytes + payload.Length > _options.FrameBytesMax) return Reply(request, Errno.EOVERFLOW);
        return TryRelease(request) && _connection.Send(ReplyTo(request, errno), payload);
    }

    /// <summary>
    /// Says that a request would have to wait for another session: the client sends it again where it may wait
    /// (<see cref="RpcProtocol.MayWait"/>), and its slot is free. Only what had no effect may be answered so.
    /// </summary>
    /// <param name="request">In the normal or the release lane; in the others a request simply waits.</param>
    /// <param name="blocking">Whether it waits as long as a program pleases, as for a lock.</param>
    /// <param name="why">What the owner of the client is told of it, if it cares.</param>
    /// <returns>False when nobody hears it: the connection ended, or the request was answered before.</returns>
    public bool Queue(in FrameHeader request, bool blocking = false, ReadOnlySpan<byte> why = default)
    {
        Check.That(!RpcProtocol.MayWait(request.Slot));
        var header = ReplyTo(request, Errno.OK) with
        {
            Kind = FrameKind.Queued,
            Flags = blocking ? FrameFlags.Blocking : FrameFlags.None,
        };
        return TryRelease(request) && _connection.Send(header, why);
    }

    /// <summary>Tells the client something unasked.</summary>
    /// <returns>False when the connection is not open.</returns>
    public bool Push<T>(ushort opcode, in T record)
        where T : IWireRecord<T> =>
        _handler is not null && _connection.Send(PushOf(opcode), record);

    /// <summary>Tells the client something unasked, as bytes.</summary>
    /// <returns>False when the connection is not open.</returns>
    public bool Push(ushort opcode, ReadOnlySpan<byte> payload) =>
        _handler is not null && _connection.Send(PushOf(opcode), payload);

    /// <summary>Holds small replies back until <see cref="Uncork"/>, for a batch that leaves together.</summary>
    public void Cork() => _connection.Cork();

    /// <summary>Lets them go.</summary>
    public void Uncork() => _connection.Uncork();

    /// <summary>Ends the connection at once; the client will connect again.</summary>
    public void End(string reason) => _connection.End(new RpcEnd(RpcEndKind.Closed, reason));

    /// <summary>Ends the connection as soon as what was replied before has left.</summary>
    public void Close(string reason) => _connection.Close(new RpcEnd(RpcEndKind.Closed, reason));

    RpcEnd? IFrameHandler.OnFrame(in FrameHeader header, ReadOnlyMemory<byte> payload) => _phase switch
    {
        Phase.Open => OnOpenFrame(header, payload),
        Phase.Expecting when header.Kind == FrameKind.Hello => OnHello(payload),
        Phase.Refused => null,
        _ => new RpcEnd(RpcEndKind.Malformed, $"a {header.Kind} frame where none belongs: {_phase}"),
    };

    private RpcEnd? OnOpenFrame(in FrameHeader header, ReadOnlyMemory<byte> payload)
    {
        if (header.Kind == FrameKind.Ping)
        {
            _connection.Send(new FrameHeader { Kind = FrameKind.Pong, Epoch = Epoch }, default, RpcLane.Release);
            return null;
        }

        if (header.Kind != FrameKind.Request)
        {
            return new RpcEnd(RpcEndKind.Malformed, $"a {header.Kind} frame, which a client does not send");
        }

        if ((header.Flags & FrameFlags.OneWay) == 0)
        {
            if (!RpcProtocol.IsSlotOf(header.Slot, header.Flags) || header.Number == 0)
            {
                return new RpcEnd(RpcEndKind.Malformed,
                    $"a request {header.Number} in slot {header.Slot} with flags {header.Flags}: there is no such slot");
            }

            var bit = 1UL << (int)(header.Slot % 64);
            if ((Interlocked.Or(ref _busy[header.Slot / 64], bit) & bit) != 0)
            {
                return new RpcEnd(RpcEndKind.Flooded,
                    $"request {header.Number} in slot {header.Slot}, whose last request is not answered yet");
            }
        }

        _handler!.OnRequest(this, header, payload);
        return null;
    }

    private RpcEnd? OnHello(ReadOnlyMemory<byte> payload)
    {
        // Accepting goes on after this call, so the body must outlive the read buffer.
        if (!WireCodec.TryRead<RpcHello>(payload.ToArray(), out var hello, out var error))
        {
            return new RpcEnd(RpcEndKind.Malformed, $"not a hello: {error}");
        }

        var version = Math.Min(hello.VersionMax, _options.VersionMax);
        if (version < hello.VersionMin || version < _options.VersionMin)
        {
            Refuse(new RpcRefuse
            {
                Errno = Errno.EPROTO,
                Message = $"the server speaks protocol versions {_options.VersionMin} to {_options.VersionMax}, " +
                    $"the client {hello.VersionMin} to {hello.VersionMax}: upgrade the older of the two",
            });
            return null;
        }

        _heartbeat = TimeSpan.FromMilliseconds(Math.Clamp(
            hello.HeartbeatMilliseconds,
            _options.HeartbeatIntervalMin.TotalMilliseconds,
            _options.HeartbeatIntervalMax.TotalMilliseconds));
        _phase = Phase.Accepting;
        _accepting = AcceptAsync(hello, version);
        return null;
    }

    private async Task AcceptAsync(RpcHello hello, ushort version)
    {
        try
        {
            var acceptance = await _acceptor.AcceptAsync(this, hello, _connection.Ended);
            if (acceptance.Handler is null)
            {
                Refuse(acceptance.Refusal);
                return;
            }

            Open(acceptance.Handler, acceptance.Welcome with
            {
                Version = version,
                Features = acceptance.Welcome.Features & hello.Features,
            });
        }
        catch (Exception e)
        {
            // The top of this request: whatever it was, this client is not served and the others are.
            _connection.End(new RpcEnd(RpcEndKind.Fault, "a client could not be accepted", e));
        }
    }

    private void Open(IRpcRequestHandler handler, in RpcWelcome welcome)
    {
        Epoch = welcome.Epoch;
        _connection.Cork();
        _connection.Send(new FrameHeader { Kind = FrameKind.Welcome, Epoch = welcome.Epoch }, welcome);
        _handler = handler;
        handler.OnOpened(this);
        _phase = Phase.Open;
        _watching = _connection.WatchAsync(_heartbeat, Look);
        _connection.Uncork();
    }

    private void Refuse(in RpcRefuse refuse)
    {
        _phase = Phase.Refused;
        _connection.Send(new FrameHeader { Kind = FrameKind.Refuse, Errno = refuse.Errno, Epoch = Epoch }, refuse);
        _connection.Close(new RpcEnd(RpcEndKind.Refused, $"refused ({refuse.Errno}): {refuse.Message}"));
    }

    private bool TryRelease(in FrameHeader request)
    {
        if ((request.Flags & FrameFlags.OneWay) != 0) return false;
        var bit = 1UL << (int)(request.Slot % 64);
        return (Interlocked.And(ref _busy[request.Slot / 64], ~bit) & bit) != 0;
    }

    private FrameHeader ReplyTo(in FrameHeader request, Errno errno) => new()
    {
        Kind = FrameKind.Reply,
        Opcode = request.Opcode,
        Slot = request.Slot,
        Number = request.Number,
        Errno = errno,
        Epoch = Epoch,
    };

    private FrameHeader PushOf(ushort opcode) => new() { Kind = FrameKind.Push, Opcode = opcode, Epoch = Epoch };

    private bool IsOpen => _phase == Phase.Open;

    private RpcEnd? Look() => _connection.SilentFor(_heartbeat * 3);

    private RpcEnd? LookForHandshake() => IsOpen ? null :
        new RpcEnd(RpcEndKind.Silent, $"no handshake within {_options.HandshakeTimeout.TotalSeconds:0.0} s");
}
