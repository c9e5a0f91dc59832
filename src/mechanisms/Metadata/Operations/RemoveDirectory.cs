using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Operations;

/// <summary>Removes an empty directory.</summary>
internal static class RemoveDirectory
{
    public static Outcome Run(OperationContext c, in RemoveDirectoryRequest request)
    {
        var name = request.Name.Span;
        if (EntryNames.Check(name) is not Errno.OK and var badName) return badName;
        var found = Directories.Find(c, request.Parent, out _);
        if (!c.TryGetEntry(request.Parent, name, out var entry)) return found == Errno.OK ? Errno.ENOENT : found;
        if (entry.Type != FileType.Directory) return Errno.ENOTDIR;
        c.TryGetInode(entry.Child, out var record);
        if (record.SizeBytes > 0) return Errno.ENOTEMPTY;
        c.DeleteName(request.Parent, name, entry);
        Directories.Change(c, request.Parent, -1, -1);
        InodeRemoval.DropName(c, entry.Child, record, request.Parent, name);
        return Outcome.Of(entry.Child, entry.Child.Value);
    }
}
