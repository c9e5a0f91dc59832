using System.Numerics;
using FlexFs.Core;

namespace FlexFs.Mount.State;

/// <summary>Requests of the kernel that have an effect: under way, and the last executed ones with their outcome.</summary>
/// <remarks>
/// The kernel sends a request again after a crash with bit 63 in its number; whoever executed it already must answer the same and
/// do nothing. A slot is found by the number; an executed one is overwritten when the kernel has gone a whole table further, by
/// which time it was answered long ago. After every call (RequestTableTests): a number is in at most one slot; a request under way
/// is never overwritten. Lock: <see cref="_lock"/>, held for a few stores.
/// </remarks>
public sealed class RequestTable
{
    private const ulong ResentBit = 1UL << 63;
    private const int Probes = 64;
    private readonly StateRegion _region;
    private readonly Lock _lock = new();
    private readonly ulong _mask;

    /// <summary>The table of <paramref name="region"/>, with what a predecessor left in it.</summary>
    public RequestTable(StateRegion region)
    {
        ArgumentNullException.ThrowIfNull(region);
        Check.That(BitOperations.IsPow2(region.Layout.RequestCapacity) && region.Layout.RequestCapacity >= Probes);
        _region = region;
        _mask = (ulong)region.Layout.RequestCapacity - 1;
    }

    private Span<RequestSlot> Slots =>
        _region.Slots<RequestSlot>(_region.Layout.RequestsOffset, _region.Layout.RequestCapacity);

    /// <summary>
    /// Records that a request begins, or finds that it was executed before: then <paramref name="executed"/> has the outcome.
    /// </summary>
    /// <returns>
    /// The slot to end it with; -1 when it was executed, or when more requests are under way than the table holds (it is then
    /// executed without a record).
    /// </returns>
    public int Begin(ulong unique, uint opcode, InodeId inode, out RequestSlot? executed)
    {
        executed = null;
        var number = unique & ~ResentBit;
        lock (_lock)
        {
            var slots = Slots;
            var free = -1;
            for (var i = 0; i < Probes; i++)
            {
                // Numbers grow by 2; bit 0 marks an interrupt.
                var index = (int)(((number >> 1) + (ulong)i) & _mask);
                ref var slot = ref slots[index];
                if (slot.State != (int)SlotState.Free && slot.Unique == number)
                {
                    if (slot.State == (int)SlotState.Executed)
                    {
                        executed = slot;
                        return -1;
                    }

                    slot.Crashes++;
                    return index;
                }

                if (free < 0 && slot.State != (int)SlotState.Used) free = index;
                // Only a request that is sent again can be further on; a new one takes the first place.
                if (free >= 0 && (unique & ResentBit) == 0) break;
            }

            if (free < 0) return -1;
            ref var taken = ref slots[free];
            Volatile.Write(ref taken.State, (int)SlotState.Free);
            taken.Unique = number;
            taken.Opcode = opcode;
            taken.Inode = inode.Value;
            taken.Errno = 0;
            taken.Crashes = 0;
            taken.ResultInode = 0;
            taken.ResultValue = 0;
            taken.FileOffset = 0;
            Volatile.Write(ref taken.State, (int)SlotState.Used);
            return free;
        }
    }

    /// <summary>Records the outcome, before the reply is written.</summary>
    public void End(int index, Errno errno, InodeId resultInode = default, ulong resultValue = 0)
    {
        if (index < 0) return;
        lock (_lock)
        {
            ref var slot = ref Slots[index];
            Check.That(slot.State == (int)SlotState.Used);
            slot.Errno = (int)errno;
            slot.ResultInode = resultInode.Value;
            slot.ResultValue = resultValue;
            Volatile.Write(ref slot.State, (int)SlotState.Executed);
        }
    }
}
