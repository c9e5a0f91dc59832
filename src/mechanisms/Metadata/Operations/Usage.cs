using FlexFs.Core;
using FlexFs.Metadata.Records;

namespace FlexFs.Metadata.Operations;

/// <summary>Recursive usage of directories, usage of owners. Exact after every request; written once per batch.</summary>
/// <remarks>
/// An inode is charged to its home, the directory of its oldest name, and to all directories above; a directory to itself too.
/// An inode without a name is charged to its owner only, until it is removed.
/// </remarks>
internal static class Usage
{
    /// <summary>Adds to a directory and all above it.</summary>
    public static void AddAbove(OperationContext c, InodeId home, long bytes, long inodes)
    {
        if (bytes == 0 && inodes == 0) return;
        while (home != InodeId.None)
        {
            c.AddDirectoryUsage(home, bytes, inodes);
            home = c.TryGetInode(home, out var record) ? record.Home : InodeId.None;
        }
    }

    /// <summary>A file's allocated bytes changed.</summary>
    public static void AddBytes(OperationContext c, in InodeRecord record, long bytes)
    {
        if (bytes == 0) return;
        AddAbove(c, record.Home, bytes, 0);
        c.AddOwnerUsage(record.UserId, record.GroupId, bytes, 0);
    }

    /// <summary>What moves with an inode when its home changes: of a directory all that is below it.</summary>
    public static UsageRecord Of(OperationContext c, InodeId inode, in InodeRecord record)
    {
        if (record.Type != FileType.Directory)
        {
            return new UsageRecord { AllocatedBytes = record.AllocatedBytes, Inodes = 1 };
        }

        c.Transaction.TryGet<UsageRecord>(Keys.DirectoryUsage(inode), out var usage);
        return usage;
    }

    /// <summary>Moves an inode's charge to another home; the record is the caller's to write.</summary>
    public static void Move(OperationContext c, InodeId inode, ref InodeRecord record, InodeId home)
    {
        if (record.Home == home) return;
        var usage = Of(c, inode, record);
        AddAbove(c, record.Home, -usage.AllocatedBytes, -usage.Inodes);
        AddAbove(c, home, usage.AllocatedBytes, usage.Inodes);
        record = record with { Home = home };
    }

    /// <summary>The home of an inode when one name goes and another comes (or none): the directory of the oldest name that is left.</summary>
    /// <remarks>Among names made in one commit the home of before stays when it can; else the first in key order.</remarks>
    public static InodeId HomeAfter(
        OperationContext c, InodeId inode, in InodeRecord record,
        InodeId goneParent, ReadOnlySpan<byte> goneName, InodeId newParent)
    {
        var links = c.Transaction.Scan(Keys.Links(inode), Keys.After(Keys.Links(inode)), LinksPage);
        var best = newParent;
        var bestBegin = newParent == InodeId.None ? long.MaxValue : c.Now.Nanoseconds;
        foreach (var pair in links.Pairs)
        {
            var parent = new InodeId(Keys.NumberAt(pair.Key, 9));
            if (parent == goneParent && pair.Key.AsSpan(17).SequenceEqual(goneName)) continue;
            var begin = State.Transaction.RecordOf<LinkRecord>(pair).Begin.Nanoseconds;
            if (begin < bestBegin || (begin == bestBegin && parent == record.Home && best != record.Home))
            {
                (best, bestBegin) = (parent, begin);
            }
        }

        return best;
    }

    // All names of one inode are looked at in one page.
    private const int LinksPage = (int)Limits.LinkCountMax;
}
