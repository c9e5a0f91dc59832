using FlexFs.Core;
using FlexFs.Metadata.Records;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Operations;

/// <summary>Moves a name, or swaps two.</summary>
/// <remarks>
/// The name that stays in a directory through it (a replaced or a swapped one) keeps its place in the listing, so that a listing
/// under way shows it exactly once; a name that comes gets a new place.
/// </remarks>
internal static class Rename
{
    public static Outcome Run(OperationContext c, in RenameRequest request)
    {
        var oldName = request.OldName.Span;
        var newName = request.NewName.Span;
        if (EntryNames.Check(oldName) is not Errno.OK and var badOld) return badOld;
        if (EntryNames.Check(newName) is not Errno.OK and var badNew) return badNew;
        if ((request.Flags & ~(RenameFlags.NoReplace | RenameFlags.Exchange | RenameFlags.Whiteout)) != 0) return Errno.EINVAL;
        var isExchange = (request.Flags & RenameFlags.Exchange) != 0;

        // rename(2): RENAME_EXCHANGE goes with none of the others.
        if (isExchange && request.Flags != RenameFlags.Exchange) return Errno.EINVAL;

        var foundOld = Directories.Find(c, request.OldParent, out var oldDirectory);
        var foundNew = Directories.Find(c, request.NewParent, out _);
        var hasSource = c.TryGetEntry(request.OldParent, oldName, out var source);
        var hasTarget = c.TryGetEntry(request.NewParent, newName, out var target);
        if (foundOld != Errno.OK) return foundOld;
        if (foundNew != Errno.OK) return foundNew;
        if (!hasSource) return Errno.ENOENT;
        if (hasTarget && (request.Flags & RenameFlags.NoReplace) != 0) return Errno.EEXIST;
        if (!hasTarget && isExchange) return Errno.ENOENT;

        // rename(2): a directory cannot become a subdirectory of itself. Exchanged, neither of the two can.
        if (source.Type == FileType.Directory && IsAtOrAbove(c, source.Child, request.NewParent)) return Errno.EINVAL;
        if (isExchange && target.Type == FileType.Directory && IsAtOrAbove(c, target.Child, request.OldParent))
        {
            return Errno.EINVAL;
        }

        // rename(2): when both names are the same file, do nothing and succeed.
        if (hasTarget && source.Child == target.Child) return Outcome.Of(source.Child);
        if (isExchange) return Exchange(c, request, source, target);

        c.TryGetInode(source.Child, out var moved);
        var isDirectory = source.Type == FileType.Directory;
        var isWhiteout = (request.Flags & RenameFlags.Whiteout) != 0;
        var gone = isWhiteout ? 0 : -1;
        ulong cookie;
        if (hasTarget)
        {
            c.TryGetInode(target.Child, out var victim);
            if (isDirectory && target.Type != FileType.Directory) return Errno.ENOTDIR;
            if (!isDirectory && target.Type == FileType.Directory) return Errno.EISDIR;
            if (target.Type == FileType.Directory && victim.SizeBytes > 0) return Errno.ENOTEMPTY;
            c.DeleteLink(target.Child, request.NewParent, newName);
            InodeRemoval.DropName(c, target.Child, victim, request.NewParent, newName);
            cookie = target.Cookie;
            Directories.Change(c, request.NewParent, 0, 0);
            Directories.Change(c, request.OldParent, gone, isDirectory ? -1 : 0);
        }
        else
        {
            cookie = Directories.Change(c, request.NewParent, 1, isDirectory ? 1 : 0, takesCookie: true);
            Directories.Change(c, request.OldParent, gone, isDirectory ? -1 : 0);
        }

        c.DeleteName(request.OldParent, oldName, source);
        c.PutEntry(request.NewParent, newName, source with { Cookie = cookie });
        Rehome(c, source.Child, ref moved, request.OldParent, oldName, request.NewParent);
        c.PutLink(source.Child, request.NewParent, newName);
        c.PutInode(source.Child, moved with { ChangedAt = c.Now });
        if (isWhiteout && !LeaveWhiteout(c, request, oldDirectory, source.Cookie)) return Errno.ENOSPC;
        return Outcome.Of(source.Child, hasTarget ? target.Child.Value : 0);
    }

    // The old name stays in its place of the listing, as a character device 0:0 that nobody may open.
    private static bool LeaveWhiteout(OperationContext c, in RenameRequest request, in InodeRecord directory, ulong cookie)
    {
        const FileType type = FileType.CharacterDevice;
        if (!NewInode.TryTake(c, out var inode)) return false;
        var groupId = NewInode.GroupIn(directory, request.GroupId);
        c.AddOwnerUsage(request.UserId, groupId, 0, 1);
        Usage.AddAbove(c, request.OldParent, 0, 1);
        c.PutEntry(request.OldParent, request.OldName.Span, new EntryRecord { Child = inode, Type = type, Cookie = cookie });
        c.PutLink(inode, request.OldParent, request.OldName.Span);
        var record = NewInode.Record(c, FileMode.Of(type, 0), request.UserId, groupId) with { LinkCount = 1, Home = request.OldParent };
        Acls.Inherit(c, request.OldParent, directory, inode, ref record, umask: 0);
        c.PutNewInode(inode, record);
        return true;
    }

    private static Outcome Exchange(
        OperationContext c, in RenameRequest request, in EntryRecord source, in EntryRecord target)
    {
        var oldName = request.OldName.Span;
        var newName = request.NewName.Span;
        c.TryGetInode(source.Child, out var first);
        c.TryGetInode(target.Child, out var second);

        // One after the other: the second's other name may be below the first, which has moved by then.
        Rehome(c, source.Child, ref first, request.OldParent, oldName, request.NewParent);
        c.PutInode(source.Child, first with { ChangedAt = c.Now });
        Rehome(c, target.Child, ref second, request.NewParent, newName, request.OldParent);
        c.DeleteLink(source.Child, request.OldParent, oldName);
        c.DeleteLink(target.Child, request.NewParent, newName);
        c.PutLink(source.Child, request.NewParent, newName);
        c.PutLink(target.Child, request.OldParent, oldName);
        c.PutEntry(request.NewParent, newName, source with { Cookie = target.Cookie });
        c.PutEntry(request.OldParent, oldName, target with { Cookie = source.Cookie });
        var gained = (source.Type == FileType.Directory ? 1 : 0) - (target.Type == FileType.Directory ? 1 : 0);
        c.PutInode(target.Child, second with { ChangedAt = c.Now });
        Directories.Change(c, request.NewParent, 0, gained);
        Directories.Change(c, request.OldParent, 0, -gained);
        return Outcome.Of(source.Child, target.Child.Value);
    }

    // The charge follows a directory, and a file whose only or oldest name moved.
    private static void Rehome(
        OperationContext c, InodeId inode, ref InodeRecord record,
        InodeId oldParent, ReadOnlySpan<byte> oldName, InodeId newParent)
    {
        if (record.Type == FileType.Directory || record.LinkCount == 1)
        {
            Usage.Move(c, inode, ref record, newParent);
        }
        else if (record.Home == oldParent)
        {
            Usage.Move(c, inode, ref record, Usage.HomeAfter(c, inode, record, oldParent, oldName, newParent));
        }
    }

    // Whether a directory is one of another's ancestors, or the same.
    private static bool IsAtOrAbove(OperationContext c, InodeId upper, InodeId lower)
    {
        while (lower != InodeId.None)
        {
            if (lower == upper) return true;
            lower = c.TryGetInode(lower, out var record) ? record.Home : InodeId.None;
        }

        return false;
    }
}
