using FlexFs.Core;
using FlexFs.Metadata.State;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Operations;

/// <summary>Ends a session's opens; what has no name left and is open nowhere else is removed.</summary>
internal static class Close
{
    public static Outcome Run(OperationContext c, in CloseRequest request)
    {
        if (request.Inodes.IsDefaultOrEmpty) return Outcome.Ok;
        var seen = new HashSet<InodeId>();
        foreach (var inode in request.Inodes)
        {
            // Named twice, it would be removed twice: what this request did is not yet seen by what it reads.
            if (seen.Add(inode)) End(c, c.Session, inode);
        }

        return Outcome.Ok;
    }

    /// <summary>Ends one open. Nothing when the session does not have it.</summary>
    public static void End(OperationContext c, SessionId session, InodeId inode)
    {
        if (!c.Opens.IsOpenIn(session, inode)) return;
        c.SetOpen(session, inode, OpenState.Closed);
        if (c.Opens.IsOpenElsewhere(session, inode)) return;
        if (c.TryGetInode(inode, out var record) && record.LinkCount == 0) InodeRemoval.Remove(c, inode, record);
    }
}
