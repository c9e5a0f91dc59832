namespace FlexFs.Fuse.Memory;

/// <summary>The large buffers: one per reader, per large request under way, and per reply that is put together.</summary>
/// <remarks>
/// Invariants, under the lock:
///   1. at most <c>kept</c> buffers lie idle; what comes back beyond that is freed;
///   2. <see cref="RentForReading"/> waits while <c>max</c> or more are out, <see cref="Rent"/> never waits, so every
///      request that was read can be answered.
/// </remarks>
internal sealed class BufferPool(IFuseMemory memory, int bufferBytes, int kept, int max)
{
    // A monitor, not a Lock: readers wait on it.
    private readonly object _lock = new();
    private readonly NativeBuffer[] _idle = new NativeBuffer[kept];
    private int _idleCount;
    private int _out;
    private bool _closed;

    public int BufferBytes => bufferBytes;

    public int Out => Volatile.Read(ref _out);

    /// <summary>A buffer for the next request; waits while too many are out. Null when the pool is closed.</summary>
    public NativeBuffer? RentForReading()
    {
        lock (_lock)
        {
            while (!_closed && _out >= max) Monitor.Wait(_lock);
            return _closed ? null : Take();
        }
    }

    /// <summary>A buffer for a reply, at once.</summary>
    public NativeBuffer Rent()
    {
        lock (_lock) return Take();
    }

    public unsafe void Return(NativeBuffer buffer)
    {
        lock (_lock)
        {
            if (_out-- >= max) Monitor.Pulse(_lock);
            if (!_closed && _idleCount < _idle.Length)
            {
                _idle[_idleCount++] = buffer;
                return;
            }
        }
        memory.Free((nint)buffer.Start, (nuint)bufferBytes);
    }

    /// <summary>Frees what is idle, and what comes back from now on.</summary>
    public unsafe void Close()
    {
        lock (_lock)
        {
            _closed = true;
            while (_idleCount > 0) memory.Free((nint)_idle[--_idleCount].Start, (nuint)bufferBytes);
            Monitor.PulseAll(_lock);
        }
    }

    private NativeBuffer Take()
    {
        _out++;
        if (_idleCount > 0) return _idle[--_idleCount];
        nint address = memory.Allocate((nuint)bufferBytes);
        if (address != 0) return new NativeBuffer(address, bufferBytes);
        _out--;
        throw new InsufficientMemoryException($"no memory for a FUSE buffer of {bufferBytes} bytes");
    }
}
