using FlexFs.Blocks.Buffers;
using FlexFs.Blocks.Format;
using FlexFs.Core;

namespace FlexFs.Blocks.Caching;

/// <summary>Plain frames in memory, within a budget; each missing frame is fetched by one, whoever wants it.</summary>
/// <remarks>
/// 1. Bytes of cached frames never exceed the budget. Frames under way and leased ones that were evicted come on top; they are
///    bounded by how much is read at a time.
/// 2. A frame is cached, under way, or neither.
/// Eviction is S3-FIFO (Yang et al., SOSP 2023): new frames pass through a small queue, and only those used twice there, or soon
/// after, enter the main one; so a file read once from end to end evicts nothing of what is used again and again.
/// Locked by itself; any thread. A hit allocates nothing.
/// </remarks>
public sealed class FrameCache : IDisposable
{
    private const int SmallShare = 10;
    private const int UsesMax = 3;
    private readonly BufferPool _pool;
    private readonly long _budgetBytes;
    private readonly Lock _gate = new();
    private readonly Dictionary<FrameKey, Entry> _entries = [];
    private readonly Dictionary<FrameKey, FrameFlight> _flights = [];
    private readonly EntryQueue _small = new();
    private readonly EntryQueue _main = new();
    private readonly GhostQueue _ghosts = new();
    private long _hits;
    private long _misses;

    /// <summary>An empty cache.</summary>
    /// <param name="pool">Of the memory for frames.</param>
    /// <param name="budgetBytes">Memory of cached frames, at most.</param>
    public FrameCache(BufferPool pool, long budgetBytes)
    {
        ArgumentNullException.ThrowIfNull(pool);
        ArgumentOutOfRangeException.ThrowIfNegative(budgetBytes);
        _pool = pool;
        _budgetBytes = budgetBytes;
    }

    /// <summary>Memory of cached frames now.</summary>
    public long Bytes
    {
        get
        {
            lock (_gate) return _small.Bytes + _main.Bytes;
        }
    }

    /// <summary>Frames found.</summary>
    public long Hits => Interlocked.Read(ref _hits);

    /// <summary>Frames that had to be fetched.</summary>
    public long Misses => Interlocked.Read(ref _misses);

    /// <summary>The frame, when it is cached.</summary>
    public bool TryGet(FrameKey key, out FrameLease lease)
    {
        lock (_gate)
        {
            if (_entries.TryGetValue(key, out var entry))
            {
                lease = Lease(entry);
                return true;
            }
        }

        lease = default;
        return false;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            Check.That(_flights.Count == 0);
            foreach (var entry in _entries.Values) entry.Buffer.Release();
            _entries.Clear();
            _small.Clear();
            _main.Clear();
        }
    }

    /// <summary>For each frame of a run a lease, or a flight to wait for; new flights are to be started by the caller.</summary>
    internal void Acquire(
        ObjectId id, ObjectLayout layout, int first, int count, List<FrameTicket> tickets, List<FrameFlight> toStart)
    {
        lock (_gate)
        {
            for (var frame = first; frame < first + count; frame++)
            {
                var key = new FrameKey(id, frame);
                if (_entries.TryGetValue(key, out var entry))
                {
                    tickets.Add(new FrameTicket(Lease(entry), null));
                    continue;
                }

                if (!_flights.TryGetValue(key, out var flight))
                {
                    flight = Take(id, layout, frame, first + count);
                    toStart.Add(flight);
                }

                flight.Holders++;
                tickets.Add(new FrameTicket(default, flight));
            }
        }
    }

    /// <summary>Flights for what is missing of a run, up to a number of bytes; to be started by the caller.</summary>
    internal void Prefetch(
        ObjectId id, ObjectLayout layout, int first, int count, long bytesMax, List<FrameFlight> toStart)
    {
        lock (_gate)
        {
            for (var frame = first; frame < first + count && bytesMax > 0; frame++)
            {
                var key = new FrameKey(id, frame);
                if (_entries.ContainsKey(key) || _flights.ContainsKey(key)) continue;
                var flight = Take(id, layout, frame, first + count);
                toStart.Add(flight);
                bytesMax -= flight.Bytes;
            }
        }
    }

    /// <summary>A flight has landed: its frames are cached, and those who wait go on.</summary>
    internal void Land(FrameFlight flight, bool isFound)
    {
        lock (_gate)
        {
            for (var frame = flight.First; frame < flight.First + flight.Count; frame++)
            {
                var key = new FrameKey(flight.Id, frame);
                _flights.Remove(key);
                if (isFound) Add(key, flight.BufferOf(frame), flight.Layout.PlainLength(frame));
            }
        }

        flight.Succeed(isFound);
        Leave(flight);
    }

    /// <summary>A flight has failed, for all who wait; the next who wants its frames tries again.</summary>
    internal void Crash(FrameFlight flight, Exception failure)
    {
        lock (_gate)
        {
            for (var i = 0; i < flight.Count; i++) _flights.Remove(new FrameKey(flight.Id, flight.First + i));
        }

        flight.Fail(failure);
        Leave(flight);
    }

    /// <summary>One holder of a flight less.</summary>
    internal void Leave(FrameFlight flight)
    {
        lock (_gate)
        {
            if (--flight.Holders > 0) return;
        }

        flight.ReleaseBuffers();
    }

    // A flight from a missing frame up to the next that is not missing.
    private FrameFlight Take(ObjectId id, ObjectLayout layout, int first, int end)
    {
        var count = 1;
        while (first + count < end)
        {
            var key = new FrameKey(id, first + count);
            if (_entries.ContainsKey(key) || _flights.ContainsKey(key)) break;
            count++;
        }

        var flight = new FrameFlight(id, layout, first, count, _pool);
        for (var i = 0; i < count; i++) _flights.Add(new FrameKey(id, first + i), flight);
        _misses += count;
        return flight;
    }

    private FrameLease Lease(Entry entry)
    {
        _hits++;
        if (entry.Uses < UsesMax) entry.Uses++;
        entry.Buffer.AddReference();
        return new FrameLease(entry.Buffer, entry.Length);
    }

    private void Add(FrameKey key, PooledBuffer buffer, int length)
    {
        if (buffer.SizeBytes > _budgetBytes) return;
        buffer.AddReference();
        var entry = new Entry(key, buffer, length);
        _entries.Add(key, entry);
        (_ghosts.Take(key) ? _main : _small).Push(entry);
        while (_small.Bytes + _main.Bytes > _budgetBytes) EvictOne();
    }

    private void EvictOne()
    {
        if (_small.Count > 0 && (_small.Bytes * SmallShare > _budgetBytes || _main.Count == 0))
        {
            var entry = _small.Pop();
            if (entry.Uses > 1)
            {
                entry.Uses = 0;
                _main.Push(entry);
                return;
            }

            _ghosts.Add(entry.Key, _entries.Count);
            Drop(entry);
            return;
        }

        var oldest = _main.Pop();
        if (oldest.Uses > 0)
        {
            oldest.Uses--;
            _main.Push(oldest);
            return;
        }

        Drop(oldest);
    }

    private void Drop(Entry entry)
    {
        _entries.Remove(entry.Key);
        entry.Buffer.Release();
    }
}
