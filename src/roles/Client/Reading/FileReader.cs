using System.Collections.Immutable;
using FlexFs.Client.Inodes;
using FlexFs.Client.Leases;
using FlexFs.Client.Session;
using FlexFs.Client.Waiting;
using FlexFs.Client.Writing;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;
using Microsoft.Extensions.Logging;

namespace FlexFs.Client.Reading;

/// <summary>Reads files: what is dirty here lies over what the server has, holes are zeros, the end is short.</summary>
/// <remarks>
/// Round trips: none while the extents are known and their frames are in memory; one for the extents of 64 blocks; one
/// ranged GET for each
/// frame that is not cached. Copies: one, from the frame or the dirty chunk into the caller's buffer. Allocations: none
/// when the read
/// completes at once and nothing of the file is dirty.
/// </remarks>
internal sealed class FileReader(
    MetadataSession session, ClientLeases leases, IVolumeObjects objects, int blockSizeLog2, SlowWaits waits, ILogger log)
{
    private const uint BlocksAhead = 64;
    private const int RoundsMax = 8;

    // Each round more is a commit of another client to the file in the moment of the read.
    private const int BlockRoundsMax = 64;

    /// <summary>Reads up to the end of the file.</summary>
    public async ValueTask<Result<int>> ReadAsync(
        CachedInode inode, long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        (await ReadUnderLeaseAsync(inode, offset, destination, cancellationToken)).Bytes;

    /// <summary>The same, and whether all of it was read under a lease, so that a recall comes before it is old.</summary>
    public async ValueTask<(Result<int> Bytes, bool IsCovered)> ReadUnderLeaseAsync(
        CachedInode inode, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        bool mayRead;
        lock (inode.Gate) mayRead = leases.MayRead(inode);
        if (!mayRead)
        {
            // What is known may be old: the size and the map of now come with one answer.
            var errno = await FetchAsync(inode, (ulong)offset >> blockSizeLog2, cancellationToken, always: true);
            if (errno != Errno.OK) return (errno, true);
        }

        var length = destination.Length;
        for (var round = 0; ; round++)
        {
            List<Gap>? gaps = null;
            lock (inode.Gate)
            {
                // A recall that comes from here on waits for this read.
                mayRead = leases.MayRead(inode);
                length = LengthOf(inode, offset, length);
                if (length == 0) return (0, mayRead);
                if (inode.Writer is { } writer && !writer.Dirty.IsEmpty)
                {
                    gaps = [];
                    writer.Dirty.Read(offset, destination.Span[..length], gaps);
                }
            }

            var errno = await FillAsync(inode, offset, destination[..length], gaps, cancellationToken);
            if (errno != Errno.OK) return (errno, true);
            lock (inode.Gate)
            {
                // Cut off meanwhile, so that what was read there may be the zeros behind the end: neither the old bytes nor the new end.
                var now = LengthOf(inode, offset, length);
                if (now == length) return (length, mayRead);
                if (round == RoundsMax) return (now, mayRead);
            }
        }
    }

    // Under the inode's lock: how much of it there is.
    private static int LengthOf(CachedInode inode, long offset, int length)
    {
        var size = inode.Writer?.Size(inode.Known.SizeBytes) ?? inode.Known.SizeBytes;
        return (int)Math.Clamp(size - offset, 0, length);
    }

    // All of it where nothing is dirty, else what is not.
    private async ValueTask<Errno> FillAsync(
        CachedInode inode, long offset, Memory<byte> destination, List<Gap>? gaps, CancellationToken cancellationToken)
    {
        if (gaps is null) return await ReadCommittedAsync(inode, offset, destination, cancellationToken);
        foreach (var gap in gaps)
        {
            var errno = await ReadCommittedAsync(
                inode, offset + gap.At, destination.Slice(gap.At, gap.Length), cancellationToken);
            if (errno != Errno.OK) return errno;
        }

        return Errno.OK;
    }

    /// <summary>All of a block as this client sees it, read from one state of the file at the server.</summary>
    public async ValueTask<Result<BlockImage>> ReadBlockAsync(CachedInode inode, ulong block)
    {
        for (var round = 0; round < BlockRoundsMax; round++)
        {
            var before = BasisOf(inode, block);
            if (before is null)
            {
                var errno = await FetchAsync(inode, block, CancellationToken.None);
                if (errno != Errno.OK) return errno;
                continue;
            }

            var bytes = new byte[1 << blockSizeLog2];
            var read = await ReadAsync(inode, (long)block << blockSizeLog2, bytes, CancellationToken.None);
            if (!read.IsOk) return read.Errno;
            if (BasisOf(inode, block) is { } after && after.DataVersion == before.DataVersion && after.IsSame(before))
            {
                return new BlockImage(bytes, before);
            }
        }

        return Errno.EIO;
    }

    private static BlockBasis? BasisOf(CachedInode inode, ulong block)
    {
        lock (inode.Gate)
        {
            var version = inode.Known.DataVersion;
            if (inode.IsInline) return inode.TryGetInline(out _) ? new BlockBasis(block, [], version, IsInline: true) : null;
            if (inode.Known.AllocatedBytes == 0) return new BlockBasis(block, [], version, IsInline: false);
            return inode.Extents is { } map && map.DataVersion == version && map.TryGet(block, out var extents)
                ? new BlockBasis(block, extents, version, IsInline: false)
                : null;
        }
    }

    /// <summary>Makes sure that size and attributes are those of now.</summary>
    public async ValueTask<Errno> RefreshAsync(CachedInode inode, CancellationToken cancellationToken)
    {
        lock (inode.Gate)
        {
            if (leases.MayRead(inode)) return Errno.OK;
        }

        return await FetchAsync(inode, 0, cancellationToken, always: true);
    }

    /// <summary>Asks for the bytes of the file's record, or for the attributes that say that there are none.</summary>
    public async ValueTask<Errno> LoadInlineAsync(CachedInode inode) =>
        await FetchAsync(inode, 0, CancellationToken.None, always: true);

    /// <summary>How many extents the server has for a block.</summary>
    public async ValueTask<Result<int>> CountExtentsAsync(CachedInode inode, ulong block)
    {
        lock (inode.Gate) inode.ForgetExtents();
        for (var round = 0; round < RoundsMax; round++)
        {
            lock (inode.Gate)
            {
                if (inode.IsInline) return 0;
                if (inode.Extents is { } map && map.TryGet(block, out var extents)) return extents.Length;
            }

            var errno = await FetchAsync(inode, block, CancellationToken.None);
            if (errno != Errno.OK) return errno;
        }

        return Errno.EIO;
    }

    /// <summary>Brings what will be read soon into memory. What goes wrong shows at the read.</summary>
    public async ValueTask PrefetchAsync(
        CachedInode inode, long from, long to, AsyncWindow window, CancellationToken cancellationToken)
    {
        while (from < to)
        {
            var block = (ulong)from >> blockSizeLog2;
            var start = (int)(from & ((1L << blockSizeLog2) - 1));
            var end = (int)Math.Min((1L << blockSizeLog2) - start, to - from) + start;
            var (isKnown, map, extents) = Look(inode, block);
            if (!isKnown)
            {
                if (await FetchAsync(inode, block, cancellationToken) != Errno.OK) return;
                (isKnown, map, extents) = Look(inode, block);
            }

            if (!isKnown || map is null) return;
            foreach (var extent in extents)
            {
                var first = Math.Max(start, (int)extent.BlockOffset);
                var last = Math.Min(end, (int)(extent.BlockOffset + extent.LengthBytes));
                if (first >= last || extent.Object == ObjectId.None) continue;
                ObjectDescriptor descriptor;
                lock (inode.Gate) descriptor = map.Object(extent.Object);
                await window.EnterAsync(cancellationToken);
                var offset = (int)extent.ObjectOffset + first - (int)extent.BlockOffset;
                _ = PrefetchAsync(descriptor, offset, last - first, window);
            }

            from += end - start;
        }
    }

    private async Task PrefetchAsync(ObjectDescriptor descriptor, int offset, int length, AsyncWindow window)
    {
        try
        {
            await objects.PrefetchAsync(descriptor, offset, length, CancellationToken.None);
        }
        catch (Exception e) when (e is not InvariantException)
        {
            // The read of these bytes meets the same failure and reports it.
            ClientLog.PrefetchFailed(log, e, descriptor.Object);
        }
        finally
        {
            window.Exit();
        }
    }

    private async ValueTask<Errno> ReadCommittedAsync(
        CachedInode inode, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        var rounds = 0;
        var wasMissing = false;
        while (!destination.IsEmpty)
        {
            var block = (ulong)offset >> blockSizeLog2;
            var start = (int)(offset & ((1L << blockSizeLog2) - 1));
            var length = Math.Min(destination.Length, (1 << blockSizeLog2) - start);
            lock (inode.Gate)
            {
                if (TryReadInline(inode, offset, destination.Span)) return Errno.OK;
            }

            var (isKnown, map, extents) = Look(inode, block);
            if (!isKnown || map is null)
            {
                // Answers that are overtaken by other changes are asked for again, but not for ever.
                if (++rounds > RoundsMax) return Errno.EIO;
                var errno = await FetchAsync(inode, block, cancellationToken);
                if (errno != Errno.OK) return errno;
                continue;
            }

            var missing = await ReadBlockPartAsync(
                inode, map, extents, start, destination[..length], cancellationToken);
            if (missing.Errno == Errno.ENOENT && !wasMissing)
            {
                // Compaction or an overwrite elsewhere may have deleted it since the map was read: ask once more.
                wasMissing = true;
                lock (inode.Gate) inode.ForgetExtents();
                continue;
            }

            if (missing.Errno == Errno.ENOENT) ClientLog.ObjectMissing(log, inode.Id, missing.Object);
            if (missing.Errno != Errno.OK) return missing.Errno == Errno.ENOENT ? Errno.EIO : missing.Errno;
            offset += length;
            destination = destination[length..];
            rounds = 0;
        }

        return Errno.OK;
    }

    // The part of a block that begins at `start`: extents are in order of offset, what is between them is zeros.
    private async ValueTask<(Errno Errno, ObjectId Object)> ReadBlockPartAsync(
        CachedInode inode, ExtentMap map, ImmutableArray<Extent> extents, int start, Memory<byte> destination,
        CancellationToken cancellationToken)
    {
        var end = start + destination.Length;
        var position = start;
        foreach (var extent in extents)
        {
            var first = Math.Max(position, (int)extent.BlockOffset);
            var last = Math.Min(end, (int)(extent.BlockOffset + extent.LengthBytes));
            if (first >= last) continue;
            destination.Span[(position - start)..(first - start)].Clear();
            var part = destination[(first - start)..(last - start)];
            position = last;
            if (extent.Object == ObjectId.None)
            {
                part.Span.Clear();
                continue;
            }

            ObjectDescriptor descriptor;
            lock (inode.Gate) descriptor = map.Object(extent.Object);
            var offset = (int)extent.ObjectOffset + first - (int)extent.BlockOffset;
            try
            {
                if (!await GetAsync(inode.Id, descriptor, offset, part, cancellationToken)) return (Errno.ENOENT, extent.Object);
            }
            catch (Exception e) when (e is not InvariantException)
            {
                if (e is not OperationCanceledException) ClientLog.ReadFailed(log, e, inode.Id, extent.Object, offset);
                return (ErrnoMap.Of(e), extent.Object);
            }
        }

        destination.Span[(position - start)..].Clear();
        return (Errno.OK, ObjectId.None);
    }

    // What is in memory is answered at once, and asks no clock.
    private ValueTask<bool> GetAsync(
        InodeId inode, in ObjectDescriptor descriptor, int offset, Memory<byte> part, CancellationToken cancellationToken)
    {
        var reading = objects.ReadAsync(descriptor, offset, part, cancellationToken);
        return reading.IsCompletedSuccessfully || !waits.IsOn ? reading : WatchAsync(reading, inode, descriptor.Object);
    }

    private async ValueTask<bool> WatchAsync(ValueTask<bool> reading, InodeId inode, ObjectId id)
    {
        var began = waits.Begin();
        try
        {
            return await reading;
        }
        finally
        {
            if (waits.IsLong(began)) waits.Note(inode, began, $"the object store, GET of {id}");
        }
    }

    private static bool TryReadInline(CachedInode inode, long offset, Span<byte> destination)
    {
        ReadOnlySpan<byte> data = default;
        if (inode.TryGetInline(out var bytes)) data = bytes.Span;
        else if (inode.IsInline || inode.Known.AllocatedBytes != 0) return false;
        var length = (int)Math.Clamp(data.Length - offset, 0, destination.Length);
        if (length > 0) data.Slice((int)offset, length).CopyTo(destination);
        destination[length..].Clear();
        return true;
    }

    private static (bool IsKnown, ExtentMap? Map, ImmutableArray<Extent> Extents) Look(CachedInode inode, ulong block)
    {
        lock (inode.Gate)
        {
            return inode.Extents is { } map && map.TryGet(block, out var extents) ? (true, map, extents) : default;
        }
    }

    // One request at a time for an inode: readers that need the same map wait for the first and find it.
    private async ValueTask<Errno> FetchAsync(
        CachedInode inode, ulong block, CancellationToken cancellationToken, bool always = false)
    {
        try
        {
            await inode.Fetching.EnterAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return Errno.EINTR;
        }

        try
        {
            uint count;
            lock (inode.Gate)
            {
                if (!always && inode.TryGetInline(out _)) return Errno.OK;
                if (!always && inode.Extents is { } map && map.TryGet(block, out _)) return Errno.OK;
                var blocks = ((ulong)inode.Known.SizeBytes + (1UL << blockSizeLog2) - 1) >> blockSizeLog2;
                count = blocks > block ? (uint)Math.Min(BlocksAhead, blocks - block) : 1;
            }

            while (true)
            {
                Task recalled;
                lock (inode.Gate) recalled = inode.Held.Answered;
                await recalled.WaitAsync(cancellationToken);
                var since = leases.Clock.Begin();
                var request = new GetExtentsRequest { Inode = inode.Id, FirstBlock = block, BlockCount = count };
                var reply = await session.CallAsync<GetExtentsRequest, ExtentsReply>(
                    Opcode.GetExtents, request, cancellationToken);
                if (reply.Errno is Errno.EOVERFLOW or Errno.E2BIG && count > 1)
                {
                    // Blocks in many pieces: the answer is longer than a frame.
                    count = Math.Max(1, count / 4);
                    continue;
                }

                if (!reply.IsOk) return reply.Errno;
                lock (inode.Gate)
                {
                    inode.TryLearnExtents(block, count, reply.Value);
                    leases.TakeAttributes(inode, reply.Value.Attributes, since);
                }

                return Errno.OK;
            }
        }
        catch (OperationCanceledException)
        {
            return Errno.EINTR;
        }
        finally
        {
            inode.Fetching.Exit();
        }
    }
}
