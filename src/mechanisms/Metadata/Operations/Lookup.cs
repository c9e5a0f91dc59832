using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Operations;

/// <summary>Which inode a name is.</summary>
internal static class Lookup
{
    public static Outcome Run(OperationContext c, in LookupRequest request)
    {
        var name = request.Name.Span;
        var isDot = name.SequenceEqual("."u8);
        var isDotDot = name.SequenceEqual(".."u8);
        if (!isDot && !isDotDot && EntryNames.Check(name) is not Errno.OK and var refusal) return refusal;
        if (!c.TryGetInode(request.Parent, out var parent)) return Errno.ESTALE;
        if (parent.Type != FileType.Directory) return Errno.ENOTDIR;

        var child = request.Parent;
        if (isDotDot)
        {
            // path_resolution(7): the parent of the root is the root. A removed directory has no parent any more.
            if (request.Parent != InodeId.Root) child = parent.Home;
            if (child == InodeId.None) return Errno.ENOENT;
        }
        else if (!isDot)
        {
            if (!c.TryGetEntry(request.Parent, name, out var entry))
            {
                // Who can keep it is told under which lease.
                return c.UsesLeases
                    ? c.Reply(new EntryReply { ParentLease = c.Offer(request.Parent) })
                    : Errno.ENOENT;
            }

            child = entry.Child;
        }

        var found = c.TryGetInode(child, out var record);
        if (c.IsComplete) Check.That(found, "an entry's inode exists");
        return c.Reply(new EntryReply { Attributes = c.Show(child, record), ParentLease = c.Offer(request.Parent) });
    }
}
