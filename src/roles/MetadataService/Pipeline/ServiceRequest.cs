using System.Buffers;
using FlexFs.Core;
using FlexFs.Metadata;
using FlexFs.Rpc;

namespace FlexFs.MetadataService.Pipeline;

/// <summary>A request on its way through a volume: from a session's queue to its reply. Used again afterwards.</summary>
/// <remarks>Owned by the executor from <see cref="VolumeExecutor.TryEnqueue"/> until the sink takes it back.</remarks>
internal sealed class ServiceRequest
{
    private const int OwnBytes = 256;
    private readonly byte[] _own = new byte[OwnBytes];
    private byte[]? _rented;

    /// <summary>What the engine is to execute; its payload is valid until the reply.</summary>
    public EngineRequest Engine;

    /// <summary>Of the frame that it came in.</summary>
    public FrameHeader Header;

    /// <summary>Where the reply goes.</summary>
    public IReplySink Sink = null!;

    /// <summary>The lane in which it came.</summary>
    public RequestLane Lane = null!;

    /// <summary>How it is treated at bounds.</summary>
    public RequestClass Class;

    /// <summary>Rounds of fetching so far.</summary>
    public int Rounds;

    /// <summary>When it came, or was woken after a wait for a lock: a timestamp of the clock.</summary>
    public long CameAt;

    /// <summary>When it was executed, if its reply waits for a commit: a timestamp; otherwise null.</summary>
    public long? ExecutedAt;

    /// <summary>How long it waited for reads of the store, in ticks of the clock.</summary>
    public long ReadTicks;

    /// <summary>Since when it was held before its turn, after a restart: a timestamp; null when it was not.</summary>
    public long? HeldSince;

    /// <summary>How long that was, in ticks of the clock.</summary>
    public long HeldTicks;

    /// <summary>The reply while it is held: its errno.</summary>
    public Errno Errno;

    /// <summary>Whether it changed anything in the batch that it waits for.</summary>
    public bool HasChanged;

    /// <summary>The reply while it is held: where it begins in the arena of its batch.</summary>
    public int ReplyOffset;

    /// <summary>The reply while it is held: its bytes.</summary>
    public int ReplyBytes;

    /// <summary>What it waits for, if it waits for other sessions.</summary>
    public Leases.LeaseWait? Wait;

    /// <summary>What it waited for, once that is over; of the log of slow requests.</summary>
    public Leases.LeaseWait? Waited;

    /// <summary>The lock that it waited for; of the same log.</summary>
    public LockWait? LockWait;

    /// <summary>When it, or the same request before the client was told to send it again, came to its turn.</summary>
    public long BeganAt => LockWait is { } held ? held.Since : Waited is { } wait && wait.Since < CameAt ? wait.Since : CameAt;

    /// <summary>Inodes that it removed and of which somebody had a lease; null when there are none.</summary>
    public List<InodeId>? Removed;

    /// <summary>Who waits for it inside the service.</summary>
    public object? Waiter;

    /// <summary>Copies a payload into memory of its own.</summary>
    public ReadOnlyMemory<byte> Keep(ReadOnlySpan<byte> payload)
    {
        Check.That(_rented is null);
        var bytes = payload.Length <= OwnBytes ? _own : _rented = ArrayPool<byte>.Shared.Rent(payload.Length);
        payload.CopyTo(bytes);
        return bytes.AsMemory(0, payload.Length);
    }

    /// <summary>What it missed was read.</summary>
    /// <param name="ticks">How long that took, in ticks of the clock.</param>
    public void WasFetched(long ticks)
    {
        Rounds++;
        ReadTicks += ticks;
    }

    /// <summary>Makes it ready to be used again.</summary>
    public void Reset()
    {
        Check.That(Wait is null);
        if (_rented is { } rented) ArrayPool<byte>.Shared.Return(rented);
        _rented = null;
        Engine = default;
        Sink = null!;
        Lane = null!;
        Waiter = null;
        Waited = null;
        LockWait = null;
        Removed = null;
        HeldSince = null;
        HeldTicks = 0;
    }
}

/// <summary>Requests that are not in use, so that a request allocates nothing.</summary>
/// <remarks>Any thread: taken by connections, given back by the volume's context.</remarks>
internal sealed class RequestPool(int keptMax)
{
    private readonly Lock _gate = new();
    private readonly Stack<ServiceRequest> _free = new();

    /// <summary>Takes one.</summary>
    public ServiceRequest Rent()
    {
        lock (_gate)
        {
            if (_free.TryPop(out var request)) return request;
        }

        return new ServiceRequest();
    }

    /// <summary>Gives one back.</summary>
    public void Return(ServiceRequest request)
    {
        request.Reset();
        lock (_gate)
        {
            if (_free.Count < keptMax) _free.Push(request);
        }
    }
}

/// <summary>Where replies go: a connection, or a waiter inside the service.</summary>
internal interface IReplySink
{
    /// <summary>Whether nobody listens any more: what has not begun need not begin.</summary>
    bool IsClosed { get; }

    /// <summary>Takes the reply, and the request back; <paramref name="body"/> is valid during the call.</summary>
    void Reply(ServiceRequest request, Errno errno, ReadOnlySpan<byte> body);

    /// <summary>Takes the request back, which will never be executed: its sink was closed, or the volume stopped.</summary>
    void Drop(ServiceRequest request);

    /// <summary>Tells the client to send it again where it may wait.</summary>
    /// <returns>False when it is there already: it is held until it can run.</returns>
    bool SendsToWait(ServiceRequest request);

    /// <summary>Sends what was taken since the last call.</summary>
    void Flush();
}
