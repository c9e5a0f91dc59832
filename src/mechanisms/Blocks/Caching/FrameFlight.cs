using FlexFs.Blocks.Buffers;
using FlexFs.Blocks.Format;
using FlexFs.Core;

namespace FlexFs.Blocks.Caching;

/// <summary>A run of frames on its way from the store; everybody who wants one of them waits for it.</summary>
/// <remarks>
/// It holds its buffers until it has landed and the last who joined has left. <see cref="Holders"/> is under the cache's lock.
/// </remarks>
internal sealed class FrameFlight
{
    private readonly PooledBuffer[] _buffers;
    private readonly TaskCompletionSource<bool> _landed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal FrameFlight(ObjectId id, ObjectLayout layout, int first, int count, BufferPool pool)
    {
        Id = id;
        Layout = layout;
        First = first;
        _buffers = new PooledBuffer[count];
        for (var i = 0; i < count; i++) _buffers[i] = pool.Rent(layout.PlainLength(first + i));
    }

    internal ObjectId Id { get; }

    internal ObjectLayout Layout { get; }

    internal int First { get; }

    internal int Count => _buffers.Length;

    /// <summary>Who still needs the buffers: the fetch itself, and everybody who waits.</summary>
    internal int Holders { get; set; } = 1;

    /// <summary>Whether the object was there; or why its bytes cannot be had.</summary>
    internal Task<bool> Landed => _landed.Task;

    internal long Bytes
    {
        get
        {
            long bytes = 0;
            foreach (var buffer in _buffers) bytes += buffer.SizeBytes;
            return bytes;
        }
    }

    internal Memory<byte>[] Destinations()
    {
        var destinations = new Memory<byte>[_buffers.Length];
        for (var i = 0; i < destinations.Length; i++) destinations[i] = _buffers[i].First(Layout.PlainLength(First + i));
        return destinations;
    }

    internal PooledBuffer BufferOf(int frame) => _buffers[frame - First];

    internal void Succeed(bool isFound) => _landed.SetResult(isFound);

    internal void Fail(Exception failure)
    {
        _landed.SetException(failure);

        // Of a prefetch nobody may ask.
        _ = _landed.Task.Exception;
    }

    internal void ReleaseBuffers()
    {
        foreach (var buffer in _buffers) buffer.Release();
    }
}
