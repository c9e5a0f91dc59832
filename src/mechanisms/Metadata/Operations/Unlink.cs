using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Operations;

/// <summary>Removes a name that is not a directory's.</summary>
internal static class Unlink
{
    public static Outcome Run(OperationContext c, in UnlinkRequest request)
    {
        var name = request.Name.Span;
        if (EntryNames.Check(name) is not Errno.OK and var badName) return badName;
        var found = Directories.Find(c, request.Parent, out _);
        if (!c.TryGetEntry(request.Parent, name, out var entry)) return found == Errno.OK ? Errno.ENOENT : found;

        // unlink(2): EISDIR is what Linux answers, POSIX has EPERM.
        if (entry.Type == FileType.Directory) return Errno.EISDIR;
        c.TryGetInode(entry.Child, out var record);
        c.DeleteName(request.Parent, name, entry);
        Directories.Change(c, request.Parent, -1, 0);
        InodeRemoval.DropName(c, entry.Child, record, request.Parent, name);
        return Outcome.Of(entry.Child, entry.Child.Value);
    }
}
