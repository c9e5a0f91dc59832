using FlexFs.Client.Inodes;
using FlexFs.Client.Leases;
using FlexFs.Client.Reading;
using FlexFs.Client.Session;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Client.Writing;

/// <summary>Changes of a range of a file that the server makes by itself: zeros, and the extents of another range.</summary>
/// <remarks>
/// What was written before is committed before; what is written meanwhile comes after. Round trips: a flush of what is dirty, and one for
/// each 256 blocks.
/// </remarks>
internal sealed class RangeChanges(
    OpenInodes open, ClientLeases leases, WritePath writes, FileReader reader, MetadataSession session, int blockSizeLog2)
{
    /// <summary>Ranges shorter than this are copied as bytes: an extent, and an object that stays for it, would cost more.</summary>
    private const int CloneBytesMin = 64 << 10;

    /// <summary>Bytes that are copied through memory at a time.</summary>
    private const int CopyBytes = 1 << 20;

    private static readonly byte[] Zeros = new byte[64 << 10];

    /// <summary>fallocate(2): the file grows, or a range of it becomes zeros that take no space.</summary>
    public async ValueTask<Errno> FallocateAsync(CachedInode inode, long offset, long length, bool isZeroed, bool keepsSize)
    {
        if (isZeroed && await writes.FlushAsync(inode) is not Errno.OK and var failure) return failure;
        var errno = await SendAsync(inode, offset, length, isZeroed, keepsSize);
        if (errno != Errno.E2BIG || !isZeroed) return errno;

        // A block at an end of the range is in as many pieces as it may be: zeros are written there, which makes it whole, and the blocks
        // between become a hole.
        var blockBytes = 1L << blockSizeLog2;
        var end = offset + length;
        var firstWhole = offset + Math.Min((blockBytes - (offset % blockBytes)) % blockBytes, length);
        var endWhole = Math.Max(end - (end % blockBytes), firstWhole);
        errno = await WriteZerosAsync(inode, offset, firstWhole, keepsSize);
        if (errno == Errno.OK) errno = await WriteZerosAsync(inode, endWhole, end, keepsSize);
        if (errno == Errno.OK) errno = await writes.FlushAsync(inode);
        if (errno == Errno.OK && endWhole > firstWhole)
        {
            errno = await SendAsync(inode, firstWhole, endWhole - firstWhole, isZeroed: true, keepsSize);
        }

        return errno;
    }

    /// <summary>copy_file_range(2): by extents where that can be, else through memory.</summary>
    /// <returns>Bytes copied: fewer than asked for is no end, 0 is the end of the source.</returns>
    public async ValueTask<Result<long>> CopyAsync(
        CachedInode source, long offset, CachedInode target, long targetOffset, long length, CancellationToken cancellationToken)
    {
        long size;
        if (await reader.RefreshAsync(source, cancellationToken) is not Errno.OK and var stale) return stale;
        lock (source.Gate) size = source.Writer?.Size(source.Known.SizeBytes) ?? source.Known.SizeBytes;
        length = Math.Min(length, size - offset);
        if (length <= 0) return 0;
        var cloned = 0L;
        if (length >= CloneBytesMin)
        {
            if (await writes.FlushAsync(source) is not Errno.OK and var unread) return unread;
            if (await writes.FlushAsync(target) is not Errno.OK and var unwritten) return unwritten;
            while (cloned < length && !cancellationToken.IsCancellationRequested)
            {
                var request = new CloneRangeRequest
                {
                    Source = source.Id,
                    SourceOffsetBytes = offset + cloned,
                    Target = target.Id,
                    TargetOffsetBytes = targetOffset + cloned,
                    LengthBytes = length - cloned,
                };
                var reply = await ChangeAsync(target, Opcode.CloneRange, request);
                if (!reply.IsOk) return cloned > 0 ? cloned : reply.Errno;
                if (reply.Value.Value == 0) break;
                cloned += (long)reply.Value.Value;
            }
        }

        return cloned > 0
            ? cloned
            : await CopyBytesAsync(source, offset, target, targetOffset, length, cancellationToken);
    }

    // Up to the end of a block of the source: what follows it may be cloned again.
    private async ValueTask<Result<long>> CopyBytesAsync(
        CachedInode source, long offset, CachedInode target, long targetOffset, long length, CancellationToken cancellationToken)
    {
        var blockBytes = 1L << blockSizeLog2;
        length = Math.Min(length, blockBytes - (offset % blockBytes));
        var buffer = System.Buffers.ArrayPool<byte>.Shared.Rent((int)Math.Min(length, CopyBytes));
        try
        {
            var copied = 0L;
            while (copied < length)
            {
                var part = buffer.AsMemory(0, (int)Math.Min(length - copied, CopyBytes));
                var read = await reader.ReadAsync(source, offset + copied, part, cancellationToken);
                if (!read.IsOk) return copied > 0 ? copied : read.Errno;
                if (read.Value == 0) break;
                var written = await writes.WriteAsync(
                    target, targetOffset + copied, part[..read.Value], clearsSetId: false, WriteOrigin.Unlocked, cancellationToken);
                if (!written.IsOk) return copied > 0 ? copied : written.Errno;
                copied += written.Value;
                if (written.Value < read.Value) break;
            }

            return copied;
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async ValueTask<Errno> SendAsync(CachedInode inode, long offset, long length, bool isZeroed, bool keepsSize)
    {
        var request = new FallocateRequest
        {
            Inode = inode.Id,
            OffsetBytes = offset,
            LengthBytes = length,
            IsZeroed = isZeroed,
            KeepsSize = keepsSize,
        };
        return (await ChangeAsync(inode, Opcode.Fallocate, request)).Errno;
    }

    private async ValueTask<Result<MutationReply>> ChangeAsync<TRequest>(CachedInode inode, Opcode opcode, TRequest request)
        where TRequest : Wire.IWireRecord<TRequest>
    {
        using var own = leases.BeginChange(inode.Id);
        var writer = await writes.EnterAsync(inode);
        try
        {
            var reply = await session.MutateAsync(opcode, request, writer.Session);
            if (!reply.IsOk) return reply;
            if (reply.Value.Attributes is not { } attributes) return Errno.ESTALE;
            lock (inode.Gate)
            {
                if (writer.IsFenced) return Errno.EIO;
                writer.CancelPendingTime();
                writer.Resized(attributes);
                inode.LearnOwnChange(attributes);
            }

            return reply;
        }
        finally
        {
            writer.Committing.Exit();
            open.Settle(writer);
        }
    }

    private async ValueTask<Errno> WriteZerosAsync(CachedInode inode, long from, long to, bool keepsSize)
    {
        if (keepsSize)
        {
            long size;
            lock (inode.Gate) size = inode.Writer?.Size(inode.Known.SizeBytes) ?? inode.Known.SizeBytes;
            to = Math.Min(to, size);
        }

        while (from < to)
        {
            var part = (int)Math.Min(to - from, Zeros.Length);
            var written = await writes.WriteAsync(
                inode, from, Zeros.AsMemory(0, part), clearsSetId: false, WriteOrigin.Unlocked, CancellationToken.None);
            if (!written.IsOk) return written.Errno;
            from += written.Value;
        }

        return Errno.OK;
    }
}
