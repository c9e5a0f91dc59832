using FlexFs.Core;
using FlexFs.Metadata.Records;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Operations;

/// <summary>Gives an inode one more name, or its first. Its home stays where the oldest name is.</summary>
internal static class Link
{
    public static Outcome Run(OperationContext c, in LinkRequest request)
    {
        var name = request.NewName.Span;
        if (EntryNames.Check(name) is not Errno.OK and var badName) return badName;
        var exists = c.TryGetInode(request.Inode, out var record);
        var found = Directories.Find(c, request.NewParent, out _);
        var isTaken = c.TryGetEntry(request.NewParent, name, out _);
        c.Transaction.TryGet<OrphanRecord>(Keys.Orphan(request.Inode), out var orphan);
        if (!exists) return Errno.ESTALE;
        if (record.Type == FileType.Directory) return Errno.EPERM;
        if (found != Errno.OK) return found;
        if (isTaken) return Errno.EEXIST;

        // link(2): an open file whose last name was removed cannot get a name again. One that was made without (O_TMPFILE) can get
        // its first, while it is open: closed, it is being removed.
        if (record.LinkCount == 0 && !(orphan.IsLinkable && c.Opens.IsOpen(request.Inode))) return Errno.ENOENT;
        if (record.LinkCount >= Limits.LinkCountMax) return Errno.EMLINK;
        var cookie = Directories.Change(c, request.NewParent, 1, 0, takesCookie: true);
        c.PutEntry(
            request.NewParent, name, new EntryRecord { Child = request.Inode, Type = record.Type, Cookie = cookie });
        c.PutLink(request.Inode, request.NewParent, name);
        if (record.LinkCount == 0)
        {
            c.Transaction.Delete(Keys.Orphan(request.Inode));
            Usage.Move(c, request.Inode, ref record, request.NewParent);
        }

        c.PutInode(request.Inode, record with { LinkCount = record.LinkCount + 1, ChangedAt = c.Now });
        return Outcome.Of(request.Inode) with { IsKept = true };
    }
}
