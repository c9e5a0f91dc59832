using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Operations;

/// <summary>The target of a symlink. readlink(2): EINVAL for what is none.</summary>
internal static class ReadSymlink
{
    public static Outcome Run(OperationContext c, in ReadSymlinkRequest request)
    {
        if (!c.TryGetInode(request.Inode, out var record)) return Errno.ESTALE;
        if (record.Type != FileType.Symlink) return Errno.EINVAL;
        c.TryGetInlineData(request.Inode, out var target);
        return c.Reply(new BytesReply { Bytes = target, Lease = c.Offer(request.Inode) });
    }
}
