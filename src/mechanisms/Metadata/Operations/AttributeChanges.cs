using FlexFs.Core;
using FlexFs.Metadata.Records;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Operations;

/// <summary>Applies an <see cref="AttributeChange"/> to an inode: chmod, chown, truncate, utimens.</summary>
internal static class AttributeChanges
{
    private const AttributeMask Known = (AttributeMask)0x1FF;

    /// <summary>Whether the change makes sense for this inode. EINVAL, EISDIR.</summary>
    public static Errno Check(in AttributeChange change, in InodeRecord record)
    {
        if ((change.Mask & ~Known) != 0) return Errno.EINVAL;
        if (Has(change, AttributeMask.Mode) && (change.Mode & ~FileMode.PermissionMask) != 0) return Errno.EINVAL;
        if (!Has(change, AttributeMask.Size)) return Errno.OK;
        if (record.Type == FileType.Directory) return Errno.EISDIR;

        // truncate(2): EINVAL for a negative length, and for what is not a regular file.
        return record.Type != FileType.Regular || change.SizeBytes < 0 ? Errno.EINVAL : Errno.OK;
    }

    /// <summary>Applies a checked change; <paramref name="record"/> is the caller's to write.</summary>
    /// <returns>False: only a part of what a truncation frees was removed; the file keeps its size so far.</returns>
    public static bool Apply(OperationContext c, InodeId inode, ref InodeRecord record, in AttributeChange change)
    {
        if (Has(change, AttributeMask.Size) && !Resize(c, inode, ref record, change.SizeBytes)) return false;
        if (Has(change, AttributeMask.UserId) || Has(change, AttributeMask.GroupId))
        {
            var userId = Has(change, AttributeMask.UserId) ? change.UserId : record.UserId;
            var groupId = Has(change, AttributeMask.GroupId) ? change.GroupId : record.GroupId;
            c.AddOwnerUsage(record.UserId, record.GroupId, -record.AllocatedBytes, -1);
            c.AddOwnerUsage(userId, groupId, record.AllocatedBytes, 1);
            record = record with { UserId = userId, GroupId = groupId };
        }

        var mode = record.Mode;
        if (Has(change, AttributeMask.Mode)) mode = (mode & FileMode.TypeMask) | change.Mode;
        if (Has(change, AttributeMask.ClearSetId) && record.Type != FileType.Directory)
        {
            // chown(2): set-group-ID without group execute once meant mandatory locking and stays.
            mode &= ~FileMode.SetUid;
            if ((mode & FileMode.GroupExecute) != 0) mode &= ~FileMode.SetGid;
        }

        record = record with
        {
            Mode = mode,
            AccessedAt = Has(change, AttributeMask.AccessedNow) ? c.Now
                : Has(change, AttributeMask.AccessedAt) ? change.AccessedAt : record.AccessedAt,
            ModifiedAt = Has(change, AttributeMask.ModifiedNow) ? c.Now
                : Has(change, AttributeMask.ModifiedAt) ? change.ModifiedAt : record.ModifiedAt,
            ChangedAt = c.Now,
        };
        if (Has(change, AttributeMask.Mode)) Acls.Follow(c, inode, ref record);
        return true;
    }

    private static bool Resize(OperationContext c, InodeId inode, ref InodeRecord record, long size)
    {
        var isDone = true;
        if (size < record.SizeBytes && record.AllocatedBytes > 0)
        {
            long allocated;
            if ((record.Flags & InodeFlags.IsInline) != 0)
            {
                allocated = ShrinkInline(c, inode, ref record, size);
            }
            else
            {
                isDone = FileBlocks.CutOff(c, inode, ref record, (ulong)size, out allocated);
                c.LiveBytes.Apply(c);
            }

            Usage.AddBytes(c, record, allocated);
            record = record with { AllocatedBytes = record.AllocatedBytes + allocated };
        }

        // ftruncate(2) marks mtime and ctime even when the size stays; cached bytes are stale only when it does not.
        var changed = isDone && size != record.SizeBytes;
        record = record with
        {
            SizeBytes = isDone ? size : record.SizeBytes,
            DataVersion = record.DataVersion + (changed ? 1UL : 0),
            ModifiedAt = c.Now,
            ChangedAt = c.Now,
        };
        return isDone;
    }

    // Inline data may be shorter than the file: what is behind it reads as zeros.
    private static long ShrinkInline(OperationContext c, InodeId inode, ref InodeRecord record, long size)
    {
        c.TryGetInlineData(inode, out var data);
        if (size == 0)
        {
            c.Transaction.Delete(Keys.InlineData(inode));
            record = record with { Flags = record.Flags & ~InodeFlags.IsInline };
            return -record.AllocatedBytes;
        }

        if (data.Length > size) c.Transaction.PutBytes(Keys.InlineData(inode), data[..(int)size].ToArray());
        return 0;
    }

    private static bool Has(in AttributeChange change, AttributeMask mask) => (change.Mask & mask) != 0;
}
