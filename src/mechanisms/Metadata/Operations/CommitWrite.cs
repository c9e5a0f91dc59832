using FlexFs.Core;
using FlexFs.Metadata.Extents;
using FlexFs.Metadata.Records;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Operations;

/// <summary>Puts bytes into a file: extents over its blocks, or its whole contents inline; then size, times and a change.</summary>
internal static class CommitWrite
{
    public static Outcome Run(OperationContext c, in CommitWriteRequest request)
    {
        if (!c.TryGetInode(request.Inode, out var record)) return Errno.ESTALE;
        if (record.Type == FileType.Directory) return Errno.EISDIR;
        if (record.Type != FileType.Regular || request.SizeAtLeastBytes < 0) return Errno.EINVAL;
        if (request.Change is { } change)
        {
            if (AttributeChanges.Check(change, record) is not Errno.OK and var refusal) return refusal;
        }

        var blocks = request.Blocks.IsDefault ? [] : request.Blocks;
        var errno = request.IsInline
            ? WriteInline(c, request, ref record)
            : blocks.Length > 0 ? WriteBlocks(c, request, ref record) : Errno.OK;
        if (errno != Errno.OK) return errno;

        var hasBytes = request.IsInline || blocks.Length > 0;
        var size = Math.Max(request.IsInline ? request.InlineData.Length : record.SizeBytes, request.SizeAtLeastBytes);
        if (hasBytes || size != record.SizeBytes)
        {
            record = record with
            {
                SizeBytes = size,
                DataVersion = record.DataVersion + 1,
                ModifiedAt = request.ModifiedAt == default ? c.Now : request.ModifiedAt,
            };
        }

        var changedAt = request.ChangedAt == default ? c.Now : Clamp(request.ChangedAt, record.ChangedAt, c.Now);
        var isDone = true;
        if (request.Change is { } last)
        {
            // What is cut off is scanned for, and a scan does not see the blocks of this request: no program needs both at once.
            var shrinks = (last.Mask & AttributeMask.Size) != 0 && last.SizeBytes < record.SizeBytes;
            if (shrinks && blocks.Length > 0) return Errno.EINVAL;
            isDone = AttributeChanges.Apply(c, request.Inode, ref record, last);
        }

        c.PutInode(request.Inode, record with { ChangedAt = changedAt });
        return isDone ? Outcome.Of(request.Inode) : Outcome.More;
    }

    private static Instant Clamp(Instant time, Instant earliest, Instant latest) =>
        time.CompareTo(latest) > 0 ? latest : Instant.Max(time, earliest);

    private static Errno WriteInline(OperationContext c, in CommitWriteRequest request, ref InodeRecord record)
    {
        if (!request.Blocks.IsDefaultOrEmpty || !request.Objects.IsDefaultOrEmpty) return Errno.EINVAL;
        if (!request.Rewritten.IsDefaultOrEmpty) return Errno.EINVAL;
        if (request.ExpectedDataVersion != record.DataVersion) return Errno.EAGAIN;
        var wasInline = (record.Flags & InodeFlags.IsInline) != 0;
        if (!wasInline && record.AllocatedBytes > 0) return Errno.EINVAL;
        var isInline = !request.InlineData.IsEmpty;
        if (isInline) c.Transaction.PutBytes(Keys.InlineData(request.Inode), request.InlineData.ToArray());
        else if (wasInline) c.Transaction.Delete(Keys.InlineData(request.Inode));
        SetInline(c, ref record, isInline);
        return Errno.OK;
    }

    private static Errno WriteBlocks(OperationContext c, in CommitWriteRequest request, ref InodeRecord record)
    {
        var size = Math.Max(record.SizeBytes, request.SizeAtLeastBytes);
        if (CheckBlocks(request, c.Volume.BlockSizeLog2, size) is not Errno.OK and var badBlocks) return badBlocks;
        var wasInline = (record.Flags & InodeFlags.IsInline) != 0;

        // The client has put inline bytes into the extents: they must be those of now, also when there are none any more, or bytes
        // that somebody truncated or wrote over meanwhile would come back.
        var hasInline = wasInline || request.ExpectedDataVersion != 0;
        if (hasInline && request.ExpectedDataVersion != record.DataVersion) return Errno.EAGAIN;
        if (CheckRewritten(c, request) is not Errno.OK and var overtaken) return overtaken;
        if (wasInline)
        {
            c.Transaction.Delete(Keys.InlineData(request.Inode));
            SetInline(c, ref record, isInline: false);
        }

        var blocksOf = BlocksOf(request);
        if (AddObjects(c, request, blocksOf) is not Errno.OK and var badObjects) return badObjects;
        long allocated = 0;
        foreach (var block in request.Blocks)
        {
            var errno = FileBlocks.Overlay(c, request.Inode, block.Index, block.Extents.AsSpan(), out var more);
            if (errno != Errno.OK) return errno;
            allocated += more;
        }

        if (CheckExtents(c, request, blocksOf) is not Errno.OK and var badExtents) return badExtents;
        c.LiveBytes.Apply(c);
        Usage.AddBytes(c, record, allocated);
        record = record with { AllocatedBytes = record.AllocatedBytes + allocated };
        return Errno.OK;
    }

    // Objects never change and their ids never come back, so the same extents are the same bytes.
    private static Errno CheckRewritten(OperationContext c, in CommitWriteRequest request)
    {
        if (request.Rewritten.IsDefaultOrEmpty) return Errno.OK;
        var result = Errno.OK;
        foreach (var before in request.Rewritten)
        {
            c.TryGetBlock(request.Inode, before.Index, out var now);
            var had = before.Extents.IsDefault ? [] : before.Extents.AsSpan();
            var has = now.Extents.IsDefault ? [] : now.Extents.AsSpan();
            if (!had.SequenceEqual(has)) result = Errno.EAGAIN;
        }

        return result;
    }

    // Blocks in order, valid extents, nothing behind the end of the file: it would come back when the file grows.
    private static Errno CheckBlocks(in CommitWriteRequest request, byte blockSizeLog2, long size)
    {
        var blockBytes = 1u << blockSizeLog2;
        var lastIndex = (ulong)Limits.FileBytesMax >> blockSizeLog2; // of a block that has one byte less than others
        for (var i = 0; i < request.Blocks.Length; i++)
        {
            var block = request.Blocks[i];
            if (block.Index > lastIndex) return Errno.EFBIG;
            if (i > 0 && block.Index <= request.Blocks[i - 1].Index) return Errno.EINVAL;
            if (block.Extents.IsDefaultOrEmpty) return Errno.EINVAL;
            if (!ExtentOverlay.IsValid(block.Extents.AsSpan(), blockBytes)) return Errno.EINVAL;
            foreach (var extent in block.Extents)
            {
                var end = (block.Index << blockSizeLog2) + extent.BlockOffset + extent.LengthBytes;
                if (extent.Object != ObjectId.None && end > (ulong)size) return Errno.EINVAL;
            }
        }

        return Errno.OK;
    }

    // New objects get their records; those of a pack may be there from the commit of another of its files.
    private static Errno AddObjects(OperationContext c, in CommitWriteRequest request, Dictionary<ObjectId, int> blocksOf)
    {
        if (request.Objects.IsDefaultOrEmpty) return Errno.OK;
        foreach (var descriptor in request.Objects)
        {
            if (descriptor.Object == ObjectId.None || descriptor.PlainBytes is 0 or > Limits.ObjectBytesMax)
            {
                return Errno.EINVAL;
            }

            // What was condemned may be deleted at any moment: its id never comes back.
            var isCondemned = c.Transaction.Exists(Keys.Condemned(descriptor.Object));
            var mayCommit = MayCommit(c, descriptor.Object);
            if (c.TryGetObject(descriptor.Object, out var known))
            {
                if (known.PlainBytes != descriptor.PlainBytes) return Errno.EINVAL;
                if (!known.IsPack) c.PutObject(descriptor.Object, known with { IsPack = true });
                continue;
            }

            if (isCondemned || !mayCommit) return Errno.EBADF;
            c.PutObject(descriptor.Object, new ObjectRecord
            {
                PlainBytes = descriptor.PlainBytes,
                StoredBytes = descriptor.StoredBytes,
                FrameIndex = descriptor.FrameIndex.ToArray(),
                Begin = c.Now,
                IsPack = blocksOf.GetValueOrDefault(descriptor.Object) > 1,
            });
        }

        return Errno.OK;
    }

    // In how many blocks each object is named.
    private static Dictionary<ObjectId, int> BlocksOf(in CommitWriteRequest request)
    {
        var blocksOf = new Dictionary<ObjectId, int>();
        var last = new Dictionary<ObjectId, ulong>();
        foreach (var block in request.Blocks)
        {
            foreach (var extent in block.Extents)
            {
                if (last.TryGetValue(extent.Object, out var index) && index == block.Index) continue;
                last[extent.Object] = block.Index;
                blocksOf[extent.Object] = blocksOf.GetValueOrDefault(extent.Object) + 1;
            }
        }

        return blocksOf;
    }

    // Each extent lies within an object that this session may commit; each new object is named.
    private static Errno CheckExtents(OperationContext c, in CommitWriteRequest request, Dictionary<ObjectId, int> blocksOf)
    {
        foreach (var block in request.Blocks)
        {
            foreach (var extent in block.Extents)
            {
                if (extent.Object == ObjectId.None) continue;
                if (!MayCommit(c, extent.Object)) return Errno.EBADF;
                if (!c.TryGetObject(extent.Object, out var record)) return Errno.EBADF;
                if ((ulong)extent.ObjectOffset + extent.LengthBytes > record.PlainBytes) return Errno.EINVAL;
            }
        }

        if (request.Objects.IsDefaultOrEmpty) return Errno.OK;
        foreach (var descriptor in request.Objects)
        {
            if (!blocksOf.Remove(descriptor.Object)) return Errno.EINVAL;
        }

        return Errno.OK;
    }

    // The ranges of a session go with it, and never come back.
    private static bool MayCommit(OperationContext c, ObjectId id) =>
        c.Transaction.TryGet<IdRangeRecord>(Keys.IdRange(ObjectIds.RangeOf(id)), out var range)
            && range.Session == c.Session && !range.IsClosed;

    private static void SetInline(OperationContext c, ref InodeRecord record, bool isInline)
    {
        var allocated = isInline ? ExtentOverlay.UnitBytes : 0;
        Usage.AddBytes(c, record, allocated - record.AllocatedBytes);
        var flags = isInline ? record.Flags | InodeFlags.IsInline : record.Flags & ~InodeFlags.IsInline;
        record = record with { AllocatedBytes = allocated, Flags = flags };
    }
}
