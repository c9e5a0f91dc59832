using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Operations;

/// <summary>Changes attributes. A truncation that frees very much takes several steps, and the size changes with the last.</summary>
internal static class SetAttributes
{
    public static Outcome Run(OperationContext c, in SetAttributesRequest request)
    {
        if (!c.TryGetInode(request.Inode, out var record)) return Errno.ESTALE;
        if (AttributeChanges.Check(request.Change, record) is not Errno.OK and var refusal) return refusal;
        var isDone = AttributeChanges.Apply(c, request.Inode, ref record, request.Change);
        c.PutInode(request.Inode, record);
        return isDone ? Outcome.Of(request.Inode) : Outcome.More;
    }
}
