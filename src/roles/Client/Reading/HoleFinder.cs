using FlexFs.Client.Inodes;
using FlexFs.Client.Session;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Client.Reading;

/// <summary>SEEK_DATA and SEEK_HOLE: what the server has extents of is data, and so is what is dirty here.</summary>
/// <remarks>Round trips: one for each run that lies between the offset and the answer, one more for each 256 blocks of a long one.</remarks>
internal sealed class HoleFinder(MetadataSession session)
{
    /// <summary>Where data, or a hole, begins at or behind an offset.</summary>
    /// <returns>ENXIO at and behind the end of the file, and where no data follows (lseek(2)).</returns>
    public async ValueTask<Result<long>> FindAsync(
        CachedInode inode, long offset, bool isHole, CancellationToken cancellationToken)
    {
        if (offset < 0) return Errno.ENXIO;
        try
        {
            return isHole
                ? await HoleAsync(inode, offset, cancellationToken)
                : await DataAsync(inode, offset, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return Errno.EINTR;
        }
    }

    private async ValueTask<Result<long>> DataAsync(CachedInode inode, long offset, CancellationToken cancellationToken)
    {
        // Dirty bytes are looked at first: committed meanwhile, the server has them.
        var dirty = DirtyFrom(inode, offset);
        if (dirty is { } first && first.Start <= offset) return offset;
        var stored = await AskAsync(inode, offset, isHole: false, cancellationToken);
        if (!stored.IsOk) return stored.Errno;
        if (!stored.Value.IsFound) return dirty is { } only ? only.Start : Errno.ENXIO;
        return dirty is { } next ? Math.Min(next.Start, stored.Value.OffsetBytes) : stored.Value.OffsetBytes;
    }

    private async ValueTask<Result<long>> HoleAsync(CachedInode inode, long offset, CancellationToken cancellationToken)
    {
        var position = offset;
        while (true)
        {
            if (DirtyFrom(inode, position) is { } dirty && dirty.Start <= position)
            {
                position = dirty.End;
                continue;
            }

            var stored = await AskAsync(inode, position, isHole: true, cancellationToken);
            if (!stored.IsOk) return stored.Errno;
            long size;
            lock (inode.Gate) size = inode.Writer?.Size(inode.Known.SizeBytes) ?? inode.Known.SizeBytes;
            if (offset >= size) return Errno.ENXIO;
            if (position >= size) return size;

            // Behind the end that the server knows of, all that is not dirty is a hole.
            var hole = stored.Value.IsFound ? stored.Value.OffsetBytes : position;
            if (hole == position) return position;
            position = hole;
        }
    }

    private async ValueTask<Result<SeekReply>> AskAsync(
        CachedInode inode, long offset, bool isHole, CancellationToken cancellationToken)
    {
        while (true)
        {
            var request = new SeekRequest { Inode = inode.Id, OffsetBytes = offset, IsHole = isHole };
            var reply = await session.CallAsync<SeekRequest, SeekReply>(Opcode.Seek, request, cancellationToken);
            if (!reply.IsOk) return reply;
            lock (inode.Gate) inode.Learn(reply.Value.Attributes);
            var isPart = !reply.Value.IsFound && reply.Value.OffsetBytes > offset
                && reply.Value.OffsetBytes < reply.Value.Attributes.SizeBytes;
            if (!isPart) return reply;
            offset = reply.Value.OffsetBytes;
        }
    }

    private static (long Start, long End)? DirtyFrom(CachedInode inode, long offset)
    {
        lock (inode.Gate) return inode.Writer?.Dirty.FindFrom(offset);
    }
}
