using FlexFs.Core;
using FlexFs.Metadata.Records;

namespace FlexFs.Metadata.Operations.Internal;

/// <summary>What an inode is called. One step of a path, so that no single request reads more than one record.</summary>
internal static class NameOf
{
    public static Outcome Run(OperationContext c, in NameOfRequest request)
    {
        var from = Keys.Links(request.Inode);
        var end = Keys.After(from);
        var page = c.Transaction.Scan(from, end, LinksPage);

        // Names of the page may have been removed since.
        while (page.Pairs.Count == 0 && !page.IsComplete) page = c.Transaction.Scan(page.Resume, end, LinksPage);
        if (page.Pairs.Count == 0) return Errno.ENOENT;
        var key = page.Pairs[0].Key;
        return c.Reply(new NameOfReply
        {
            Parent = new InodeId(Keys.NumberAt(key, ParentAt)),
            Name = key.AsMemory(NameAt),
        });
    }

    private const int LinksPage = 4;
    private const int ParentAt = 9;
    private const int NameAt = ParentAt + 8;
}
