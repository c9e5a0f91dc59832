using FlexFs.Core;
using FlexFs.Wire;

namespace FlexFs.Rpc;

/// <summary>The requests of a session that are not answered, each in its slot, and the calls that wait for one.</summary>
/// <remarks>
/// Not locked: the client's lock is. After every call:
///   1. a busy slot holds the encoded frame of its request, until the answer comes or the session is lost;
///   2. numbers grow by one in each slot and are never used again, whoever stopped waiting for the answer;
///   3. a call is in one slot, in one lane's queue, or nowhere; it is queued only while its lane is full;
///   4. the lanes share nothing: neither slots nor queues nor the budget of bytes, which is the normal lane's;
///   5. nothing is queued for the blocking lane.
/// </remarks>
internal sealed class RequestWindow
{
    private struct Slot
    {
        public ulong Number;
        public long Order;
        public byte[]? Frame;
        public int FrameBytes;
        public bool IsBusy;
        public RpcCall? Call;
    }

    private sealed class Lane
    {
        public required int First { get; init; }

        public required int Count { get; init; }

        public required long BytesMax { get; init; }

        /// <summary>As many as were ever in use at once.</summary>
        public Slot[] Slots { get; private set; } = [];

        private Stack<int> Free { get; } = new();

        public LinkedList<RpcCall> Queue { get; } = new();

        public int Used { get; set; }

        public int Usable { get; set; }

        public long Bytes { get; set; }

        private int Known { get; set; }

        public bool HasRoomFor(int bytes) =>
            Used == 0 || (Used < Usable && Bytes + bytes <= BytesMax);

        public int TakeFree()
        {
            if (Free.TryPop(out var free)) return free;
            Check.That(Known < Count);
            if (Known == Slots.Length)
            {
                var more = Slots;
                Array.Resize(ref more, Math.Min(Count, Math.Max(16, Known * 2)));
                Slots = more;
            }

            return First + Known++;
        }

        public void GiveBack(int slot) => Free.Push(slot);
    }

    private readonly Lane _normal;
    private readonly Lane _first;
    private readonly Lane _release;
    private readonly Lane _waiting;
    private readonly Lane _blocking;
    private readonly int _waitingMax;
    private long _order;

    public RequestWindow(RpcClientOptions options)
    {
        var count = Math.Clamp(options.Slots, 1, RpcProtocol.NormalSlotsMax);
        _normal = MakeLane(RpcProtocol.ReleaseSlots, count, options.WindowBytesMax);
        _first = MakeLane(RpcProtocol.FirstSlot, 1, long.MaxValue);
        _release = MakeLane(1, Math.Clamp(options.ReleaseSlots, 1, RpcProtocol.ReleaseSlots - 1), long.MaxValue);
        _waiting = MakeLane(
            RpcProtocol.FirstWaitingSlot,
            Math.Clamp(options.WaitingSlots, 1, RpcProtocol.FirstBlockingSlot - RpcProtocol.FirstWaitingSlot), long.MaxValue);
        _blocking = MakeLane(
            RpcProtocol.FirstBlockingSlot,
            Math.Clamp(options.BlockingSlots, 1, Limits.RpcSlotsMax - RpcProtocol.FirstBlockingSlot), long.MaxValue);
        _waitingMax = options.WaitingMax;
    }

    /// <summary>Busy slots.</summary>
    public int Unanswered => _normal.Used + _first.Used + _release.Used + _waiting.Used + _blocking.Used;

    /// <summary>Calls that wait for a slot.</summary>
    public int Waiting => _normal.Queue.Count + _first.Queue.Count + _release.Queue.Count + _waiting.Queue.Count;

    /// <summary>The server wants no more slots of the normal lane in use than this; 0 is no wish.</summary>
    public void Narrow(int slots) => _normal.Usable = slots == 0 ? _normal.Count : Math.Min(slots, _normal.Count);

    /// <summary>Gives a call a slot, or a place in its lane's queue.</summary>
    /// <param name="call">In no window, with an encoded frame; its header is filled in here.</param>
    /// <param name="header">The header but for slot and number.</param>
    /// <param name="slot">The slot, when there is one: send it. Otherwise -1.</param>
    /// <returns>OK; EAGAIN when too many wait already, or the lane is full and none may wait for it.</returns>
    public Errno Add(RpcCall call, in FrameHeader header, out int slot)
    {
        var lane = LaneOf(call.Lane);
        slot = -1;
        if (lane.Queue.Count == 0 && lane.HasRoomFor(call.FrameBytes))
        {
            slot = Occupy(lane, call, header);
            return Errno.OK;
        }

        if (Waiting >= _waitingMax || call.Lane == RpcLane.Blocking) return Errno.EAGAIN;
        call.Place = CallPlace.Queue;
        WriteHeader(call.Frame!, header);
        lane.Queue.AddLast(call.Node);
        return Errno.OK;
    }

    /// <summary>The frame of a busy slot.</summary>
    public ReadOnlySpan<byte> FrameOf(int slot)
    {
        ref var busy = ref SlotOf(slot);
        return busy.Frame.AsSpan(0, busy.FrameBytes);
    }

    /// <summary>The header of what is in a busy slot.</summary>
    public FrameHeader HeaderOf(int slot) => ReadHeader(SlotOf(slot).Frame!);

    /// <summary>The lane that a slot is of.</summary>
    public static RpcLane LaneOfSlot(int slot) => RpcProtocol.LaneOf((uint)slot);

    /// <summary>Ends the request that a reply is of.</summary>
    /// <param name="header">Of the reply.</param>
    /// <param name="call">Who waits for it; null when the caller stopped waiting.</param>
    /// <param name="frame">The request, until the window changes.</param>
    /// <returns>False when there is no such request: it was answered before.</returns>
    public bool TryAnswer(in FrameHeader header, out RpcCall? call, out ReadOnlySpan<byte> frame)
    {
        call = null;
        frame = default;
        if (!IsUnanswered(header)) return false;
        frame = FrameOf((int)header.Slot);
        call = Vacate((int)header.Slot);
        return true;
    }

    /// <summary>A request would have to wait, and had no effect: it leaves its slot for one of those that wait.</summary>
    /// <param name="header">Of the server's word.</param>
    /// <param name="why">What the server said with it.</param>
    /// <param name="call">Who waits for it, when it cannot go on; otherwise null.</param>
    /// <param name="slot">The new slot, when there is one: send it. Otherwise -1.</param>
    /// <returns>OK; ENOENT when there is no such request; EAGAIN for <paramref name="call"/> when too many wait.</returns>
    public Errno Move(in FrameHeader header, ReadOnlySpan<byte> why, out RpcCall? call, out int slot)
    {
        call = null;
        slot = -1;
        if (!IsUnanswered(header) || RpcProtocol.MayWait(header.Slot)) return Errno.ENOENT;
        ref var busy = ref SlotOf((int)header.Slot);
        var request = ReadHeader(busy.Frame!);
        var (frame, bytes) = (busy.Frame, busy.FrameBytes);
        busy.Frame = null;
        var moved = Vacate((int)header.Slot);

        // It had no effect and nobody waits for it: that is the end of it.
        if (moved is null) return Errno.OK;
        moved.IsQueued = true;
        moved.Why = why.ToArray();
        var isBlocking = (header.Flags & FrameFlags.Blocking) != 0;
        moved.MoveTo(isBlocking ? RpcLane.Blocking : RpcLane.Waiting, frame!, bytes);
        var errno = Add(moved, request with { Flags = request.Flags & ~FrameFlags.Release }, out slot);
        if (errno != Errno.OK) call = moved;
        return errno;
    }

    /// <summary>Moves the next call of a lane's queue into a slot, if there is room.</summary>
    /// <returns>The slot, to be sent; or -1.</returns>
    public int Advance(RpcLane of)
    {
        var lane = LaneOf(of);
        if (lane.Queue.First is not { } node || !lane.HasRoomFor(node.Value.FrameBytes)) return -1;
        lane.Queue.Remove(node);
        var call = node.Value;
        return Occupy(lane, call, ReadHeader(call.Frame!));
    }

    /// <summary>The caller stops waiting. A request that was sent keeps its slot until it is answered.</summary>
    /// <returns>False when the call is in the window no more.</returns>
    public bool TryAbandon(RpcCall call)
    {
        switch (call.Place)
        {
            case CallPlace.Queue:
                LaneOf(call.Lane).Queue.Remove(call.Node);
                break;
            case CallPlace.Slot:
                SlotOf(call.Slot).Call = null;
                break;
            default:
                return false;
        }

        call.Place = CallPlace.Nowhere;
        return true;
    }

    /// <summary>Busy slots in the order in which their requests were first sent.</summary>
    public void CopyUnanswered(List<int> slots)
    {
        slots.Clear();
        foreach (var lane in (ReadOnlySpan<Lane>)[_first, _release, _normal, _waiting, _blocking])
        {
            for (var i = 0; i < lane.Slots.Length; i++)
            {
                if (lane.Slots[i].IsBusy) slots.Add(lane.First + i);
            }
        }

        slots.Sort((a, b) => SlotOf(a).Order.CompareTo(SlotOf(b).Order));
    }

    /// <summary>Empties the window: nothing in it will be answered.</summary>
    /// <param name="calls">Gets who waited, those that were sent first, in their order.</param>
    public void Clear(List<RpcCall> calls)
    {
        var slots = new List<int>();
        CopyUnanswered(slots);
        foreach (var slot in slots)
        {
            if (Vacate(slot) is { } call) calls.Add(call);
        }

        foreach (var lane in (ReadOnlySpan<Lane>)[_first, _release, _normal, _waiting]) ClearQueue(lane, calls);
    }

    /// <summary>Empties the first lane: what is in it is about the server of one connection, and says nothing to the next.</summary>
    /// <param name="calls">Gets who waited, in their order.</param>
    public void ClearFirst(List<RpcCall> calls)
    {
        for (var i = 0; i < _first.Slots.Length; i++)
        {
            if (_first.Slots[i].IsBusy && Vacate(_first.First + i) is { } call) calls.Add(call);
        }

        ClearQueue(_first, calls);
    }

    private static void ClearQueue(Lane lane, List<RpcCall> calls)
    {
        while (lane.Queue.First is { } node)
        {
            lane.Queue.Remove(node);
            node.Value.Place = CallPlace.Nowhere;
            calls.Add(node.Value);
        }
    }

    private static Lane MakeLane(int first, int count, long bytesMax) =>
        new() { First = first, Count = count, Usable = count, BytesMax = bytesMax };

    private static FrameHeader ReadHeader(byte[] frame)
    {
        var reader = new WireReader(frame.AsMemory(0, FrameHeader.Bytes));
        Check.That(FrameHeader.TryDecode(ref reader, out var header));
        return header;
    }

    private static void WriteHeader(byte[] frame, in FrameHeader header)
    {
        var writer = new WireWriter(frame.AsSpan(0, FrameHeader.Bytes));
        header.Encode(ref writer);
    }

    private Lane LaneOf(RpcLane lane) => lane switch
    {
        RpcLane.First => _first,
        RpcLane.Release => _release,
        RpcLane.Waiting => _waiting,
        RpcLane.Blocking => _blocking,
        _ => _normal,
    };

    private ref Slot SlotOf(int index)
    {
        var lane = LaneOf(LaneOfSlot(index));
        return ref lane.Slots[index - lane.First];
    }

    private bool IsUnanswered(in FrameHeader header)
    {
        if (header.Slot >= Limits.RpcSlotsMax) return false;
        var lane = LaneOf(LaneOfSlot((int)header.Slot));
        var at = (int)header.Slot - lane.First;
        return at < lane.Slots.Length && lane.Slots[at].IsBusy && lane.Slots[at].Number == header.Number;
    }

    private int Occupy(Lane lane, RpcCall call, in FrameHeader header)
    {
        var index = lane.TakeFree();
        ref var slot = ref SlotOf(index);
        slot.Number++;
        slot.Order = _order++;
        (slot.Frame, call.Frame) = (call.Frame, slot.Frame);
        slot.FrameBytes = call.FrameBytes;
        slot.IsBusy = true;
        slot.Call = call;
        WriteHeader(slot.Frame!, header with { Slot = (uint)index, Number = slot.Number });
        lane.Used++;
        lane.Bytes += slot.FrameBytes;
        call.Place = CallPlace.Slot;
        call.Slot = index;
        return index;
    }

    private RpcCall? Vacate(int index)
    {
        ref var slot = ref SlotOf(index);
        var lane = LaneOf(LaneOfSlot(index));
        var call = slot.Call;
        slot.Frame = FrameBuffer.Trim(slot.Frame);
        slot.IsBusy = false;
        slot.Call = null;
        lane.Used--;
        lane.Bytes -= slot.FrameBytes;
        lane.GiveBack(index);
        if (call is not null) call.Place = CallPlace.Nowhere;
        return call;
    }
}
