using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Operations;

/// <summary>Shows an inode, and takes effect when the session can have the lease that it asks for.</summary>
internal static class AcquireLease
{
    public static Outcome Run(OperationContext c, in AcquireLeaseRequest request)
    {
        if (!c.TryGetInode(request.Inode, out var record)) return Errno.ESTALE;
        if (request.Kind == LeaseKind.None) return Errno.EINVAL;
        if (request.Kind == LeaseKind.Write && record.Type != FileType.Regular) return Errno.EINVAL;
        if (!c.MayNeed(request.Inode)) return Errno.ENFILE;
        c.Footprint.Wanted = (request.Inode, request.Kind);
        return c.Reply(new LeaseReply
        {
            Attributes = c.Show(request.Inode, record, request.Kind),
            LastRecall = c.LastRecall,
        });
    }
}
