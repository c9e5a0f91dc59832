using FlexFs.Core;
using FlexFs.Metadata.Records;
using FlexFs.Metadata.State;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Operations;

/// <summary>Makes a regular file that has no name yet and is open in the session: an orphan that may be linked.</summary>
internal static class CreateUnnamed
{
    public static Outcome Run(OperationContext c, in CreateUnnamedRequest request)
    {
        if ((request.Mode & ~FileMode.PermissionMask) != 0) return Errno.EINVAL;
        var found = Directories.Find(c, request.Directory, out var directory);
        var groupId = NewInode.GroupIn(directory, request.GroupId);

        // As everything without a name it is charged to its owner only.
        c.AddOwnerUsage(request.UserId, groupId, 0, 1);
        if (found != Errno.OK) return found;
        if (!c.MayOpen(InodeId.None)) return Errno.ENFILE;
        if (!NewInode.TryTake(c, out var inode)) return Errno.ENOSPC;
        var mode = FileMode.Of(FileType.Regular, request.Mode);
        var record = NewInode.Record(c, mode, request.UserId, groupId);
        Acls.Inherit(c, request.Directory, directory, inode, ref record, request.Umask);
        c.PutNewInode(inode, record);
        c.Transaction.Put(Keys.Orphan(inode), new OrphanRecord { Since = c.Now, IsLinkable = true });
        c.SetOpen(c.Session, inode, OpenState.Writing);
        return Outcome.Of(inode, 1) with { Lease = LeaseKind.Write };
    }
}
