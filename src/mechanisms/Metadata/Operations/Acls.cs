using FlexFs.Core;
using FlexFs.Metadata.Records;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Operations;

/// <summary>POSIX ACLs (acl(5)): kept as attributes, one with the permission bits, and inherited.</summary>
/// <remarks>
/// What holds after each request: an inode has <see cref="InodeFlags.HasAccessAcl"/> exactly when it has an access ACL; that says more
/// than the permission bits do, and the same where both speak: owner, other, and group as mask.
/// </remarks>
internal static class Acls
{
    private const uint AllBits = 0x1FF;
    private static ReadOnlySpan<byte> Access => "system.posix_acl_access"u8;
    private static ReadOnlySpan<byte> Default => "system.posix_acl_default"u8;

    /// <summary>Whether an attribute is an ACL.</summary>
    public static bool IsAcl(ReadOnlySpan<byte> name) => name.SequenceEqual(Access) || name.SequenceEqual(Default);

    /// <summary>The flag of an inode that has it.</summary>
    public static InodeFlags FlagOf(ReadOnlySpan<byte> name) =>
        name.SequenceEqual(Access) ? InodeFlags.HasAccessAcl : InodeFlags.HasDefaultAcl;

    /// <summary>Sets an ACL; the record is the caller's to write. EINVAL, EACCES, EOPNOTSUPP, ENOSPC.</summary>
    public static Errno Set(OperationContext c, in SetXattrRequest request, ref InodeRecord record)
    {
        if (record.Type == FileType.Symlink) return Errno.EOPNOTSUPP;
        if (!PosixAcl.TryParse(request.Value.Span, out var acl)) return Errno.EINVAL;
        if (request.Name.Span.SequenceEqual(Access))
        {
            if (request.ClearsSetGroupId) record = record with { Mode = record.Mode & ~FileMode.SetGid };
            return PutAccess(c, request.Inode, ref record, acl);
        }

        // As ext4 and XFS have it: only what is made in a directory can inherit.
        if (record.Type != FileType.Directory) return Errno.EACCES;
        var errno = Xattrs.Put(c, request.Inode, ref record, Default, acl.ToBytes());
        record = record with { Flags = record.Flags | InodeFlags.HasDefaultAcl };
        return errno;
    }

    /// <summary>chmod(2) of an inode with an access ACL: the ACL says the same. The record has the new mode.</summary>
    public static void Follow(OperationContext c, InodeId inode, ref InodeRecord record)
    {
        if ((record.Flags & InodeFlags.HasAccessAcl) == 0) return;
        if (!c.Transaction.TryGetBytes(Keys.Xattr(inode, Access), out var value)) return;
        var isValid = PosixAcl.TryParse(value.Span, out var acl);
        Check.That(isValid, "an ACL that is kept parses");
        _ = Xattrs.Put(c, inode, ref record, Access, acl.WithMode(record.Mode).ToBytes());
    }

    /// <summary>
    /// What a new inode gets of its directory: permission bits, by its default ACL or the umask, and ACLs. The record is the caller's to
    /// write.
    /// </summary>
    public static void Inherit(
        OperationContext c, InodeId directory, in InodeRecord parent, InodeId inode, ref InodeRecord record, uint umask)
    {
        if (record.Type == FileType.Symlink) return;
        var value = ReadOnlyMemory<byte>.Empty;
        var hasDefault = (parent.Flags & InodeFlags.HasDefaultAcl) != 0
            && c.Transaction.TryGetBytes(Keys.Xattr(directory, Default), out value);
        if (!hasDefault)
        {
            record = record with { Mode = record.Mode & ~(umask & AllBits) };
            return;
        }

        var isValid = PosixAcl.TryParse(value.Span, out var acl);
        Check.That(isValid, "an ACL that is kept parses");
        _ = PutAccess(c, inode, ref record, acl.Inherited(record.Mode));
        if (record.Type != FileType.Directory) return;
        _ = Xattrs.Put(c, inode, ref record, Default, value.ToArray());
        record = record with { Flags = record.Flags | InodeFlags.HasDefaultAcl };
    }

    private static Errno PutAccess(OperationContext c, InodeId inode, ref InodeRecord record, PosixAcl acl)
    {
        record = record with { Mode = (record.Mode & ~AllBits) | acl.Mode };
        if (acl.IsMinimal)
        {
            if ((record.Flags & InodeFlags.HasAccessAcl) != 0) Xattrs.Drop(c, inode, ref record, Access);
            record = record with { Flags = record.Flags & ~InodeFlags.HasAccessAcl };
            return Errno.OK;
        }

        var errno = Xattrs.Put(c, inode, ref record, Access, acl.ToBytes());
        record = record with { Flags = record.Flags | InodeFlags.HasAccessAcl };
        return errno;
    }
}
