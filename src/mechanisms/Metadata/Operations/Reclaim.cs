using FlexFs.Metadata.State;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Operations;

/// <summary>Takes over what a session had open before the server restarted. What is gone meanwhile is passed over.</summary>
internal static class Reclaim
{
    public static Outcome Run(OperationContext c, in ReclaimRequest request)
    {
        if (!request.OpenInodes.IsDefaultOrEmpty)
        {
            var written = request.WrittenInodes.IsDefaultOrEmpty ? [] : request.WrittenInodes.ToHashSet();
            foreach (var inode in request.OpenInodes)
            {
                if (!c.TryGetInode(inode, out var record) || !c.MayOpen(inode)) continue;
                if (record.LinkCount == 0 && InodeRemoval.HasBegun(c, inode)) continue;
                c.SetOpen(c.Session, inode, written.Contains(inode) ? OpenState.Writing : OpenState.Reading);
            }
        }

        return c.Reply(default(EmptyReply));
    }
}
