using System.Buffers;
using System.Runtime.InteropServices;
using FlexFs.Core;

namespace FlexFs.Blocks.Buffers;

/// <summary>Native, page-aligned memory with a count of holders; the last one gives it back to its pool.</summary>
/// <remarks>
/// Whoever has a reference calls <see cref="Release"/> once; passing the buffer on passes that duty. Contents are unspecified at
/// first.
/// </remarks>
public sealed unsafe class PooledBuffer : MemoryManager<byte>
{
    private readonly BufferPool _pool;
    private readonly byte* _start;
    private int _references;

    internal PooledBuffer(BufferPool pool, int sizeLog2)
    {
        _pool = pool;
        SizeLog2 = sizeLog2;
        _start = (byte*)NativeMemory.AlignedAlloc((nuint)SizeBytes, 4096);
    }

    /// <summary>Bytes it has room for.</summary>
    public int SizeBytes => 1 << SizeLog2;

    internal int SizeLog2 { get; }

    /// <inheritdoc/>
    public override Span<byte> GetSpan() => new(_start, SizeBytes);

    /// <summary>The first bytes, for asynchronous calls.</summary>
    public Memory<byte> First(int length) => CreateMemory(length);

    /// <summary>One more holder; only while there is one.</summary>
    public void AddReference() => Check.That(Interlocked.Increment(ref _references) > 1);

    /// <summary>One holder less.</summary>
    public void Release()
    {
        var left = Interlocked.Decrement(ref _references);
        Check.That(left >= 0);
        if (left == 0) _pool.Return(this);
    }

    /// <inheritdoc/>
    public override MemoryHandle Pin(int elementIndex = 0) => new(_start + elementIndex);

    /// <inheritdoc/>
    public override void Unpin()
    {
    }

    internal void Rented() => _references = 1;

    internal void Free() => NativeMemory.AlignedFree(_start);

    /// <summary>Buffers belong to their pool.</summary>
    protected override void Dispose(bool disposing)
    {
    }
}
