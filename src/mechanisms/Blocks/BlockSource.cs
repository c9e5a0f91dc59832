using FlexFs.Blocks.Caching;
using FlexFs.Blocks.Format;
using FlexFs.Core;

namespace FlexFs.Blocks;

/// <summary>What a read of an object found.</summary>
public enum BlockRead
{
    /// <summary>The destination holds the bytes that were written.</summary>
    Complete,

    /// <summary>The store has no such object: ask the metadata once more where the bytes are.</summary>
    NotFound,
}

/// <summary>Plain bytes of objects, from memory or from the store.</summary>
/// <remarks>
/// A read of cached frames completes at once and allocates nothing. Of others it makes one request for each run of missing frames,
/// shared with whoever wants the same. A fetch is not tied to the reader that began it: if that is cancelled, others still get it.
/// </remarks>
/// <param name="reader">Gets what is missing.</param>
/// <param name="cache">Keeps what was got. Disposed by its owner, after this.</param>
/// <param name="prefetchBytesMax">Bytes that hints may have under way; beyond, hints are ignored.</param>
public sealed class BlockSource(ObjectReader reader, FrameCache cache, long prefetchBytesMax) : IAsyncDisposable
{
    private readonly CancellationTokenSource _ended = new();
    private readonly HashSet<FrameFlight> _underWay = [];
    private long _prefetchBytes;
    private long _failedPrefetches;

    /// <summary>Hints that came to nothing because the store failed.</summary>
    public long FailedPrefetches => Interlocked.Read(ref _failedPrefetches);

    /// <summary>What a reader must know of an object, once for all of its reads.</summary>
    /// <param name="id">The object.</param>
    /// <param name="frameIndex">From the metadata; when it is empty the object's header is read.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Null when it had to be asked and the store has no such object.</returns>
    public ValueTask<ObjectLayout?> LayoutAsync(
        ObjectId id, ReadOnlyMemory<byte> frameIndex, CancellationToken cancellationToken)
    {
        if (frameIndex.IsEmpty) return reader.ReadLayoutAsync(id, cancellationToken);
        return ObjectLayout.TryParse(frameIndex, out var layout, out var reason)
            ? new(layout)
            : throw new CorruptObjectException(id, "the metadata server", $"its frame index: {reason}");
    }

    /// <summary>Reads by the frame index as the metadata has it.</summary>
    public async ValueTask<BlockRead> ReadAsync(
        ObjectId id, ReadOnlyMemory<byte> frameIndex, int offset, Memory<byte> destination,
        CancellationToken cancellationToken) =>
        await LayoutAsync(id, frameIndex, cancellationToken) is { } layout
            ? await ReadAsync(id, layout, offset, destination, cancellationToken)
            : BlockRead.NotFound;

    /// <summary>Reads plain bytes.</summary>
    /// <param name="id">The object.</param>
    /// <param name="layout">Its layout.</param>
    /// <param name="offset">In its plain bytes.</param>
    /// <param name="destination">Filled whole; must not reach beyond the object's end.</param>
    /// <param name="cancellationToken">Ends the wait; nothing is written to the destination after the task has completed.</param>
    public ValueTask<BlockRead> ReadAsync(
        ObjectId id, ObjectLayout layout, int offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(layout);
        Check.That(offset >= 0 && destination.Length <= layout.PlainBytes - offset);
        while (destination.Length > 0)
        {
            var frame = offset >> layout.FrameSizeLog2;
            if (!cache.TryGet(new FrameKey(id, frame), out var lease))
            {
                return FetchAndReadAsync(id, layout, offset, destination, cancellationToken);
            }

            using (lease)
            {
                var count = CopyFrom(lease, layout, offset, destination);
                offset += count;
                destination = destination[count..];
            }
        }

        return new(BlockRead.Complete);
    }

    /// <summary>Begins to fetch what a reader will probably want. A hint: it answers nothing and fails silently.</summary>
    public void Prefetch(ObjectId id, ObjectLayout layout, int offset, int length)
    {
        ArgumentNullException.ThrowIfNull(layout);
        offset = Math.Clamp(offset, 0, layout.PlainBytes);
        length = Math.Clamp(length, 0, layout.PlainBytes - offset);
        var left = prefetchBytesMax - Interlocked.Read(ref _prefetchBytes);
        if (length == 0 || left <= 0 || _ended.IsCancellationRequested) return;
        var first = offset >> layout.FrameSizeLog2;
        var last = (offset + length - 1) >> layout.FrameSizeLog2;
        var flights = new List<FrameFlight>();
        cache.Prefetch(id, layout, first, last - first + 1, left, flights);
        foreach (var flight in flights)
        {
            Interlocked.Add(ref _prefetchBytes, flight.Bytes);
            Start(flight, isPrefetch: true);
        }
    }

    /// <summary>Gives up what is under way and waits until it has ended.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync();
        Task[] flights;
        lock (_underWay) flights = [.. _underWay.Select(flight => flight.Landed)];
        foreach (var flight in flights)
        {
            // Its readers get its failure.
            await Task.WhenAny(flight);
        }
    }

    private async ValueTask<BlockRead> FetchAndReadAsync(
        ObjectId id, ObjectLayout layout, int offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ObjectDisposedException.ThrowIf(_ended.IsCancellationRequested, this);
        var first = offset >> layout.FrameSizeLog2;
        var last = (offset + destination.Length - 1) >> layout.FrameSizeLog2;
        var tickets = new List<FrameTicket>(last - first + 1);
        var flights = new List<FrameFlight>();
        cache.Acquire(id, layout, first, last - first + 1, tickets, flights);
        foreach (var flight in flights) Start(flight, isPrefetch: false);
        try
        {
            for (var frame = first; frame <= last; frame++)
            {
                var lease = tickets[frame - first].Lease;
                if (tickets[frame - first].Flight is { } flight)
                {
                    if (!await flight.Landed.WaitAsync(cancellationToken)) return BlockRead.NotFound;

                    // Held by the flight, which we have not left.
                    lease = new FrameLease(flight.BufferOf(frame), layout.PlainLength(frame));
                }

                var count = CopyFrom(lease, layout, offset, destination);
                offset += count;
                destination = destination[count..];
            }

            return BlockRead.Complete;
        }
        finally
        {
            foreach (var ticket in tickets)
            {
                if (ticket.Flight is { } flight) cache.Leave(flight);
                else ticket.Lease.Dispose();
            }
        }
    }

    private void Start(FrameFlight flight, bool isPrefetch)
    {
        lock (_underWay) _underWay.Add(flight);
        _ = FlyAsync(flight, isPrefetch);
    }

    private async Task FlyAsync(FrameFlight flight, bool isPrefetch)
    {
        try
        {
            var isFound = await reader.ReadFramesAsync(
                flight.Id, flight.Layout, flight.First, flight.Destinations(), _ended.Token);
            cache.Land(flight, isFound);
        }
        catch (Exception failure)
        {
            // Top of the flight: whoever joined it gets it.
            if (isPrefetch) Interlocked.Increment(ref _failedPrefetches);
            cache.Crash(flight, failure);
        }
        finally
        {
            if (isPrefetch) Interlocked.Add(ref _prefetchBytes, -flight.Bytes);
            lock (_underWay) _underWay.Remove(flight);
        }
    }

    private static int CopyFrom(FrameLease lease, ObjectLayout layout, int offset, Memory<byte> destination)
    {
        var bytes = lease.Bytes[(offset & ((1 << layout.FrameSizeLog2) - 1))..];
        var count = Math.Min(bytes.Length, destination.Length);
        bytes[..count].CopyTo(destination.Span);
        return count;
    }
}
