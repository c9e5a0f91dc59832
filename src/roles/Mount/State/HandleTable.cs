using FlexFs.Core;

namespace FlexFs.Mount.State;

/// <summary>The open handles of the mount, in the region: a successor finds there what the kernel's handle numbers mean.</summary>
/// <remarks>
/// After every call (HandleTableTests): a handle that was recorded and not removed is in exactly one slot; a free slot has no
/// meaning. Lock: <see cref="_lock"/>, held for a few stores.
/// </remarks>
public sealed class HandleTable
{
    private readonly StateRegion _region;
    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, int> _slotOf = [];
    private readonly Stack<int> _free = [];

    /// <summary>The table of <paramref name="region"/>, with what a predecessor left in it.</summary>
    public HandleTable(StateRegion region)
    {
        ArgumentNullException.ThrowIfNull(region);
        _region = region;
        var slots = Slots;
        for (var i = slots.Length - 1; i >= 0; i--)
        {
            if (Volatile.Read(ref slots[i].State) == (int)SlotState.Used) _slotOf.Add(slots[i].Handle, i);
            else _free.Push(i);
        }
    }

    /// <summary>Handles that are open.</summary>
    public int Count
    {
        get
        {
            lock (_lock) return _slotOf.Count;
        }
    }

    private Span<HandleSlot> Slots =>
        _region.Slots<HandleSlot>(RegionLayout.HandlesOffset, _region.Layout.HandleCapacity);

    /// <summary>Records an open handle. ENFILE when the table is full.</summary>
    public Errno Add(ulong handle, InodeId inode, uint openFlags)
    {
        lock (_lock)
        {
            if (!_free.TryPop(out var index)) return Errno.ENFILE;
            _slotOf.Add(handle, index);
            ref var slot = ref Slots[index];
            slot.Handle = handle;
            slot.Inode = inode.Value;
            slot.OpenFlags = openFlags;
            slot.ErrorSeen = 0;
            Volatile.Write(ref slot.State, (int)SlotState.Used);
            return Errno.OK;
        }
    }

    /// <summary>Forgets a handle; one that is not there is no error (a RELEASE may come twice after a crash).</summary>
    public void Remove(ulong handle)
    {
        lock (_lock)
        {
            if (!_slotOf.Remove(handle, out var index)) return;
            Volatile.Write(ref Slots[index].State, (int)SlotState.Free);
            _free.Push(index);
        }
    }

    /// <summary>Copies what is open: handle, inode and flags.</summary>
    public IReadOnlyList<HandleSlot> Snapshot()
    {
        lock (_lock)
        {
            var slots = Slots;
            var open = new List<HandleSlot>(_slotOf.Count);
            foreach (var index in _slotOf.Values) open.Add(slots[index]);
            return open;
        }
    }
}
