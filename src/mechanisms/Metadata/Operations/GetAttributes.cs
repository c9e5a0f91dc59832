using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Operations;

/// <summary>The attributes of an inode, with or without names.</summary>
internal static class GetAttributes
{
    public static Outcome Run(OperationContext c, in GetAttributesRequest request) =>
        c.TryGetInode(request.Inode, out var record)
            ? c.Reply(new AttributesReply { Attributes = c.Show(request.Inode, record) })
            : Errno.ESTALE;
}
