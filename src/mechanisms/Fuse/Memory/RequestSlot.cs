using System.Runtime.CompilerServices;
using FlexFs.Core;
using FlexFs.Fuse.Native;
using FlexFs.Fuse.Protocol;
using Microsoft.Win32.SafeHandles;

namespace FlexFs.Fuse.Memory;

/// <summary>One request under way: its bytes, the device it came from, and whether it is answered.</summary>
/// <remarks>
/// <code>
/// small buffer   0 ........ 512 .................. 2048     large buffer   0 ... 4016 ........................... end
///                reply head  request, if it fits                                 request of a WRITE, so that its data
///                                                                                (80 bytes on) is page-aligned
/// </code>
/// Invariants:
///   1. <see cref="Ticket"/> is even while the request is unanswered and odd otherwise; a handle of another ticket is of
///      another request, so a late or second answer is refused instead of answering somebody else;
///   2. whoever moves the ticket from even to odd writes the reply, and returns slot and buffers.
/// </remarks>
internal sealed unsafe class RequestSlot
{
    public const int SmallBytes = 2048;
    public const int SmallRequestAt = 512;
    public const int LargeRequestAt = 4096 - 80;

    public readonly FuseServer Server;
    public FuseInHeader Header;
    public SafeFileHandle Device = null!;
    public bool Detached;

    private readonly NativeBuffer _small;
    private readonly Lock _lock = new();
    private long _ticket = 1;
    private NativeBuffer _request;
    private int _requestAt;
    private NativeBuffer? _large;
    private NativeBuffer? _reply;
    private CancellationTokenSource? _interrupt;
    private ulong _interrupted;
    private long _begun;
    private TimeSpan _patience;

    public RequestSlot(FuseServer server, NativeBuffer small)
    {
        Server = server;
        _small = small;
        _request = small;
    }

    public long Ticket => Volatile.Read(ref _ticket);

    /// <summary>Bytes of the request after its header, without extensions.</summary>
    public int BodyLength { get; private set; }

    public byte* Body => _request.Start + _requestAt + sizeof(FuseInHeader);

    /// <summary>Copies a small request in; the reader keeps its buffer.</summary>
    public void Take(SafeFileHandle device, byte* request, int length)
    {
        Buffer.MemoryCopy(request, _small.Start + SmallRequestAt, SmallBytes - SmallRequestAt, length);
        Begin(device, _small, SmallRequestAt);
    }

    /// <summary>Takes the reader's buffer with the request in it.</summary>
    public void Take(SafeFileHandle device, NativeBuffer large)
    {
        _large = large;
        Begin(device, large, LargeRequestAt);
    }

    /// <summary>Body bytes as memory that lives until the reply.</summary>
    public ReadOnlyMemory<byte> BodyMemory(int offset, int length) =>
        _request.Memory.Slice(_requestAt + sizeof(FuseInHeader) + offset, length);

    public ReadOnlySpan<byte> Extensions =>
        new(Body + BodyLength, Header.TotalExtLen * 8);

    public bool IsPending(long ticket) => Ticket == ticket;

    /// <summary>Room to put a reply's data together; lives until the reply.</summary>
    public Memory<byte> ReplyBuffer(int length)
    {
        _reply ??= Server.Buffers.Rent();
        Check.That(length <= _reply.Length);
        return _reply.Memory[..length];
    }

    /// <summary>The one who gets true answers; everybody else may no longer.</summary>
    public bool TryClaim(long ticket) => Interlocked.CompareExchange(ref _ticket, ticket + 1, ticket) == ticket;

    /// <summary>Writes header and structures of a claimed reply.</summary>
    public Errno Send<T>(in T body)
        where T : unmanaged
    {
        *(T*)(_small.Start + sizeof(FuseOutHeader)) = body;
        return SendHead(sizeof(T));
    }

    /// <summary>Two structures one after the other (CREATE).</summary>
    public Errno Send<T1, T2>(in T1 first, in T2 second)
        where T1 : unmanaged
        where T2 : unmanaged
    {
        byte* at = _small.Start + sizeof(FuseOutHeader);
        *(T1*)at = first;
        *(T2*)(at + sizeof(T1)) = second;
        return SendHead(sizeof(T1) + sizeof(T2));
    }

    /// <summary>Only the header.</summary>
    public Errno Send(Errno errno)
    {
        var head = (FuseOutHeader*)_small.Start;
        // The one place where an errno is negated.
        *head = new FuseOutHeader { Len = (uint)sizeof(FuseOutHeader), Error = -(int)errno, Unique = Header.Unique };
        return Written(Libc.Write(Device, head, head->Len));
    }

    /// <summary>A structure in the head and data from the caller's memory: gathered by the kernel, not copied here.</summary>
    public Errno Send(int headBodyBytes, ReadOnlySpan<IoVec> data)
    {
        IoVec* vectors = stackalloc IoVec[data.Length + 1];
        int head = sizeof(FuseOutHeader) + headBodyBytes;
        vectors[0] = new IoVec(_small.Start, (nuint)head);
        nuint total = (nuint)head;
        for (int i = 0; i < data.Length; i++)
        {
            vectors[i + 1] = data[i];
            total += data[i].Length;
        }
        *(FuseOutHeader*)_small.Start = new FuseOutHeader { Len = (uint)total, Error = 0, Unique = Header.Unique };
        return Written(Libc.WriteV(Device, vectors, data.Length + 1));
    }

    /// <summary>Where a structure before gathered data goes.</summary>
    public T* HeadBody<T>()
        where T : unmanaged => (T*)(_small.Start + sizeof(FuseOutHeader));

    /// <summary>After the reply: buffers and slot go back. Nothing of this slot may be touched afterwards.</summary>
    public void Release()
    {
        long milliseconds = Environment.TickCount64 - _begun;
        if (milliseconds >= Server.SlowMilliseconds) TellSlow(milliseconds);
        NativeBuffer? large = _large;
        NativeBuffer? reply = _reply;
        _large = null;
        _reply = null;
        if (_interrupt is not null) RetireInterrupt();
        if (large is not null) Server.Buffers.Return(large);
        if (reply is not null) Server.Buffers.Return(reply);
        Server.Slots.Return(this);
    }

    /// <summary>The request as what an INTERRUPT is about, whether or not it was resent since.</summary>
    public bool TryInterrupt(ulong unique)
    {
        CancellationTokenSource? source;
        long ticket;
        uint caller;
        TimeSpan left;
        lock (_lock)
        {
            if ((Ticket & 1) != 0 || FuseRequest.KeyOf(Header.Unique) != FuseRequest.KeyOf(unique)) return false;
            _interrupted = Header.Unique;
            source = _interrupt;
            _interrupt = null;
            (ticket, caller, left) = (Ticket, Header.Pid, Left(_patience));
        }
        if (source is not null) _ = Interruption.EndAsync(this, ticket, caller, source, left);
        return true;
    }

    public bool IsInterrupted
    {
        get
        {
            lock (_lock) return _interrupted == Header.Unique;
        }
    }

    public CancellationToken InterruptTokenAfter(TimeSpan patience)
    {
        lock (_lock)
        {
            if (_interrupted != Header.Unique)
            {
                _patience = patience;
                return (_interrupt ??= new CancellationTokenSource()).Token;
            }
        }
        var left = Left(patience);
        if (left == TimeSpan.Zero) return new CancellationToken(canceled: true);
        // The signal came first; nothing else will cancel this one, so it is the caller's alone.
        var late = new CancellationTokenSource();
        _ = Interruption.EndAsync(this, Ticket, Header.Pid, late, left);
        return late.Token;
    }

    private void Begin(SafeFileHandle device, NativeBuffer request, int requestAt)
    {
        _request = request;
        _requestAt = requestAt;
        Device = device;
        Detached = false;
        Header = Unsafe.ReadUnaligned<FuseInHeader>(request.Start + requestAt);
        _interrupted = 0;
        _patience = default;
        _begun = Environment.TickCount64;
        BodyLength = (int)Header.Len - sizeof(FuseInHeader) - (Header.TotalExtLen * 8);
        Volatile.Write(ref _ticket, _ticket + 1);
    }

    private Errno SendHead(int bodyBytes)
    {
        var head = (FuseOutHeader*)_small.Start;
        *head = new FuseOutHeader
        {
            Len = (uint)(sizeof(FuseOutHeader) + bodyBytes),
            Error = 0,
            Unique = Header.Unique,
        };
        return Written(Libc.Write(Device, head, head->Len));
    }

    // What is left of a time that began when the request came.
    private TimeSpan Left(TimeSpan patience)
    {
        var left = patience - TimeSpan.FromMilliseconds(Environment.TickCount64 - _begun);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private void TellSlow(long milliseconds)
    {
        var errno = (Errno)(-((FuseOutHeader*)_small.Start)->Error);
        Server.Slow(new FuseSlow(
            Header.Opcode, Header.NodeId, Header.Pid, Header.Uid, TimeSpan.FromMilliseconds(milliseconds), errno));
    }

    private static Errno Written(nint result) => result >= 0 ? Errno.OK : Libc.LastErrno;

    private void RetireInterrupt()
    {
        lock (_lock)
        {
            // A source that was never cancelled serves the slot's next request; one that was is gone already.
            if (_interrupt is { } source && !source.TryReset()) _interrupt = null;
        }
    }
}
