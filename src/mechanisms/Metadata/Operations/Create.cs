using FlexFs.Core;
using FlexFs.Metadata.Records;
using FlexFs.Metadata.State;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Operations;

/// <summary>Makes an inode and its first name. The reply's value is 1 when it was made, 0 when an existing file was opened.</summary>
internal static class Create
{
    public static Outcome Run(OperationContext c, in CreateRequest request)
    {
        var name = request.Name.Span;
        if (EntryNames.Check(name) is not Errno.OK and var badName) return badName;
        var type = FileMode.TypeOf(request.Mode);
        if (!IsMakable(type) || (request.Mode & ~(FileMode.TypeMask | FileMode.PermissionMask)) != 0) return Errno.EINVAL;
        if (type == FileType.Symlink == request.SymlinkTarget.IsEmpty) return Errno.EINVAL;

        var found = Directories.Find(c, request.Parent, out var parent);
        if (c.TryGetEntry(request.Parent, name, out var existing) && found == Errno.OK)
        {
            if (!request.OpenExisting || existing.Type != FileType.Regular) return Errno.EEXIST;
            if (request.Open && !c.MayOpen(existing.Child)) return Errno.ENFILE;
            if (request.Open) c.SetOpen(c.Session, existing.Child, OpenState.Reading);
            return Outcome.Of(existing.Child);
        }

        // mkdir(2), inode(7): in a set-group-ID directory the group is the directory's, and directories inherit the bit.
        var groupId = NewInode.GroupIn(parent, request.GroupId);
        var mode = request.Mode;
        if (type == FileType.Directory && (parent.Mode & FileMode.SetGid) != 0) mode |= FileMode.SetGid;

        // Before anything is refused, all that is needed is asked for: a cold request gets its keys in few rounds.
        c.AddOwnerUsage(request.UserId, groupId, 0, 1);
        Usage.AddAbove(c, request.Parent, 0, 1);
        if (found != Errno.OK) return found;
        if (request.Open && !c.MayOpen(InodeId.None)) return Errno.ENFILE;
        if (!NewInode.TryTake(c, out var inode)) return Errno.ENOSPC;

        var cookie = Directories.Change(c, request.Parent, 1, type == FileType.Directory ? 1 : 0, takesCookie: true);
        c.PutEntry(request.Parent, name, new EntryRecord { Child = inode, Type = type, Cookie = cookie });
        c.PutLink(inode, request.Parent, name);
        var record = NewInode.Record(c, mode, request.UserId, groupId) with
        {
            LinkCount = type == FileType.Directory ? 2u : 1u,
            Device = type is FileType.CharacterDevice or FileType.BlockDevice ? request.Device : 0,
            SizeBytes = request.SymlinkTarget.Length,
            Home = request.Parent,
            NextCookie = type == FileType.Directory ? Directories.FirstCookie : 0,
        };
        Acls.Inherit(c, request.Parent, parent, inode, ref record, request.Umask);
        c.PutNewInode(inode, record);
        if (type == FileType.Directory)
        {
            c.Transaction.Put(Keys.DirectoryUsage(inode), new UsageRecord { Inodes = 1 });
        }

        if (type == FileType.Symlink)
        {
            c.Transaction.PutBytes(Keys.InlineData(inode), request.SymlinkTarget.ToArray());
        }

        if (request.Open) c.SetOpen(c.Session, inode, OpenState.Writing);

        // Whoever makes and opens a file is about to write it.
        return Outcome.Of(inode, 1) with
        {
            IsKept = !request.Open,
            Lease = request.Open ? LeaseKind.Write : LeaseKind.Read,
        };
    }

    private static bool IsMakable(FileType type) => type is FileType.Regular or FileType.Directory or FileType.Symlink
        or FileType.Fifo or FileType.Socket or FileType.CharacterDevice or FileType.BlockDevice;
}
