using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using FlexFs.Core;
using FlexFs.Wire;

namespace FlexFs.Rpc;

/// <summary>Who takes the frames of a connection. Called by its read loop, one call at a time.</summary>
internal interface IFrameHandler
{
    /// <summary>A well-formed frame. The payload is valid during the call. What throws ends the connection.</summary>
    /// <returns>Null, or why the connection ends; no further frame is handed over then.</returns>
    RpcEnd? OnFrame(in FrameHeader header, ReadOnlyMemory<byte> payload);
}

/// <summary>Frames over a duplex pipe: a loop that reads, a loop that writes, and a queue between it and whoever sends.</summary>
/// <remarks>
/// What holds:
///   1. frames of a lane leave in the order of their Send, whole; nothing leaves after <see cref="End"/>;
///   2. the first reason to end is the one that is told, and ending stops both loops;
///   3. a Send never waits: what it appends is written by the write loop, together with all else that waits then.
/// The lock guards the output queue and the parking of the loops; nothing is awaited and no foreign code but encoders
/// runs under it. Loops go on wherever the transport completes its reads and writes: nothing here starts a thread.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "The source has no timer and its token is read after the end.")]
internal sealed class RpcConnection
{
    // What one flush carries at most: enough to make a system call cheap, little enough to let an urgent frame pass.
    private const int FlushBytesMax = 4 * OutputQueue.ChunkBytes;

    private readonly Lock _gate = new();
    private readonly Lock _ending = new();
    private readonly IDuplexPipe _transport;
    private readonly TimeProvider _time;
    private readonly int _frameBytesMax;
    private readonly long _outputBytesSoftMax;
    private readonly long _outputBytesMax;
    private readonly OutputQueue _output = new();
    private readonly Wakeup _writerWakeup = new();
    private readonly Wakeup _readerWakeup = new();
    private readonly CancellationTokenSource _ended = new();
    private RpcEnd? _end;
    private RpcEnd? _closing;
    private int _corks;
    private bool _isCompleted;
    private long _lastReceived;
    private long _lastSent;
    private long _flushingSince;

    /// <param name="transport">Disposed when the connection ends, if it can be disposed.</param>
    /// <param name="frameBytesMax">A longer frame ends the connection.</param>
    /// <param name="outputBytesSoftMax">With more bytes waiting to be sent, nothing is read.</param>
    /// <param name="outputBytesMax">With more bytes waiting to be sent, the connection is ended.</param>
    /// <param name="time">For <see cref="SilentFor"/> and <see cref="WatchAsync"/>.</param>
    public RpcConnection(
        IDuplexPipe transport, int frameBytesMax, long outputBytesSoftMax, long outputBytesMax, TimeProvider time)
    {
        _transport = transport;
        _frameBytesMax = frameBytesMax;
        _outputBytesSoftMax = outputBytesSoftMax;
        _outputBytesMax = outputBytesMax;
        _time = time;
        _lastReceived = _lastSent = time.GetTimestamp();
    }

    /// <summary>Cancelled when the connection has ended.</summary>
    public CancellationToken Ended => _ended.Token;

    /// <summary>Timestamp of <see cref="TimeProvider"/> when something arrived last.</summary>
    public long LastReceived => Volatile.Read(ref _lastReceived);

    /// <summary>Bytes that wait to be sent.</summary>
    public long OutputBytes
    {
        get
        {
            lock (_gate) return _output.Bytes;
        }
    }

    /// <summary>Timestamp of <see cref="TimeProvider"/> when something left last.</summary>
    public long LastSent => Volatile.Read(ref _lastSent);

    /// <summary>Appends a frame with a record as its payload.</summary>
    /// <returns>False when the connection has ended.</returns>
    public bool Send<T>(in FrameHeader header, in T record, RpcLane lane = RpcLane.Normal)
        where T : IWireRecord<T>
    {
        bool wake, isOver;
        lock (_gate)
        {
            if (!IsOpen) return false;
            var length = FrameHeader.Bytes + record.EncodedBytes;
            var writer = new WireWriter(_output.Reserve(length, lane));
            (header with { Length = (uint)length }).Encode(ref writer);
            record.Encode(ref writer);
            Check.That(writer.Position == length);
            _output.Commit(length, lane);
            wake = MustWakeWriter();
            isOver = _output.Bytes > _outputBytesMax;
        }

        return Sent(wake, isOver);
    }

    /// <summary>Appends a frame with bytes as its payload.</summary>
    /// <returns>False when the connection has ended.</returns>
    public bool Send(in FrameHeader header, ReadOnlySpan<byte> payload, RpcLane lane = RpcLane.Normal)
    {
        bool wake, isOver;
        lock (_gate)
        {
            if (!IsOpen) return false;
            var length = FrameHeader.Bytes + payload.Length;
            var writer = new WireWriter(_output.Reserve(length, lane));
            (header with { Length = (uint)length }).Encode(ref writer);
            writer.WriteRaw(payload);
            _output.Commit(length, lane);
            wake = MustWakeWriter();
            isOver = _output.Bytes > _outputBytesMax;
        }

        return Sent(wake, isOver);
    }

    /// <summary>Appends bytes that are whole frames, or the preface, without waking the write loop.</summary>
    /// <param name="encoded">Copied.</param>
    /// <param name="lane">What they may pass.</param>
    /// <returns>Whether the caller must call <see cref="WakeWriter"/>, as soon as it holds no lock.</returns>
    public bool Append(ReadOnlySpan<byte> encoded, RpcLane lane)
    {
        lock (_gate)
        {
            if (!IsOpen) return false;
            encoded.CopyTo(_output.Reserve(encoded.Length, lane));
            _output.Commit(encoded.Length, lane);
            return MustWakeWriter();
        }
    }

    /// <summary>Lets the write loop write what was appended.</summary>
    /// <param name="inline">Whether this thread is to do it: sooner, but together with less.</param>
    public void WakeWriter(bool inline) => _writerWakeup.Wake(inline);

    /// <summary>Holds small output back until <see cref="Uncork"/>, so that it leaves together.</summary>
    public void Cork()
    {
        lock (_gate) _corks++;
    }

    /// <summary>Lets the output go; the caller's thread writes it.</summary>
    public void Uncork()
    {
        bool wake;
        lock (_gate)
        {
            _corks--;
            wake = _output.Bytes > 0 && MustWakeWriter();
        }

        if (wake) _writerWakeup.Wake(inline: true);
    }

    /// <summary>Ends the connection now. Only the first reason counts.</summary>
    public void End(RpcEnd end)
    {
        if (Interlocked.CompareExchange(ref _end, end, null) is not null) return;
        bool wakeReader, wakeWriter;
        lock (_gate)
        {
            wakeReader = _readerWakeup.TryUnpark();
            wakeWriter = _writerWakeup.TryUnpark();
        }

        if (wakeWriter) _writerWakeup.Wake(inline: false);
        if (wakeReader) _readerWakeup.Wake(inline: false);
        lock (_ending)
        {
            // A cancelled wait may go on within these calls and complete the pipes before the next of them.
            if (!_isCompleted) _transport.Input.CancelPendingRead();
            if (!_isCompleted) _transport.Output.CancelPendingFlush();
        }
    }

    /// <summary>Ends the connection as soon as what was sent before has left.</summary>
    public void Close(RpcEnd end)
    {
        bool wake;
        lock (_gate)
        {
            _closing ??= end;
            wake = _writerWakeup.TryUnpark();
        }

        if (wake) _writerWakeup.Wake(inline: false);
    }

    /// <summary>Runs both loops until the connection has ended. Never throws.</summary>
    /// <param name="handler">Takes the frames.</param>
    /// <param name="expectsPreface">Whether the other end is a client, which sends the preface first.</param>
    public async Task<RpcEnd> RunAsync(IFrameHandler handler, bool expectsPreface)
    {
        var writing = WriteAsync();
        End(await ReadAsync(new FrameParser(handler, _frameBytesMax, expectsPreface)));
        await writing;
        lock (_ending) _isCompleted = true;
#pragma warning disable VSTHRD103 // CancelAsync would leave the caller's context for the thread pool
        _ended.Cancel();
#pragma warning restore VSTHRD103
        var end = _end!;
        await CompleteAsync();
        return end;
    }

    /// <summary>Looks after the connection every <paramref name="interval"/> until it ends.</summary>
    /// <param name="interval">Between two looks.</param>
    /// <param name="look">Why the connection ends, or null.</param>
    public async Task WatchAsync(TimeSpan interval, Func<RpcEnd?> look)
    {
        while (await LaterAsync(interval))
        {
            if (look() is { } end) End(end);
        }
    }

    /// <summary>Looks after the connection once.</summary>
    /// <param name="delay">When.</param>
    /// <param name="look">Why the connection ends, or null.</param>
    public async Task WatchOnceAsync(TimeSpan delay, Func<RpcEnd?> look)
    {
        if (await LaterAsync(delay) && look() is { } end) End(end);
    }

    /// <summary>Why the connection counts as lost when nothing arrived, or nothing could be sent, for so long; or null.</summary>
    public RpcEnd? SilentFor(TimeSpan limit)
    {
        var silence = _time.GetElapsedTime(LastReceived);
        if (silence >= limit)
        {
            return new RpcEnd(RpcEndKind.Silent, $"nothing was received for {silence.TotalSeconds:0.0} s");
        }

        var since = Volatile.Read(ref _flushingSince);
        return since == 0 || _time.GetElapsedTime(since) < limit ? null :
            new RpcEnd(RpcEndKind.Silent, $"the peer took nothing of what is sent to it for {limit.TotalSeconds:0.0} s");
    }

    private bool IsOpen => Volatile.Read(ref _end) is null;

    private bool MustWakeWriter() =>
        (_corks == 0 || _output.Bytes >= FlushBytesMax) && _writerWakeup.TryUnpark();

    private bool Sent(bool wake, bool isOver)
    {
        if (wake) _writerWakeup.Wake(inline: false);
        if (!isOver) return true;
        End(new RpcEnd(RpcEndKind.Flooded, $"more than {_outputBytesMax} bytes wait for the peer to take them"));
        return false;
    }

    private async Task<RpcEnd> ReadAsync(FrameParser parser)
    {
        var input = _transport.Input;
        try
        {
            while (true)
            {
                var result = await input.ReadAsync();
                if (!IsOpen) return _end!;
                Volatile.Write(ref _lastReceived, _time.GetTimestamp());
                Cork();
                var consumed = parser.Parse(result.Buffer, out var error);
                var left = result.Buffer.Slice(consumed).Length;
                input.AdvanceTo(consumed, result.Buffer.End);
                Uncork();
                if (error is not null) return error;
                if (result.IsCompleted)
                {
                    return left == 0
                        ? new RpcEnd(RpcEndKind.ClosedByPeer, "the peer closed the connection")
                        : new RpcEnd(RpcEndKind.Broken, $"the connection ended {left} bytes into a frame");
                }

                if (MustWaitForWriter()) await _readerWakeup.WaitAsync();
            }
        }
        catch (Exception e) when (IsOfTransport(e))
        {
            return new RpcEnd(RpcEndKind.Broken, "the connection broke while reading", e);
        }
        catch (Exception e)
        {
            return new RpcEnd(RpcEndKind.Fault, "a frame could not be handled", e);
        }
    }

    private async ValueTask<bool> LaterAsync(TimeSpan delay)
    {
        try
        {
            await Task.Delay(delay, _time, Ended);
            return IsOpen;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private bool MustWaitForWriter()
    {
        lock (_gate)
        {
            if (!IsOpen || _output.Bytes <= _outputBytesSoftMax) return false;
            _readerWakeup.Park();
            return true;
        }
    }

    private async Task WriteAsync()
    {
        try
        {
            while (true)
            {
                switch (FillFlush())
                {
                    case Fill.Ended:
                        return;
                    case Fill.Empty:
                        await _writerWakeup.WaitAsync();
                        break;
                    case Fill.Some:
                        Volatile.Write(ref _flushingSince, _time.GetTimestamp());
                        var result = await _transport.Output.FlushAsync();
                        Volatile.Write(ref _flushingSince, 0);
                        Volatile.Write(ref _lastSent, _time.GetTimestamp());
                        if (!result.IsCompleted && !result.IsCanceled) break;
                        End(new RpcEnd(RpcEndKind.ClosedByPeer, "the peer takes no more"));
                        return;
                }
            }
        }
        catch (Exception e) when (IsOfTransport(e))
        {
            End(new RpcEnd(RpcEndKind.Broken, "the connection broke while writing", e));
        }
    }

    private enum Fill
    {
        Ended,
        Empty,
        Some,
    }

    private Fill FillFlush()
    {
        var filled = 0;
        var wakeReader = false;
        RpcEnd? closing = null;
        while (filled < FlushBytesMax)
        {
            OutputQueue.Chunk chunk;
            lock (_gate)
            {
                if (!IsOpen) return Fill.Ended;
                if (!_output.TryTake(out chunk))
                {
                    if (filled == 0)
                    {
                        closing = _closing;
                        if (closing is null) _writerWakeup.Park();
                    }

                    break;
                }

                if (_output.Bytes <= _outputBytesSoftMax / 2) wakeReader |= _readerWakeup.TryUnpark();
            }

            var span = _transport.Output.GetSpan(chunk.Length);
            chunk.Buffer.AsSpan(0, chunk.Length).CopyTo(span);
            _transport.Output.Advance(chunk.Length);
            filled += chunk.Length;
            lock (_gate) _output.Recycle(chunk);
        }

        if (wakeReader) _readerWakeup.Wake(inline: false);
        if (filled > 0) return Fill.Some;
        if (closing is null) return Fill.Empty;
        End(closing);
        return Fill.Ended;
    }

    private async Task CompleteAsync()
    {
        try
        {
            await _transport.Output.CompleteAsync();
            await _transport.Input.CompleteAsync();
            if (_transport is IAsyncDisposable asynchronous) await asynchronous.DisposeAsync();
            else if (_transport is IDisposable disposable) disposable.Dispose();
        }
        catch (Exception e) when (IsOfTransport(e))
        {
            // It is ending for a reason that was told already; that its end fails too adds nothing.
        }
    }

    // What pipes over sockets, TLS and memory throw when the other end or the owner went away meanwhile.
    private static bool IsOfTransport(Exception e) =>
        e is IOException or System.Net.Sockets.SocketException or ObjectDisposedException or OperationCanceledException;
}
