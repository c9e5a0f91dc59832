using System.Collections.Concurrent;
using System.Threading.Tasks.Sources;
using FlexFs.Core;
using FlexFs.Wire;

namespace FlexFs.Rpc;

/// <summary>Somebody who waits for a reply. Pooled: from the call until its result is fetched it belongs to one request.</summary>
/// <remarks>
/// Completed once, by whoever takes it out of the window: the reply, its cancellation, or the end of the session.
/// Continuations never run on the thread that completes it: it is the connection's.
/// </remarks>
internal abstract class RpcCall
{
    private CancellationTokenRegistration _cancellation;

    /// <summary>Where it waits. Guarded by the window's lock.</summary>
    public CallPlace Place { get; set; }

    /// <summary>The slot, while <see cref="Place"/> is <see cref="CallPlace.Slot"/>.</summary>
    public int Slot { get; set; }

    /// <summary>Its lane.</summary>
    public RpcLane Lane { get; private set; }

    /// <summary>The encoded frame, until the call has a slot; afterwards a buffer for the next one, or null.</summary>
    public byte[]? Frame { get; set; }

    /// <summary>Bytes of <see cref="Frame"/>.</summary>
    public int FrameBytes { get; private set; }

    /// <summary>Its place in the queue for a slot.</summary>
    public LinkedListNode<RpcCall> Node { get; }

    /// <summary>Whose window it is in.</summary>
    public RpcClient? Client { get; private set; }

    /// <summary>What cancels it.</summary>
    public CancellationToken Token { get; private set; }

    /// <summary>A timestamp: when it was asked; 0 when nobody wants to know.</summary>
    public long BegunAt { get; set; }

    /// <summary>What the client's count of time without a connection was then.</summary>
    public long DownBefore { get; set; }

    /// <summary>Whether the server said that it has to wait for another session.</summary>
    public bool IsQueued { get; set; }

    /// <summary>What it said with that.</summary>
    public byte[] Why { get; set; } = [];

    protected RpcCall() => Node = new LinkedListNode<RpcCall>(this);

    /// <summary>Prepares for a request of <paramref name="client"/>.</summary>
    public void Begin(RpcClient client, RpcLane lane, int frameBytes)
    {
        Client = client;
        Lane = lane;
        FrameBytes = frameBytes;
        Place = CallPlace.Nowhere;
        IsQueued = false;
    }

    /// <summary>It is to wait in another lane, with the frame that it had in its slot.</summary>
    public void MoveTo(RpcLane lane, byte[] frame, int frameBytes)
    {
        Lane = lane;
        Frame = frame;
        FrameBytes = frameBytes;
    }

    /// <summary>Listens to the caller's token. Before the caller has the task, after the call is in the window.</summary>
    public void ListenTo(CancellationToken token)
    {
        Token = token;
        _cancellation = token.UnsafeRegister(static self => ((RpcCall)self!).Client!.Cancel((RpcCall)self), this);
    }

    /// <summary>The result is being fetched: after this, nobody else refers to the call.</summary>
    protected void Finish()
    {
        // Waits for a cancellation that runs on another thread just now, which finds the call gone from the window.
        _cancellation.Dispose();
        _cancellation = default;
        Frame = FrameBuffer.Trim(Frame);
        Token = default;
        Why = [];
        Client = null;
    }

    /// <summary>A reply, or the errno of having none.</summary>
    public abstract void Complete(Errno errno, ReadOnlyMemory<byte> payload);

    /// <summary>The caller waits no more.</summary>
    public abstract void CompleteCancelled();
}

/// <summary>Where a call is.</summary>
internal enum CallPlace : byte
{
    /// <summary>In no window: completed, or not begun.</summary>
    Nowhere,

    /// <summary>It waits for a slot.</summary>
    Queue,

    /// <summary>It has a slot and waits for its reply.</summary>
    Slot,
}

/// <summary>A call whose result is of a type.</summary>
internal abstract class RpcCall<TResult> : RpcCall, IValueTaskSource<TResult>
{
    private ManualResetValueTaskSourceCore<TResult> _core = new() { RunContinuationsAsynchronously = true };

    /// <summary>What the caller awaits.</summary>
    public ValueTask<TResult> Task => new(this, _core.Version);

    /// <inheritdoc/>
    public override void CompleteCancelled() => _core.SetException(new OperationCanceledException(Token));

    protected void SetResult(TResult result) => _core.SetResult(result);

    protected abstract void Recycle();

    TResult IValueTaskSource<TResult>.GetResult(short token)
    {
        Check.That(_core.GetStatus(token) != ValueTaskSourceStatus.Pending);
        Finish();
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            _core.Reset();
            Recycle();
        }
    }

    ValueTaskSourceStatus IValueTaskSource<TResult>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<TResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}

/// <summary>A call whose reply is wanted as bytes.</summary>
internal sealed class RawCall : RpcCall<RpcReply>
{
    public static RawCall Rent() => CallPool<RawCall>.TryTake() ?? new RawCall();

    public override void Complete(Errno errno, ReadOnlyMemory<byte> payload) => SetResult(new RpcReply(errno, payload));

    protected override void Recycle() => CallPool<RawCall>.Give(this);
}

/// <summary>A call whose reply is decoded where it was read.</summary>
internal sealed class RecordCall<TReply> : RpcCall<Result<TReply>>
    where TReply : IWireRecord<TReply>
{
    public static RecordCall<TReply> Rent() => CallPool<RecordCall<TReply>>.TryTake() ?? new RecordCall<TReply>();

    public override void Complete(Errno errno, ReadOnlyMemory<byte> payload)
    {
        if (errno != Errno.OK)
        {
            SetResult(errno);
            return;
        }

        // A record may keep slices of what it was decoded from, and the read buffer is used again. The shortest encoding
        // has nothing of variable length in it, so nothing is kept then.
        var bytes = payload.Length <= TReply.MinimumBytes ? payload : payload.ToArray();
        SetResult(WireCodec.TryRead<TReply>(bytes, out var reply, out _) ? reply : new Result<TReply>(Errno.EPROTO));
    }

    protected override void Recycle() => CallPool<RecordCall<TReply>>.Give(this);
}

/// <summary>Calls that are not in use.</summary>
internal static class CallPool<TCall>
    where TCall : RpcCall
{
    private const int CountMax = 2 * Limits.RpcSlotsMax;
    private static readonly ConcurrentQueue<TCall> Calls = new();
    private static int _count;

    public static TCall? TryTake()
    {
        if (!Calls.TryDequeue(out var call)) return null;
        Interlocked.Decrement(ref _count);
        return call;
    }

    public static void Give(TCall call)
    {
        if (Interlocked.Increment(ref _count) <= CountMax) Calls.Enqueue(call);
        else Interlocked.Decrement(ref _count);
    }
}
