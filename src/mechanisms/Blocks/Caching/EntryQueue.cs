using FlexFs.Blocks.Buffers;

namespace FlexFs.Blocks.Caching;

/// <summary>A frame as the cache keeps it, with one reference to its buffer. Under the cache's lock.</summary>
internal sealed class Entry(FrameKey key, PooledBuffer buffer, int length)
{
    internal FrameKey Key { get; } = key;

    internal PooledBuffer Buffer { get; } = buffer;

    internal int Length { get; } = length;

    /// <summary>Hits since it was last looked at by eviction, up to three.</summary>
    internal int Uses { get; set; }
}

/// <summary>Frames in the order in which they came, with the sum of their memory.</summary>
internal sealed class EntryQueue
{
    private readonly Queue<Entry> _entries = new();

    internal long Bytes { get; private set; }

    internal int Count => _entries.Count;

    internal void Push(Entry entry)
    {
        _entries.Enqueue(entry);
        Bytes += entry.Buffer.SizeBytes;
    }

    internal Entry Pop()
    {
        var entry = _entries.Dequeue();
        Bytes -= entry.Buffer.SizeBytes;
        return entry;
    }

    internal void Clear()
    {
        _entries.Clear();
        Bytes = 0;
    }
}

/// <summary>Keys of frames that left the small queue unused: one that comes back soon goes to the main one.</summary>
internal sealed class GhostQueue
{
    private const int CountMin = 64;
    private readonly Queue<FrameKey> _order = new();
    private readonly HashSet<FrameKey> _keys = [];

    /// <summary>Remembers a key, and of all keys the last <paramref name="countMax"/>.</summary>
    internal void Add(FrameKey key, int countMax)
    {
        if (!_keys.Add(key)) return;
        _order.Enqueue(key);
        while (_order.Count > Math.Max(CountMin, countMax)) _keys.Remove(_order.Dequeue());
    }

    /// <summary>Whether the key is remembered; it is forgotten by this.</summary>
    internal bool Take(FrameKey key) => _keys.Remove(key);
}
