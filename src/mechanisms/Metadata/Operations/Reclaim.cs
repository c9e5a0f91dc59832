using FlexFs.Core;
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

        if (!request.UnansweredCreates.IsDefaultOrEmpty)
        {
            foreach (var create in request.UnansweredCreates) Reopen(c, create);
        }

        return c.Reply(default(EmptyReply));
    }

    // What has not taken effect has no answer of its number yet, and will open what it makes by itself.
    private static void Reopen(OperationContext c, in UnansweredRequest create)
    {
        if (create.Slot >= Limits.RpcSlotsMax) return;
        if (!c.TryGetReply(c.Session, create.Slot, out var kept) || kept.Number != create.Number) return;
        if (kept.Errno != Errno.OK || !c.TryGetInode(kept.Inode, out _) || !c.MayOpen(kept.Inode)) return;
        c.SetOpen(c.Session, kept.Inode, OpenState.Writing);
    }
}
