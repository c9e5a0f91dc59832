using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Operations;

/// <summary>Lets a range of a file name the extents of another range; live bytes of objects count each name.</summary>
internal static class CloneRange
{
    // Blocks, and extents, of one step: beyond them the client asks again.
    private const int BlocksMax = 256;
    private const int ExtentsMax = 4096;

    public static Outcome Run(OperationContext c, in CloneRangeRequest request)
    {
        var hasSource = c.TryGetInode(request.Source, out var source);
        if (!c.TryGetInode(request.Target, out var target) || !hasSource) return Errno.ESTALE;
        c.NoteRead(request.Source, InodeParts.Attributes);
        if (Ranges.Check(source, request.SourceOffsetBytes, request.LengthBytes) is not Errno.OK and var bad) return bad;
        if (Ranges.Check(target, request.TargetOffsetBytes, request.LengthBytes) is not Errno.OK and var wrong) return wrong;

        // copy_file_range(2): EINVAL for ranges of one file that overlap.
        if (request.Source == request.Target
            && Math.Abs(request.SourceOffsetBytes - request.TargetOffsetBytes) < request.LengthBytes)
        {
            return Errno.EINVAL;
        }

        if (((source.Flags | target.Flags) & InodeFlags.IsInline) != 0) return Outcome.Of(request.Target);
        var length = Math.Min(request.LengthBytes, source.SizeBytes - request.SourceOffsetBytes);
        var done = 0L;
        var allocated = 0L;
        var blockBytes = 1L << c.Volume.BlockSizeLog2;
        for (int blocks = 0, extents = 0; done < length && blocks < BlocksMax && extents < ExtentsMax; blocks++)
        {
            var at = request.TargetOffsetBytes + done;
            var start = at % blockBytes;
            var part = Math.Min(length - done, blockBytes - start);
            if (!Collect(c, request.Source, request.SourceOffsetBytes + done, part, (uint)start)) break;
            extents += c.Cloned.Count;
            var over = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(c.Cloned);
            if (FileBlocks.Overlay(c, request.Target, (ulong)(at / blockBytes), over, out var more) != Errno.OK) break;
            allocated += more;
            done += part;
        }

        c.LiveBytes.Apply(c);
        if (done <= 0) return Outcome.Of(request.Target);
        Usage.AddBytes(c, target, allocated);
        c.PutInode(request.Target, target with
        {
            AllocatedBytes = target.AllocatedBytes + allocated,
            SizeBytes = Math.Max(target.SizeBytes, request.TargetOffsetBytes + done),
            DataVersion = target.DataVersion + 1,
            ModifiedAt = c.Now,
            ChangedAt = c.Now,
        });
        return Outcome.Of(request.Target, (ulong)done);
    }

    // The extents of a range of the source as a block of the target has them from `start` on, holes as extents of no object. False when
    // one of the objects is a pack.
    private static bool Collect(OperationContext c, InodeId source, long offset, long length, uint start)
    {
        var blockBytes = 1L << c.Volume.BlockSizeLog2;
        var result = c.Cloned;
        result.Clear();
        var end = offset + length;
        var position = offset;
        while (position < end)
        {
            var index = position / blockBytes;
            var blockStart = index * blockBytes;
            var blockEnd = blockStart + Math.Min(end - blockStart, blockBytes);
            c.TryGetBlock(source, (ulong)index, out var block);
            if (!block.Extents.IsDefault)
            {
                foreach (var extent in block.Extents)
                {
                    var from = Math.Max(position, blockStart + extent.BlockOffset);
                    var to = Math.Min(blockEnd, blockStart + extent.BlockOffset + extent.LengthBytes);
                    if (from >= to) continue;
                    if (c.TryGetObject(extent.Object, out var record) && record.IsPack) return false;
                    Add(result, default, 0, position, from, offset, start);
                    Add(result, extent.Object, extent.ObjectOffset + (uint)(from - blockStart - extent.BlockOffset), from, to, offset, start);
                    position = to;
                }
            }

            Add(result, default, 0, position, blockEnd, offset, start);
            position = blockEnd;
        }

        return true;
    }

    private static void Add(
        List<Extent> result, ObjectId id, uint objectOffset, long from, long to, long offset, uint start)
    {
        if (from >= to) return;
        var length = (uint)(to - from);
        if (result.Count > 0 && result[^1] is var last && last.Object == id
            && (id == ObjectId.None || last.ObjectOffset + last.LengthBytes == objectOffset))
        {
            result[^1] = last with { LengthBytes = last.LengthBytes + length };
            return;
        }

        result.Add(new Extent { Object = id, ObjectOffset = objectOffset, BlockOffset = start + (uint)(from - offset), LengthBytes = length });
    }
}
