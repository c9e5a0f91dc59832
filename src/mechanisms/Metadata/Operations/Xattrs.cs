using System.Buffers;
using FlexFs.Core;
using FlexFs.Metadata.Records;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Operations;

/// <summary>Extended attributes: getxattr(2), listxattr(2), setxattr(2), removexattr(2).</summary>
/// <remarks>The inode counts the bytes of names and values, so that a limit costs no walk over them.</remarks>
internal static class Xattrs
{
    // A page of the listing brings values along, up to 64 KiB each.
    private const int NamesPerPage = 64;

    public static Outcome Get(OperationContext c, in GetXattrRequest request)
    {
        if (IsTooLong(request.Name)) return Errno.ERANGE;
        if (!c.TryGetInode(request.Inode, out var record)) return Errno.ESTALE;
        if (Refusal(request.Name.Span) is not Errno.OK and var refusal) return refusal;
        if ((record.Flags & InodeFlags.HasXattrs) == 0) return Errno.ENODATA;
        return c.Transaction.TryGetBytes(Keys.Xattr(request.Inode, request.Name.Span), out var value)
            ? c.Reply(new BytesReply { Bytes = value, Lease = c.Offer(request.Inode) })
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

            isEnd = page.IsComplete;
            from = page.Resume;
        }

        return c.Reply(new BytesReply { Bytes = names.WrittenMemory, Lease = c.Offer(request.Inode) });
    }

    public static Outcome Set(OperationContext c, in SetXattrRequest request)
    {
        // setxattr(2): E2BIG for a value, ERANGE for a name that is empty or too long.
        var name = request.Name.Span;
        if (request.Value.Length > Limits.XattrValueBytesMax) return Errno.E2BIG;
        if (name.IsEmpty || IsTooLong(request.Name) || name.Contains((byte)0)) return Errno.ERANGE;
        var exists = c.Transaction.TryGetBytes(Keys.Xattr(request.Inode, name), out _);
        if (!c.TryGetInode(request.Inode, out var record)) return Errno.ESTALE;
        if (Refusal(name) is not Errno.OK and var refusal) return refusal;
        if (exists && request.How == XattrMode.Create) return Errno.EEXIST;
        if (!exists && request.How == XattrMode.Replace) return Errno.ENODATA;
        var errno = Acls.IsAcl(name)
            ? Acls.Set(c, request, ref record)
            : Put(c, request.Inode, ref record, name, request.Value.ToArray());
        if (errno != Errno.OK) return errno;
        c.PutInode(request.Inode, record with { ChangedAt = c.Now });
        return Outcome.Of(request.Inode);
    }

    public static Outcome Remove(OperationContext c, in RemoveXattrRequest request)
    {
        if (IsTooLong(request.Name)) return Errno.ERANGE;
        var name = request.Name.Span;
        var exists = c.Transaction.Exists(Keys.Xattr(request.Inode, name));
        if (!c.TryGetInode(request.Inode, out var record)) return Errno.ESTALE;
        if (Refusal(name) is not Errno.OK and var refusal) return refusal;

        // removexattr(2): ENODATA. An ACL that is not there is removed all the same, as Linux has it for every file system (vfs_remove_acl).
        if (!exists) return Acls.IsAcl(name) ? Outcome.Of(request.Inode) : Errno.ENODATA;
        Drop(c, request.Inode, ref record, name);
        if (Acls.IsAcl(name)) record = record with { Flags = record.Flags & ~Acls.FlagOf(name) };
        c.PutInode(request.Inode, record with { ChangedAt = c.Now });
        return Outcome.Of(request.Inode);
    }

    /// <summary>Writes a value; the record is the caller's to write. ENOSPC: all names, or all values, would be too long.</summary>
    public static Errno Put(OperationContext c, InodeId inode, ref InodeRecord record, ReadOnlySpan<byte> name, byte[] value)
    {
        var key = Keys.Xattr(inode, name);
        var exists = c.Transaction.TryGetBytes(key, out var before);
        var nameBytes = record.XattrNameBytes + (exists ? 0 : (uint)name.Length + 1);
        var valueBytes = (uint)(record.XattrValueBytes - before.Length + value.Length);

        // setxattr(2): ENOSPC where there is no room. listxattr(2) could not tell more names than these.
        if (c.IsComplete && (nameBytes > Limits.XattrListBytesMax || valueBytes > Limits.XattrBytesMax)) return Errno.ENOSPC;
        c.Transaction.PutBytes(key, value);
        record = record with
        {
            Flags = record.Flags | InodeFlags.HasXattrs,
            XattrNameBytes = nameBytes,
            XattrValueBytes = valueBytes,
        };
        return Errno.OK;
    }

    /// <summary>Removes a value, if there is one; the record is the caller's to write.</summary>
    public static void Drop(OperationContext c, InodeId inode, ref InodeRecord record, ReadOnlySpan<byte> name)
    {
        var key = Keys.Xattr(inode, name);
        if (!c.Transaction.TryGetBytes(key, out var before)) return;
        c.Transaction.Delete(key);
        var nameBytes = (uint)(record.XattrNameBytes - name.Length - 1);
        record = record with
        {
            Flags = nameBytes == 0 ? record.Flags & ~InodeFlags.HasXattrs : record.Flags,
            XattrNameBytes = nameBytes,
            XattrValueBytes = (uint)(record.XattrValueBytes - before.Length),
        };
    }

    private static bool IsTooLong(ReadOnlyMemory<byte> name) => name.Length > Limits.NameBytesMax;

    // xattr(7): the namespaces of Linux, each with something behind it. Of system only ACLs are a file system's own.
    private static Errno Refusal(ReadOnlySpan<byte> name)
    {
        if (name.SequenceEqual("user."u8) || name.SequenceEqual("trusted."u8) || name.SequenceEqual("security."u8)) return Errno.EINVAL;
        return name.StartsWith("user."u8) || name.StartsWith("trusted."u8) || name.StartsWith("security."u8) || Acls.IsAcl(name)
            ? Errno.OK
            : Errno.EOPNOTSUPP;
    }
}
