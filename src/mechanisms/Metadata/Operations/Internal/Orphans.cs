using System.Collections.Immutable;
using FlexFs.Core;
using FlexFs.Metadata.Records;

namespace FlexFs.Metadata.Operations.Internal;

/// <summary>Inodes that have no name: kept while they are open, and removed here when nobody has them.</summary>
internal static class Orphans
{
    // A pass reads and removes a few inodes at a time, however long the page that was asked for.
    private const uint PerPass = 32;

    public static Outcome List(OperationContext c, in ListRequest request)
    {
        if (!Paging.TryScan(c, KeyFamily.Orphan, request, out var page)) return Errno.EINVAL;
        var ids = ImmutableArray.CreateBuilder<ulong>();
        foreach (var pair in page.Pairs) ids.Add(Keys.NumberAt(pair.Key, 1));
        return c.Reply(new IdListReply { Ids = ids.DrainToImmutable(), IsEnd = page.IsComplete });
    }

    public static Outcome Remove(OperationContext c, in ListRequest request)
    {
        if (request.Limit is 0 or > ListRequest.LimitMax) return Errno.EINVAL;
        var pass = request with { Limit = Math.Min(request.Limit, PerPass) };
        Paging.TryScan(c, KeyFamily.Orphan, pass, out var page);
        uint removed = 0;
        var last = request.After;
        foreach (var pair in page.Pairs)
        {
            var inode = new InodeId(Keys.NumberAt(pair.Key, 1));
            if (!c.Opens.IsOpen(inode) && c.TryGetInode(inode, out var record))
            {
                // One too large for a step comes again in the next pass, from where this one ended.
                if (!InodeRemoval.Remove(c, inode, record))
                {
                    return c.Reply(new RemoveOrphansReply { Removed = removed, Next = last });
                }

                removed++;
            }

            last = inode.Value;
        }

        c.EndsOrphanPass = page.IsComplete;
        return c.Reply(new RemoveOrphansReply { Removed = removed, Next = last, IsEnd = page.IsComplete });
    }
}
