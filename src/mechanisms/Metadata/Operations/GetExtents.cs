using System.Collections.Immutable;
using FlexFs.Core;
using FlexFs.Metadata.Records;
using FlexFs.Metadata.State;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Operations;

/// <summary>Where the bytes of some blocks are, with the attributes of the same moment. E2BIG: ask for fewer blocks.</summary>
internal static class GetExtents
{
    // Up to here each block is a point read, which the working set answers; beyond it the store is scanned.
    private const ulong PointReadsMax = 16;

    public static Outcome Run(OperationContext c, in GetExtentsRequest request)
    {
        if (request.BlockCount is 0 or > Limits.BlocksPerRequestMax) return Errno.EINVAL;
        c.Transaction.TryGet<VolumeRecord>(Keys.Volume(), out var volume);
        if (!c.TryGetInode(request.Inode, out var record)) return Errno.ESTALE;
        if (record.Type == FileType.Directory) return Errno.EISDIR;
        if (record.Type != FileType.Regular) return Errno.EINVAL;
        var attributes = c.Show(request.Inode, record, LeaseKind.Read, InodeParts.Attributes | InodeParts.Data);
        var reply = new ExtentsReply { Attributes = attributes, Blocks = [], Objects = [] };
        if ((record.Flags & InodeFlags.IsInline) != 0)
        {
            c.TryGetInlineData(request.Inode, out var data);
            return c.Reply(reply with { InlineData = data });
        }

        var size = (ulong)record.SizeBytes;
        var end = record.AllocatedBytes == 0 || size == 0 ? 0 : ((size - 1) >> volume.BlockSizeLog2) + 1;
        if (request.FirstBlock >= end) return c.Reply(reply);
        var count = Math.Min(request.BlockCount, end - request.FirstBlock);
        var blocks = ImmutableArray.CreateBuilder<BlockExtents>();
        if (count <= PointReadsMax)
        {
            for (ulong i = 0; i < count; i++)
            {
                var index = request.FirstBlock + i;
                if (!c.TryGetBlock(request.Inode, index, out var block)) continue;
                blocks.Add(new BlockExtents { Index = index, Extents = block.Extents });
            }
        }
        else
        {
            var page = c.Transaction.Scan(
                Keys.Block(request.Inode, request.FirstBlock),
                Keys.Block(request.Inode, request.FirstBlock + count),
                Limits.BlocksPerRequestMax);
            if (c.IsComplete) Check.That(page.IsComplete);
            foreach (var pair in page.Pairs)
            {
                var block = Transaction.RecordOf<BlockRecord>(pair);
                blocks.Add(new BlockExtents { Index = Keys.NumberAt(pair.Key, 9), Extents = block.Extents });
            }
        }

        var objects = ObjectsOf(c, blocks);
        return c.Reply(reply with { Blocks = blocks.DrainToImmutable(), Objects = objects });
    }

    private static ImmutableArray<ObjectDescriptor> ObjectsOf(
        OperationContext c, ImmutableArray<BlockExtents>.Builder blocks)
    {
        var objects = ImmutableArray.CreateBuilder<ObjectDescriptor>();
        var seen = new HashSet<ObjectId>();
        foreach (var block in blocks)
        {
            foreach (var extent in block.Extents)
            {
                if (seen.Add(extent.Object) && c.TryGetObject(extent.Object, out var record))
                {
                    objects.Add(record.ToDescriptor(extent.Object));
                }
            }
        }

        return objects.DrainToImmutable();
    }
}
