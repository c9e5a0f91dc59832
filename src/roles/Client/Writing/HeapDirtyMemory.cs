using System.Numerics;
using FlexFs.Core;

namespace FlexFs.Client.Writing;

/// <summary>
/// Dirty memory on the managed heap: what it holds ends with the process. For tests, the simulator and tools.
/// </summary>
/// <remarks>Its lock guards the list of free chunks and the descriptors. A chunk is allocated when it is first
/// taken.</remarks>
public sealed class HeapDirtyMemory : IDirtyMemory
{
    private readonly Lock _gate = new();
    private readonly byte[]?[] _chunks;
    private readonly DirtyChunkDescriptor[] _descriptors;
    private readonly bool[] _taken;
    private readonly Stack<int> _free;

    /// <summary>Makes it empty.</summary>
    public HeapDirtyMemory(int chunkBytes, int chunkCount)
    {
        Check.That(BitOperations.IsPow2(chunkBytes));
        Check.That(chunkCount > 0);
        ChunkBytes = chunkBytes;
        _chunks = new byte[]?[chunkCount];
        _descriptors = new DirtyChunkDescriptor[chunkCount];
        _taken = new bool[chunkCount];
        _free = new Stack<int>(chunkCount);
        for (var i = chunkCount - 1; i >= 0; i--) _free.Push(i);
    }

    /// <inheritdoc/>
    public int ChunkBytes { get; }

    /// <inheritdoc/>
    public int ChunkCount => _chunks.Length;

    /// <summary>Chunks that are taken.</summary>
    public int Taken
    {
        get
        {
            lock (_gate) return _chunks.Length - _free.Count;
        }
    }

    /// <summary>What a chunk is said to be.</summary>
    public DirtyChunkDescriptor Describe(int chunk)
    {
        lock (_gate) return _descriptors[chunk];
    }

    /// <inheritdoc/>
    public bool TryTake(out int chunk)
    {
        lock (_gate)
        {
            if (!_free.TryPop(out chunk)) return false;
            _taken[chunk] = true;
            _chunks[chunk] ??= GC.AllocateUninitializedArray<byte>(ChunkBytes);
            return true;
        }
    }

    /// <inheritdoc/>
    public Memory<byte> Bytes(int chunk) => _chunks[chunk];

    /// <inheritdoc/>
    public void Describe(int chunk, in DirtyChunkDescriptor descriptor)
    {
        lock (_gate) _descriptors[chunk] = descriptor;
    }

    /// <inheritdoc/>
    public void Release(int chunk)
    {
        lock (_gate)
        {
            Check.That(_taken[chunk]);
            _taken[chunk] = false;
            _descriptors[chunk] = default;
            _free.Push(chunk);
        }
    }
}
