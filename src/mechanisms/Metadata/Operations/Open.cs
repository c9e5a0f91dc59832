using FlexFs.Core;
using FlexFs.Metadata.State;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Operations;

/// <summary>Keeps an inode alive for a session, and says what it is now.</summary>
internal static class Open
{
    public static Outcome Run(OperationContext c, in OpenRequest request)
    {
        if (!c.TryGetInode(request.Inode, out var record)) return Errno.ESTALE;

        // Without a name it is opened by who has it open (/proc/self/fd), and by who looked it up while it had one and was told since that
        // it changed: that program came before the removal. Others come by a name that their kernel still keeps, and ESTALE makes it look
        // again. Whose removal has begun is nobody's.
        if (record.LinkCount == 0)
        {
            var isKnown = c.Opens.IsOpenIn(c.Session, request.Inode) || c.IsHeld(request.Inode);
            if (!isKnown || InodeRemoval.HasBegun(c, request.Inode)) return Errno.ESTALE;
        }

        if (!c.MayOpen(request.Inode)) return Errno.ENFILE;
        var data = ReadOnlyMemory<byte>.Empty;
        if (request.WithInlineData && (record.Flags & InodeFlags.IsInline) != 0)
        {
            c.TryGetInlineData(request.Inode, out data);
        }

        c.SetOpen(c.Session, request.Inode, request.WantsWrite ? OpenState.Writing : OpenState.Reading);
        var wanted = request.WantsWrite ? LeaseKind.Write : LeaseKind.Read;
        var parts = data.IsEmpty ? InodeParts.Attributes : InodeParts.Attributes | InodeParts.Data;
        return c.Reply(new OpenReply
        {
            Attributes = c.Show(request.Inode, record, wanted, parts),
            InlineData = data,
            IsWrittenElsewhere = c.Opens.IsWrittenElsewhere(c.Session, request.Inode),
        });
    }
}
