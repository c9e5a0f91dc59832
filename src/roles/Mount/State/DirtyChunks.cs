using System.Buffers;
using FlexFs.Client.Writing;

namespace FlexFs.Mount.State;

/// <summary>Dirty data in the region: what programs wrote and what is not stored yet outlives the process.</summary>
/// <remarks>
/// After every call (DirtyChunksTests): a chunk is free or belongs to who took it; a chunk whose descriptor says so holds what it
/// says. Memory goes back to the machine when more chunks than <see cref="IdleChunksKept"/> lie idle. Lock: <see cref="_lock"/>,
/// never held while bytes are copied.
/// </remarks>
public sealed class DirtyChunks : IDirtyMemory
{
    private const int IdleChunksKept = 64;
    private readonly StateRegion _region;
    private readonly Lock _lock = new();
    private readonly Stack<int> _warm = [];
    private readonly Stack<int> _cold = [];
    private readonly ChunkMemory[] _memory;

    /// <summary>The chunks of <paramref name="region"/>; those that a predecessor described stay taken.</summary>
    public DirtyChunks(StateRegion region)
    {
        ArgumentNullException.ThrowIfNull(region);
        _region = region;
        _memory = new ChunkMemory[ChunkCount];
        for (var i = ChunkCount - 1; i >= 0; i--)
        {
            _memory[i] = new ChunkMemory(region, i);
            if (Volatile.Read(ref Slots[i].State) == (int)DirtyChunkState.Free) _cold.Push(i);
        }
    }

    /// <inheritdoc/>
    public int ChunkBytes => RegionLayout.ChunkBytes;

    /// <inheritdoc/>
    public int ChunkCount => _region.Layout.ChunkCapacity;

    /// <summary>Chunks that can be taken.</summary>
    public int FreeCount
    {
        get
        {
            lock (_lock) return _warm.Count + _cold.Count;
        }
    }

    private Span<ChunkSlot> Slots =>
        _region.Slots<ChunkSlot>(_region.Layout.ChunkSlotsOffset, _region.Layout.ChunkCapacity);

    /// <inheritdoc/>
    public bool TryTake(out int chunk)
    {
        lock (_lock) return _warm.TryPop(out chunk) || _cold.TryPop(out chunk);
    }

    /// <inheritdoc/>
    public Memory<byte> Bytes(int chunk) => _memory[chunk].Memory;

    /// <inheritdoc/>
    public void Describe(int chunk, in DirtyChunkDescriptor descriptor)
    {
        ref var slot = ref Slots[chunk];
        // While the fields change the slot reads as free: a successor must not take half of a description.
        Volatile.Write(ref slot.State, (int)DirtyChunkState.Free);
        slot.ChunkOffset = descriptor.ChunkOffset;
        slot.LengthBytes = descriptor.LengthBytes;
        slot.Inode = descriptor.Inode.Value;
        slot.FileOffset = descriptor.FileOffset;
        slot.Sequence = descriptor.Sequence;
        slot.WrittenAt = descriptor.WrittenAt.Nanoseconds;
        Volatile.Write(ref slot.State, (int)descriptor.State);
    }

    /// <inheritdoc/>
    public void Release(int chunk)
    {
        Volatile.Write(ref Slots[chunk].State, (int)DirtyChunkState.Free);
        lock (_lock)
        {
            if (_warm.Count < IdleChunksKept)
            {
                _warm.Push(chunk);
                return;
            }
        }

        _region.Release(chunk);
        lock (_lock) _cold.Push(chunk);
    }

    /// <summary>A chunk as managed code passes memory around.</summary>
    private sealed unsafe class ChunkMemory(StateRegion region, int index) : MemoryManager<byte>
    {
        public override Span<byte> GetSpan() => new(region.Chunk(index), RegionLayout.ChunkBytes);

        public override MemoryHandle Pin(int elementIndex = 0) => new(region.Chunk(index) + elementIndex);

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
