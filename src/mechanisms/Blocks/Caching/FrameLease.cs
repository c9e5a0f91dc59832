using FlexFs.Blocks.Buffers;
using FlexFs.Core;

namespace FlexFs.Blocks.Caching;

/// <summary>A frame of an object.</summary>
public readonly record struct FrameKey(ObjectId Object, int Frame);

/// <summary>Plain bytes of a frame that stay where they are until the lease is disposed, evicted or not. Disposed once.</summary>
public readonly struct FrameLease : IDisposable
{
    private readonly PooledBuffer _buffer;
    private readonly int _length;

    // Takes over one reference.
    internal FrameLease(PooledBuffer buffer, int length)
    {
        _buffer = buffer;
        _length = length;
    }

    /// <summary>The frame's plain bytes. Not to be written.</summary>
    public ReadOnlySpan<byte> Bytes => _buffer.GetSpan()[.._length];

    /// <inheritdoc/>
    public void Dispose() => _buffer.Release();
}
