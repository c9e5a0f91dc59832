using System.Numerics;
using FlexFs.Core;

namespace FlexFs.Blocks.Buffers;

/// <summary>Native buffers in sizes of powers of two, used again. Locked by itself; any thread.</summary>
/// <param name="keptBytesMax">Bytes of free buffers it keeps; more are given back to the system.</param>
public sealed class BufferPool(long keptBytesMax) : IDisposable
{
    private const int SizeLog2Min = 12;
    private const int SizeLog2Max = 24;
    private readonly Stack<PooledBuffer>[] _free = [.. Enumerable.Range(0, SizeLog2Max + 1).Select(_ => new Stack<PooledBuffer>())];
    private readonly Lock _gate = new();
    private long _keptBytes;
    private long _rentedBytes;
    private bool _isDisposed;

    /// <summary>Bytes of buffers that somebody holds.</summary>
    public long RentedBytes => Interlocked.Read(ref _rentedBytes);

    /// <summary>A buffer with room for <paramref name="length"/> bytes, at most 16 MiB; the caller is its one holder.</summary>
    public PooledBuffer Rent(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        var sizeLog2 = SizeLog2For(length);
        Check.That(sizeLog2 <= SizeLog2Max);
        PooledBuffer? buffer;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_free[sizeLog2].TryPop(out buffer)) _keptBytes -= buffer.SizeBytes;
        }

        buffer ??= new PooledBuffer(this, sizeLog2);
        buffer.Rented();
        Interlocked.Add(ref _rentedBytes, buffer.SizeBytes);
        return buffer;
    }

    /// <summary>What <see cref="Rent"/> takes for so many bytes.</summary>
    public static int SizeFor(int length) => 1 << SizeLog2For(length);

    /// <summary>Frees what nobody holds; what is held is freed when it comes back.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            foreach (var stack in _free)
            {
                while (stack.TryPop(out var buffer)) buffer.Free();
            }

            _keptBytes = 0;
        }
    }

    internal void Return(PooledBuffer buffer)
    {
        Interlocked.Add(ref _rentedBytes, -buffer.SizeBytes);
        lock (_gate)
        {
            if (!_isDisposed && _keptBytes + buffer.SizeBytes <= keptBytesMax)
            {
                _keptBytes += buffer.SizeBytes;
                _free[buffer.SizeLog2].Push(buffer);
                return;
            }
        }

        buffer.Free();
    }

    private static int SizeLog2For(int length) =>
        Math.Max(SizeLog2Min, BitOperations.Log2((uint)Math.Max(1, length - 1)) + 1);
}
