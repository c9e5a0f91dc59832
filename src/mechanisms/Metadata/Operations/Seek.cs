using FlexFs.Core;
using FlexFs.Metadata.Records;
using FlexFs.Metadata.State;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Operations;

/// <summary>Finds where data or a hole begins. What extents or inline data cover is data; a long run is told in parts.</summary>
internal static class Seek
{
    private const int BlocksPerPage = 256;

    public static Outcome Run(OperationContext c, in SeekRequest request)
    {
        c.Transaction.TryGet<VolumeRecord>(Keys.Volume(), out var volume);
        if (!c.TryGetInode(request.Inode, out var record)) return Errno.ESTALE;
        if (record.Type == FileType.Directory) return Errno.EISDIR;
        if (record.Type != FileType.Regular || request.OffsetBytes < 0) return Errno.EINVAL;
        var reply = new SeekReply { Attributes = c.Show(request.Inode, record), OffsetBytes = record.SizeBytes };
        if (request.OffsetBytes >= record.SizeBytes) return c.Reply(reply);
        if ((record.Flags & InodeFlags.IsInline) != 0)
        {
            c.TryGetInlineData(request.Inode, out var data);
            var isData = request.OffsetBytes < data.Length;
            if (isData != request.IsHole) return c.Reply(reply with { OffsetBytes = request.OffsetBytes, IsFound = true });
            return c.Reply(request.IsHole ? reply with { OffsetBytes = data.Length, IsFound = true } : reply);
        }

        if (record.AllocatedBytes == 0)
        {
            return c.Reply(request.IsHole ? reply with { OffsetBytes = request.OffsetBytes, IsFound = true } : reply);
        }

        return request.IsHole ? Hole(c, request, reply, volume.BlockSizeLog2) : Data(c, request, reply, volume.BlockSizeLog2);
    }

    private static Outcome Data(OperationContext c, in SeekRequest request, in SeekReply reply, byte blockSizeLog2)
    {
        // The first block may end before the offset; every other has data. Those that are removed and not yet durable leave empty pages.
        const int enough = 4;
        var from = Keys.Block(request.Inode, (ulong)request.OffsetBytes >> blockSizeLog2);
        var end = Keys.After(Keys.Block(request.Inode, ulong.MaxValue));
        while (true)
        {
            var page = c.Transaction.Scan(from, end, enough);
            foreach (var pair in page.Pairs)
            {
                var start = (long)(Keys.NumberAt(pair.Key, 9) << blockSizeLog2);
                foreach (var extent in Transaction.RecordOf<BlockRecord>(pair).Extents)
                {
                    if (start + extent.BlockOffset + extent.LengthBytes <= request.OffsetBytes) continue;
                    var found = Math.Max(request.OffsetBytes, start + extent.BlockOffset);
                    return c.Reply(reply with { OffsetBytes = found, IsFound = true });
                }
            }

            if (page.IsComplete) return c.Reply(reply);
            from = page.Resume;
        }
    }

    private static Outcome Hole(OperationContext c, in SeekRequest request, in SeekReply reply, byte blockSizeLog2)
    {
        var first = (ulong)request.OffsetBytes >> blockSizeLog2;
        var page = c.Transaction.Scan(
            Keys.Block(request.Inode, first), Keys.Block(request.Inode, first + BlocksPerPage), BlocksPerPage);
        var position = request.OffsetBytes;
        foreach (var pair in page.Pairs)
        {
            var start = (long)(Keys.NumberAt(pair.Key, 9) << blockSizeLog2);
            foreach (var extent in Transaction.RecordOf<BlockRecord>(pair).Extents)
            {
                if (start + extent.BlockOffset + extent.LengthBytes <= position) continue;
                if (start + extent.BlockOffset > position) return c.Reply(reply with { OffsetBytes = position, IsFound = true });
                position = start + extent.BlockOffset + extent.LengthBytes;
            }
        }

        // Everything up to the end of the page is data: look on from there. The end of the file is a hole.
        var isEnd = (ulong)position < (first + BlocksPerPage) << blockSizeLog2 || position >= reply.OffsetBytes;
        return c.Reply(reply with { OffsetBytes = position, IsFound = isEnd });
    }
}
