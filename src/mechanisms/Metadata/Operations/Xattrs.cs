using System.Buffers;
using FlexFs.Core;
using FlexFs.Metadata.Records;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Operations;

/// <summary>Extended attributes: getxattr(2), listxattr(2), setxattr(2), removexattr(2).</summary>
internal static class Xattrs
{
    // A page of the listing brings values along, up to 64 KiB each.
    private const int NamesPerPage = 64;

    public static Outcome Get(OperationContext c, in GetXattrRequest request)
    {
        if (!c.TryGetInode(request.Inode, out var record)) return Errno.ESTALE;
        if ((record.Flags & InodeFlags.HasXattrs) == 0) return Errno.ENODATA;
        return c.Transaction.TryGetBytes(Keys.Xattr(request.Inode, request.Name.Span), out var value)
            ? c.Reply(new BytesReply { Bytes = value })
            : Errno.ENODATA;
    }

    public static Outcome List(OperationContext c, in ListXattrRequest request)
    {
        if (!c.TryGetInode(request.Inode, out var record)) return Errno.ESTALE;
        var names = new ArrayBufferWriter<byte>();
        var from = Keys.Xattrs(request.Inode);
        var end = Keys.After(from);
        var isEnd = (record.Flags & InodeFlags.HasXattrs) == 0;
        while (!isEnd)
        {
            var page = c.Transaction.Scan(from, end, NamesPerPage);
            foreach (var pair in page.Pairs)
            {
                names.Write(pair.Key.AsSpan(9));
                names.Write<byte>([0]);
            }

            // listxattr(2): E2BIG when the list is larger than the largest allowed one and cannot be retrieved.
            if (names.WrittenCount > Limits.XattrListBytesMax) return Errno.E2BIG;
            isEnd = page.IsComplete;
            from = page.Resume;
        }

        return c.Reply(new BytesReply { Bytes = names.WrittenMemory });
    }

    public static Outcome Set(OperationContext c, in SetXattrRequest request)
    {
        // xattr(7), setxattr(2): ERANGE for a name that is empty or too long.
        if (request.Name.IsEmpty || request.Name.Span.Contains((byte)0)) return Errno.ERANGE;
        var key = Keys.Xattr(request.Inode, request.Name.Span);
        var exists = c.Transaction.Exists(key);
        if (!c.TryGetInode(request.Inode, out var record)) return Errno.ESTALE;
        if (exists && request.How == XattrMode.Create) return Errno.EEXIST;
        if (!exists && request.How == XattrMode.Replace) return Errno.ENODATA;
        c.Transaction.PutBytes(key, request.Value.ToArray());
        c.PutInode(request.Inode, record with { Flags = record.Flags | InodeFlags.HasXattrs, ChangedAt = c.Now });
        return Outcome.Of(request.Inode);
    }

    public static Outcome Remove(OperationContext c, in RemoveXattrRequest request)
    {
        var key = Keys.Xattr(request.Inode, request.Name.Span);
        var exists = c.Transaction.Exists(key);
        if (!c.TryGetInode(request.Inode, out var record)) return Errno.ESTALE;
        if (!exists) return Errno.ENODATA;

        // Whether others are left: there are when the first two of them are two.
        var prefix = Keys.Xattrs(request.Inode);
        var page = c.Transaction.Scan(prefix, Keys.After(prefix), 2);
        c.Transaction.Delete(key);
        var hasOthers = !page.IsComplete || page.Pairs.Count > 1;
        var flags = hasOthers ? record.Flags : record.Flags & ~InodeFlags.HasXattrs;
        c.PutInode(request.Inode, record with { Flags = flags, ChangedAt = c.Now });
        return Outcome.Of(request.Inode);
    }
}
