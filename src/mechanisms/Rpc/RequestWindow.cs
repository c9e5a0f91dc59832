using FlexFs.Core;
using FlexFs.Wire;

namespace FlexFs.Rpc;

/// <summary>The requests of a session that are not answered, each in its slot, and the calls that wait for one.</summary>
/// <remarks>
/// Not locked: the client's lock is. After every call:
///   1. a busy slot holds the encoded frame of its request, until the answer comes or the session is lost;
///   2. numbers grow by one in each slot and are never used again, whoever stopped waiting for the answer;
///   3. a call is in one slot, in one lane's queue, or nowhere; it is queued only while its lane is full;
///   4. the lanes share nothing: neither slots nor queues nor the budget of bytes, which is the normal lane's.
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

        public Stack<int> Free { get; } = new();

        public LinkedList<RpcCall> Queue { get; } = new();

        public int Used { get; set; }

        public int Usable { get; set; }

        public long Bytes { get; set; }

        public bool HasRoomFor(int bytes) =>
            Used == 0 || (Used < Usable && Bytes + bytes <= BytesMax);
    }

    private readonly Slot[] _slots = new Slot[Limits.RpcSlotsMax];
    private readonly Lane _normal;
    private readonly Lane _release;
    private readonly int _waitingMax;
    private long _order;

    public RequestWindow(RpcClientOptions options)
    {
        var count = Math.Clamp(options.Slots, 1, RpcProtocol.NormalSlotsMax);
        _normal = MakeLane(RpcProtocol.ReleaseSlots, count, options.WindowBytesMax);
        _release = MakeLane(0, Math.Clamp(options.ReleaseSlots, 1, RpcProtocol.ReleaseSlots), long.MaxValue);
        _waitingMax = options.WaitingMax;
    }

    /// <summary>Busy slots.</summary>
    public int Unanswered => _normal.Used + _release.Used;

    /// <summary>Calls that wait for a slot.</summary>
    public int Waiting => _normal.Queue.Count + _release.Queue.Count;

    /// <summary>The server wants no more slots of the normal lane in use than this; 0 is no wish.</summary>
    public void Narrow(int slots) => _normal.Usable = slots == 0 ? _normal.Count : Math.Min(slots, _normal.Count);

    /// <summary>Gives a call a slot, or a place in its lane's queue.</summary>
    /// <param name="call">In no window, with an encoded frame; its header is filled in here.</param>
    /// <param name="header">The header but for slot and number.</param>
    /// <param name="slot">The slot, when there is one: send it. Otherwise -1.</param>
    /// <returns>OK; EAGAIN when too many wait already.</returns>
    public Errno Add(RpcCall call, in FrameHeader header, out int slot)
    {
        var lane = LaneOf(call.Lane);
        slot = -1;
        if (lane.Queue.Count == 0 && lane.HasRoomFor(call.FrameBytes))
        {
            slot = Occupy(lane, call, header);
            return Errno.OK;
        }

        if (Waiting >= _waitingMax) return Errno.EAGAIN;
        call.Place = CallPlace.Queue;
        WriteHeader(call.Frame!, header);
        lane.Queue.AddLast(call.Node);
        return Errno.OK;
    }

    /// <summary>The frame of a busy slot.</summary>
    public ReadOnlySpan<byte> FrameOf(int slot) => _slots[slot].Frame.AsSpan(0, _slots[slot].FrameBytes);

    /// <summary>The lane that a slot is of.</summary>
    public static RpcLane LaneOfSlot(int slot) => slot < RpcProtocol.ReleaseSlots ? RpcLane.Release : RpcLane.Normal;

    /// <summary>Ends the request that a reply is of.</summary>
    /// <param name="header">Of the reply.</param>
    /// <param name="call">Who waits for it; null when the caller stopped waiting.</param>
    /// <returns>False when there is no such request: it was answered before.</returns>
    public bool TryAnswer(in FrameHeader header, out RpcCall? call)
    {
        call = null;
        if (header.Slot >= (uint)_slots.Length) return false;
        ref var slot = ref _slots[header.Slot];
        if (!slot.IsBusy || slot.Number != header.Number) return false;
        call = Vacate((int)header.Slot);
        return true;
    }

    /// <summary>Moves the next call of a lane's queue into a slot, if there is room.</summary>
    /// <returns>The slot, to be sent; or -1.</returns>
    public int Advance(RpcLane of)
    {
        var lane = LaneOf(of);
        if (lane.Queue.First is not { } node || !lane.HasRoomFor(node.Value.FrameBytes)) return -1;
        lane.Queue.Remove(node);
        var call = node.Value;
        var reader = new WireReader(call.Frame.AsMemory(0, FrameHeader.Bytes));
        Check.That(FrameHeader.TryDecode(ref reader, out var header));
        return Occupy(lane, call, header);
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
                _slots[call.Slot].Call = null;
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
        for (var i = 0; i < _slots.Length; i++)
        {
            if (_slots[i].IsBusy) slots.Add(i);
        }

        slots.Sort((a, b) => _slots[a].Order.CompareTo(_slots[b].Order));
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

        foreach (var lane in (ReadOnlySpan<Lane>)[_release, _normal])
        {
            while (lane.Queue.First is { } node)
            {
                lane.Queue.Remove(node);
                node.Value.Place = CallPlace.Nowhere;
                calls.Add(node.Value);
            }
        }
    }

    private static Lane MakeLane(int first, int count, long bytesMax)
    {
        var lane = new Lane { First = first, Count = count, Usable = count, BytesMax = bytesMax };
        for (var i = count - 1; i >= 0; i--) lane.Free.Push(first + i);
        return lane;
    }

    private static void WriteHeader(byte[] frame, in FrameHeader header)
    {
        var writer = new WireWriter(frame.AsSpan(0, FrameHeader.Bytes));
        header.Encode(ref writer);
    }

    private Lane LaneOf(RpcLane lane) => lane == RpcLane.Release ? _release : _normal;

    private int Occupy(Lane lane, RpcCall call, in FrameHeader header)
    {
        var index = lane.Free.Pop();
        ref var slot = ref _slots[index];
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
        ref var slot = ref _slots[index];
        var lane = LaneOf(LaneOfSlot(index));
        var call = slot.Call;
        slot.Frame = FrameBuffer.Trim(slot.Frame);
        slot.IsBusy = false;
        slot.Call = null;
        lane.Used--;
        lane.Bytes -= slot.FrameBytes;
        lane.Free.Push(index);
        if (call is not null) call.Place = CallPlace.Nowhere;
        return call;
    }
}
