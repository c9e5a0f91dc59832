using FlexFs.Core;
using FlexFs.Fuse.Memory;
using FlexFs.Fuse.Native;
using FlexFs.Fuse.Protocol;

namespace FlexFs.Fuse;

/// <summary>Reads the requests of a connection and calls a file system with them.</summary>
/// <remarks>
/// Invariants:
///   1. at most one thread waits in read(2): more of them make a single program slower, because each wake-up goes to
///      another one. Further readers are called only while that one is busy (<see cref="ReaderTurn"/>);
///   2. every request that was read is answered once, EIO at worst, unless reading was stopped: then it is left to whoever
///      takes the connection over;
///   3. a handler's exception ends its request, never a thread.
/// </remarks>
public sealed class FuseServer : IAsyncDisposable
{
    private const int LargeRequestBytes = 64 * 1024;
    private readonly IFuseFileSystem _fileSystem;
    private readonly FuseOptions _options;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ReaderTurn _turn;
    private readonly int _requestBytesMax;
    private int _running;
    private volatile bool _stopped;

    /// <summary>A server that does not read yet.</summary>
    public FuseServer(FuseConnection connection, IFuseFileSystem fileSystem, FuseOptions options)
    {
        Check.That(options.ReadersMax is >= 1 and <= 64);
        Connection = connection;
        _fileSystem = fileSystem;
        _options = options;
        IFuseMemory memory = options.Memory ?? LockedMemory.Instance;
        // The kernel refuses to be read with less than max_write and the headers of a WRITE, nor with less than 8 KiB.
        _requestBytesMax = Math.Max((int)connection.Negotiation.MaxWriteBytes, 8192) + 80;
        Buffers = new BufferPool(
            memory, RequestSlot.LargeRequestAt + _requestBytesMax, options.BuffersKept, options.BuffersMax);
        SlowMilliseconds = options.OnSlow is not null && options.SlowAfter > TimeSpan.Zero
            ? (long)options.SlowAfter.TotalMilliseconds
            : long.MaxValue;
        Slots = new SlotPool(this, memory);
        _turn = new ReaderTurn(Counters);
    }

    /// <summary>What is served.</summary>
    public FuseConnection Connection { get; }

    /// <summary>What was seen so far.</summary>
    public FuseCounters Counters { get; } = new();

    /// <summary>Requests read and not answered.</summary>
    public int Pending => Slots.Out;

    /// <summary>Ends when the connection has: unmounted, aborted, or reading stopped and each reader noticed.</summary>
    public Task Completion => _ended.Task;

    internal BufferPool Buffers { get; }

    internal SlotPool Slots { get; }

    /// <summary>Begins to read. Once.</summary>
    public void Start()
    {
        Check.That(_running == 0 && !_ended.Task.IsCompleted);
        _fileSystem.Attached(Connection);
        int readers = Math.Min(_options.ReadersMax, Connection.Devices.Count);
        _running = readers;
        for (int i = 0; i < readers; i++)
        {
            int device = i;
            var thread = new Thread(() => Read(device), 256 * 1024) { IsBackground = true, Name = $"fuse reader {i}" };
            thread.Start();
        }
        if (readers > 1) _turn.StartWatching();
    }

    /// <summary>
    /// Hands the connection over: what is read from now on is not answered here, and a thread that waits in read(2) stays
    /// there until it gets a request or the process ends. The next server asks the kernel to resend. Requests under way
    /// are still answered; wait for <see cref="Pending"/> to become 0.
    /// </summary>
    public void StopReading()
    {
        Check.That(Connection.Negotiation.Has(FuseCapabilities.HasResend));
        _stopped = true;
        _turn.End();
    }

    /// <summary>Waits for <see cref="Completion"/>, so unmount first; then frees what was held for the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        await Completion;
        Buffers.Close();
        Slots.Close();
        Connection.Dispose();
    }

    /// <summary>The kernel did not take a reply: it is no longer wanted, or (a fault of ours) not valid, then EIO.</summary>
    internal Errno OnReplyRefused(RequestSlot slot, Errno errno)
    {
        if (errno is Errno.ENOENT or Errno.ENODEV or Errno.ECONNABORTED or Errno.ENOTCONN or Errno.EPERM)
        {
            Counters.CountRefusedReply();
            return errno;
        }
        Fault(slot.Header.Opcode, $"the kernel refused the reply with {errno}", null);
        slot.Send(Errno.EIO);
        return errno;
    }

    /// <summary>Milliseconds after which a request is slow; none ever is when nobody wants to know.</summary>
    internal long SlowMilliseconds { get; }

    internal void Slow(in FuseSlow slow) => _options.OnSlow!(slow);

    internal bool IsDying(uint threadId) => _options.IsDying?.Invoke(threadId) ?? false;

    internal void Fault(FuseOpcode opcode, string what, Exception? exception)
    {
        Counters.CountFault();
        _options.OnFault?.Invoke(new FuseFault(opcode, what, exception));
    }

    /// <summary>What remains to be done when a handler's task has ended.</summary>
    internal void OnHandled(FuseRequest request, FuseOpcode opcode, Exception? exception)
    {
        if (exception is not null)
        {
            Fault(opcode, "the handler threw", exception);
        }
        else if (request.IsPending && !request.IsDetached)
        {
            Fault(opcode, "the handler did not answer", null);
        }
        else
        {
            return;
        }
        try
        {
            if (request.IsPending) request.Reply.Error(Errno.EIO);
        }
        catch (InvariantException)
        {
            // Another thread of the handler answered between question and reply: then there is nothing to do.
        }
    }

    /// <summary>A reader's thread.</summary>
    private void Read(int index)
    {
        // Memory that these threads need must not wait for pages of their own mount to be written. Needs CAP_SYS_RESOURCE.
        _ = Libc.PrCtl(Libc.PR_SET_IO_FLUSHER, 1, 0, 0, 0);
        try
        {
            ReadUntilEnd(index);
        }
        catch (Exception exception)
        {
            // Without memory for a buffer, say. The other readers go on; the last one ends the server.
            Fault(default, "a reader ended", exception);
        }
        if (Interlocked.Decrement(ref _running) > 0) return;
        _turn.End();
        _fileSystem.Detached();
        _ended.TrySetResult();
    }

    private unsafe void ReadUntilEnd(int index)
    {
        var device = Connection.Devices[index];
        NativeBuffer? buffer = null;
        while (_turn.Take())
        {
            buffer ??= Buffers.RentForReading();
            if (buffer is null) return;
            byte* request = buffer.Start + RequestSlot.LargeRequestAt;
            nint length = Libc.Read(device, request, (nuint)_requestBytesMax);
            Errno errno = length < 0 ? Libc.LastErrno : Errno.OK;
            _turn.Leave();
            if (length <= 0)
            {
                if (errno is Errno.EINTR or Errno.ENOENT) continue;
                if (errno == Errno.EAGAIN)
                {
                    WaitReadable(device);
                    continue;
                }
                // ENODEV: unmounted. ECONNABORTED: aborted. End of file: not a FUSE device, and closed.
                if (errno is not (Errno.OK or Errno.ENODEV or Errno.ECONNABORTED))
                {
                    Fault(default, $"reading the device failed with {errno}", null);
                }
                break;
            }
            if (_stopped && !IsForget(request)) continue;
            if (Receive(device, buffer, request, (int)length)) buffer = null;
        }
        if (buffer is not null) Buffers.Return(buffer);
        _turn.End();
    }

    /// <summary>Takes one request; true when the buffer went with it.</summary>
    private unsafe bool Receive(
        Microsoft.Win32.SafeHandles.SafeFileHandle device, NativeBuffer buffer, byte* bytes, int length)
    {
        if (length < sizeof(FuseInHeader))
        {
            Counters.CountMalformed();
            return false;
        }
        ref readonly var header = ref *(FuseInHeader*)bytes;
        int body = length - sizeof(FuseInHeader) - (header.TotalExtLen * 8);
        bool wellFormed = header.Len == (uint)length && body >= 0;
        Counters.CountRequest(header.Opcode);
        if (header.Opcode is FuseOpcode.Forget or FuseOpcode.BatchForget or FuseOpcode.NotifyReply or FuseOpcode.Interrupt)
        {
            if (!wellFormed || !TakeUnanswered(device, header, bytes + sizeof(FuseInHeader), body)) Counters.CountMalformed();
            return false;
        }
        RequestSlot slot = Slots.Rent();
        bool large = length > RequestSlot.SmallBytes - RequestSlot.SmallRequestAt;
        if (!wellFormed)
        {
            Counters.CountMalformed();
            FuseInHeader bare = header;
            bare.Len = (uint)sizeof(FuseInHeader);
            bare.TotalExtLen = 0;
            slot.Take(device, (byte*)&bare, sizeof(FuseInHeader));
            new FuseRequest(slot).Reply.Error(Errno.EINVAL);
            return false;
        }
        if (large) slot.Take(device, buffer);
        else slot.Take(device, bytes, length);
        if (large ? length >= LargeRequestBytes : IsLargeRead(slot)) _turn.CallAnother();
        Handle(slot);
        return large;
    }

    private void Handle(RequestSlot slot)
    {
        FuseOpcode opcode = slot.Header.Opcode;
        var request = new FuseRequest(slot);
        ValueTask task;
        try
        {
            task = FuseDispatch.InvokeAsync(_fileSystem, slot, request);
        }
        catch (Exception exception)
        {
            OnHandled(request, opcode, exception);
            return;
        }
        if (!task.IsCompletedSuccessfully)
        {
            HandlerTask.Watch(this, request, opcode, task);
            return;
        }
        if (request.IsPending) OnHandled(request, opcode, null);
    }

    /// <summary>What has no reply, or only one that says "again".</summary>
    private unsafe bool TakeUnanswered(
        Microsoft.Win32.SafeHandles.SafeFileHandle device, in FuseInHeader header, byte* body, int length)
    {
        try
        {
            switch (header.Opcode)
            {
                case FuseOpcode.Forget:
                    if (length < sizeof(FuseForgetIn)) return false;
                    Forget(header.NodeId, ((FuseForgetIn*)body)->NLookup);
                    return true;
                case FuseOpcode.BatchForget:
                    if (length < sizeof(FuseBatchForgetIn)) return false;
                    uint count = ((FuseBatchForgetIn*)body)->Count;
                    if (count > (uint)(length - sizeof(FuseBatchForgetIn)) / sizeof(FuseForgetOne)) return false;
                    var each = (FuseForgetOne*)(body + sizeof(FuseBatchForgetIn));
                    for (uint i = 0; i < count; i++) Forget(each[i].NodeId, each[i].NLookup);
                    return true;
                case FuseOpcode.NotifyReply:
                    if (length < sizeof(FuseNotifyRetrieveIn)) return false;
                    var retrieved = *(FuseNotifyRetrieveIn*)body;
                    if (retrieved.Size > (uint)(length - sizeof(FuseNotifyRetrieveIn))) return false;
                    var data = new ReadOnlySpan<byte>(body + sizeof(FuseNotifyRetrieveIn), (int)retrieved.Size);
                    _fileSystem.Retrieved(header.Unique, header.NodeId, retrieved.Offset, data);
                    return true;
                default:
                    if (length < sizeof(FuseInterruptIn)) return false;
                    Interrupt(device, header.Unique, ((FuseInterruptIn*)body)->Unique);
                    return true;
            }
        }
        catch (Exception exception)
        {
            Fault(header.Opcode, "the handler threw", exception);
            return true;
        }
    }

    private void Forget(ulong nodeId, ulong lookups)
    {
        Counters.CountForgotten(lookups);
        _fileSystem.Forget(nodeId, lookups);
    }

    private unsafe void Interrupt(Microsoft.Win32.SafeHandles.SafeFileHandle device, ulong unique, ulong target)
    {
        Counters.CountInterrupt();
        if (Slots.Interrupt(target)) return;
        // Answered meanwhile: the kernel says ENOENT to this. Read by another thread a moment ago and not in its slot yet:
        // EAGAIN makes the kernel send the interrupt once more.
        var again = new FuseOutHeader { Len = (uint)sizeof(FuseOutHeader), Error = -(int)Errno.EAGAIN, Unique = unique };
        _ = Libc.Write(device, &again, (nuint)sizeof(FuseOutHeader));
    }

    private static unsafe bool IsLargeRead(RequestSlot slot) =>
        slot.Header.Opcode == FuseOpcode.Read && slot.BodyLength >= sizeof(FuseReadIn)
        && ((FuseReadIn*)slot.Body)->Size >= LargeRequestBytes;

    private static unsafe bool IsForget(byte* request) =>
        ((FuseInHeader*)request)->Opcode is FuseOpcode.Forget or FuseOpcode.BatchForget;

    private static unsafe void WaitReadable(Microsoft.Win32.SafeHandles.SafeFileHandle device)
    {
        var poll = new PollFd { Fd = (int)device.DangerousGetHandle(), Events = Libc.POLLIN };
        _ = Libc.Poll(&poll, 1, -1);
    }
}
