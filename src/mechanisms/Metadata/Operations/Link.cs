using FlexFs.Core;
using FlexFs.Metadata.Records;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Operations;

/// <summary>Gives an inode one more name. Its home stays where the oldest name is.</summary>
internal static class Link
{
    public static Outcome Run(OperationContext c, in LinkRequest request)
    {
        var name = request.NewName.Span;
        if (EntryNames.Check(name) is not Errno.OK and var badName) return badName;
        var exists = c.TryGetInode(request.Inode, out var record);
        var found = Directories.Find(c, request.NewParent, out _);
        var isTaken = c.TryGetEntry(request.NewParent, name, out _);
        if (!exists) return Errno.ESTALE;
        if (record.Type == FileType.Directory) return Errno.EPERM;
        if (found != Errno.OK) return found;
        if (isTaken) return Errno.EEXIST;

        // link(2): an open file whose last name was removed cannot get a name again.
        if (record.LinkCount == 0) return Errno.ENOENT;
        if (record.LinkCount >= Limits.LinkCountMax) return Errno.EMLINK;
        var cookie = Directories.Change(c, request.NewParent, 1, 0, takesCookie: true);
        c.PutEntry(
            request.NewParent, name, new EntryRecord { Child = request.Inode, Type = record.Type, Cookie = cookie });
        c.PutLink(request.Inode, request.NewParent, name);
        c.PutInode(request.Inode, record with { LinkCount = record.LinkCount + 1, ChangedAt = c.Now });
        return Outcome.Of(request.Inode);
    }
}
