using FlexFs.Core;
using FlexFs.Metadata.Records;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Operations;

/// <summary>Makes a file longer, or a range of it zeros without extents. A range that frees very much takes several steps.</summary>
internal static class Fallocate
{
    public static Outcome Run(OperationContext c, in FallocateRequest request)
    {
        if (!c.TryGetInode(request.Inode, out var record)) return Errno.ESTALE;
        if (Ranges.Check(record, request.OffsetBytes, request.LengthBytes) is not Errno.OK and var refusal) return refusal;
        var end = request.OffsetBytes + request.LengthBytes;
        var isDone = true;
        if (request.IsZeroed && record.AllocatedBytes > 0)
        {
            long allocated;
            if ((record.Flags & InodeFlags.IsInline) != 0)
            {
                allocated = ZeroInline(c, request.Inode, ref record, request.OffsetBytes, end);
            }
            else
            {
                var errno = FileBlocks.Punch(
                    c, request.Inode, ref record, (ulong)request.OffsetBytes, (ulong)end, out allocated, out isDone);
                if (errno != Errno.OK) return errno;
                c.LiveBytes.Apply(c);
            }

            Usage.AddBytes(c, record, allocated);
            record = record with { AllocatedBytes = record.AllocatedBytes + allocated };
        }

        var size = request.KeepsSize ? record.SizeBytes : Math.Max(record.SizeBytes, end);
        var isChanged = request.IsZeroed || size != record.SizeBytes;
        if (isDone)
        {
            // Every mode marks mtime and ctime, as ext4 and XFS do.
            record = record with
            {
                SizeBytes = size,
                DataVersion = record.DataVersion + (isChanged ? 1UL : 0),
                ModifiedAt = c.Now,
                ChangedAt = c.Now,
            };
        }

        c.PutInode(request.Inode, record);
        return isDone ? Outcome.Of(request.Inode) : Outcome.More;
    }

    // Inline data may be shorter than the file, so zeros at its end need no bytes.
    private static long ZeroInline(OperationContext c, InodeId inode, ref InodeRecord record, long from, long to)
    {
        c.TryGetInlineData(inode, out var data);
        if (from >= data.Length) return 0;
        if (to < data.Length)
        {
            var bytes = data.ToArray();
            bytes.AsSpan((int)from, (int)(to - from)).Clear();
            c.Transaction.PutBytes(Keys.InlineData(inode), bytes);
            return 0;
        }

        if (from > 0)
        {
            c.Transaction.PutBytes(Keys.InlineData(inode), data[..(int)from].ToArray());
            return 0;
        }

        c.Transaction.Delete(Keys.InlineData(inode));
        record = record with { Flags = record.Flags & ~InodeFlags.IsInline };
        return -record.AllocatedBytes;
    }
}
