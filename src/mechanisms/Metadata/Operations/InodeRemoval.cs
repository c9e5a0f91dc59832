using FlexFs.Core;
using FlexFs.Metadata.Records;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Operations;

/// <summary>What happens to inodes whose last name goes, and to those that are closed after that.</summary>
internal static class InodeRemoval
{
    /// <summary>A name of an inode was removed (by the caller, with its entry): what that means for the inode.</summary>
    /// <param name="c">The operation.</param>
    /// <param name="inode">The inode.</param>
    /// <param name="record">As it was with the name.</param>
    /// <param name="parent">Where the name was.</param>
    /// <param name="name">The name.</param>
    public static void DropName(
        OperationContext c, InodeId inode, in InodeRecord record, InodeId parent, ReadOnlySpan<byte> name)
    {
        var after = record with { ChangedAt = c.Now };
        if (record.Type != FileType.Directory && record.LinkCount > 1)
        {
            if (record.Home == parent)
            {
                Usage.Move(c, inode, ref after, Usage.HomeAfter(c, inode, record, parent, name, InodeId.None));
            }

            c.PutInode(inode, after with { LinkCount = record.LinkCount - 1 });
            return;
        }

        Usage.Move(c, inode, ref after, InodeId.None);
        if (record.Type == FileType.Directory) c.Transaction.Delete(Keys.DirectoryUsage(inode));
        after = after with { LinkCount = 0 };
        var isOpening = record.Type == FileType.Regular && c.IsHeldElsewhere(inode);
        if (!c.Opens.IsOpen(inode) && !isOpening)
        {
            c.NoteNameless(inode);
            Remove(c, inode, after);
            return;
        }

        // Another host has looked it up, and its program may be about to open it, which with a local file system is one step. So it stays
        // until upkeep passes.
        if (isOpening) c.Unfinished.Add(inode);
        c.PutInode(inode, after);
        c.Transaction.Put(Keys.Orphan(inode), new OrphanRecord { Since = c.Now });
    }

    /// <summary>Whether a part of an inode without a name is gone.</summary>
    public static bool HasBegun(OperationContext c, InodeId inode) =>
        c.Transaction.TryGet<OrphanRecord>(Keys.Orphan(inode), out var orphan) && orphan.IsBeingRemoved;

    private static bool RemoveXattrs(OperationContext c, InodeId inode, ref InodeRecord record)
    {
        var from = Keys.Xattrs(inode);
        var end = Keys.After(from);
        while (true)
        {
            var page = c.Transaction.Scan(from, end, XattrsPerPage);
            foreach (var pair in page.Pairs)
            {
                c.Transaction.Delete(pair.Key);
                var name = pair.Key.AsSpan(9);
                record = record with
                {
                    XattrNameBytes = (uint)(record.XattrNameBytes - name.Length - 1),
                    XattrValueBytes = (uint)(record.XattrValueBytes - ((byte[])pair.Content).Length),
                    Flags = Acls.IsAcl(name) ? record.Flags & ~Acls.FlagOf(name) : record.Flags,
                };
            }

            if (page.IsComplete) return true;
            if (page.Pairs.Count > 0) return false;
            from = page.Resume;
        }
    }

    // A page brings the values along, up to 64 KiB each.
    private const int XattrsPerPage = 64;

    /// <summary>Removes an inode without a name that nobody has open; when it is too large for one step, a part of it.</summary>
    /// <returns>Whether it is gone. Otherwise it is an orphan, to be removed by RemoveOrphans.</returns>
    public static bool Remove(OperationContext c, InodeId inode, InodeRecord record)
    {
        var isWhole = true;
        if ((record.Flags & InodeFlags.HasXattrs) != 0)
        {
            isWhole = RemoveXattrs(c, inode, ref record);
        }

        var isInline = (record.Flags & InodeFlags.IsInline) != 0;
        if (!isInline && record.AllocatedBytes > 0)
        {
            isWhole &= FileBlocks.CutOff(c, inode, ref record, 0, out var allocated);
            c.LiveBytes.Apply(c);
            c.AddOwnerUsage(record.UserId, record.GroupId, allocated, 0);
            record = record with { AllocatedBytes = record.AllocatedBytes + allocated };
        }

        if (!isWhole)
        {
            c.PutInode(inode, record);
            c.Transaction.Put(Keys.Orphan(inode), new OrphanRecord { Since = c.Now, IsBeingRemoved = true });
            c.Unfinished.Add(inode);
            return false;
        }

        if (isInline || record.Type == FileType.Symlink) c.Transaction.Delete(Keys.InlineData(inode));
        c.AddOwnerUsage(record.UserId, record.GroupId, -record.AllocatedBytes, -1);
        c.Transaction.Delete(Keys.Inode(inode));
        c.Transaction.Delete(Keys.Orphan(inode));
        c.NoteRemoved(inode);
        return true;
    }
}
