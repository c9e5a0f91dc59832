using System.Collections.Immutable;
using FlexFs.Core;
using FlexFs.Wire;

namespace FlexFs.Protocol.Metadata;

/// <summary>Which inode a name is. ENOENT, ENOTDIR, ENAMETOOLONG, ESTALE.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct LookupRequest
{
    /// <summary>The directory.</summary>
    [Field(1)] public InodeId Parent { get; init; }

    /// <summary>The name; <c>..</c> is the parent of the directory.</summary>
    [Field(2, Max = Limits.StoredNameBytesMax)] public ReadOnlyMemory<byte> Name { get; init; }
}

/// <summary>An entry's inode as it is now.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct EntryReply
{
    /// <summary>
    /// Of the inode that the name is. To a session with leases a name that does not exist is told by the inode none, so that it can be
    /// kept; others get ENOENT.
    /// </summary>
    [Field(1)] public Attributes Attributes { get; init; }

    /// <summary>The lease of the directory, under which the session may keep the name, or that there is none.</summary>
    [Field(2, Defined = true)] public LeaseKind ParentLease { get; init; }
}

/// <summary>The attributes of an inode. ESTALE when it is gone.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct GetAttributesRequest
{
    /// <summary>The inode.</summary>
    [Field(1)] public InodeId Inode { get; init; }
}

/// <summary>Attributes as they are now.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct AttributesReply
{
    /// <summary>Of the inode that was named.</summary>
    [Field(1)] public Attributes Attributes { get; init; }
}

/// <summary>Entries of a directory behind a cookie, in cookie order. Without <c>.</c> and <c>..</c>. ENOTDIR, ESTALE.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct ReadDirectoryRequest
{
    /// <summary>The directory.</summary>
    [Field(1)] public InodeId Inode { get; init; }

    /// <summary>0 for the beginning, or the cookie of the last entry that was seen.</summary>
    [Field(2)] public ulong AfterCookie { get; init; }

    /// <summary>1 to <see cref="Limits.ReadDirectoryEntriesMax"/>.</summary>
    [Field(3)] public uint EntriesMax { get; init; }

    /// <summary>Whether each entry comes with its inode's attributes.</summary>
    [Field(4)] public bool WithAttributes { get; init; }
}

/// <summary>One entry of a listing.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct DirectoryEntry
{
    /// <summary>Position: pass it to go on behind this entry. Never reused in a directory.</summary>
    [Field(1)] public ulong Cookie { get; init; }

    /// <summary>The inode.</summary>
    [Field(2)] public InodeId Inode { get; init; }

    /// <summary>Its type.</summary>
    [Field(3)] public FileType Type { get; init; }

    /// <summary>The name.</summary>
    [Field(4, Max = Limits.StoredNameBytesMax)] public ReadOnlyMemory<byte> Name { get; init; }

    /// <summary>If they were asked for, and another session is not about to change them.</summary>
    [Field(5)] public Attributes? Attributes { get; init; }
}

/// <summary>A part of a directory.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct ReadDirectoryReply
{
    /// <summary>In cookie order.</summary>
    [Field(1, Max = Limits.ReadDirectoryEntriesMax)] public ImmutableArray<DirectoryEntry> Entries { get; init; }

    /// <summary>Whether the directory ends here.</summary>
    [Field(2)] public bool IsEnd { get; init; }

    /// <summary>The directory's parent, for <c>..</c>; the root's is itself.</summary>
    [Field(3)] public InodeId Parent { get; init; }

    /// <summary>The lease of the directory, under which the session may keep the listing.</summary>
    [Field(4, Defined = true)] public LeaseKind Lease { get; init; }
}

/// <summary>The target of a symlink. EINVAL when it is none.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct ReadSymlinkRequest
{
    /// <summary>The symlink.</summary>
    [Field(1)] public InodeId Inode { get; init; }
}

/// <summary>Plain bytes: a symlink's target, an attribute's value, attribute names each ended by a zero.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct BytesReply
{
    /// <summary>The bytes.</summary>
    [Field(1, Max = Limits.XattrListBytesMax)] public ReadOnlyMemory<byte> Bytes { get; init; }

    /// <summary>The lease of the inode, under which the session may keep them.</summary>
    [Field(2, Defined = true)] public LeaseKind Lease { get; init; }
}

/// <summary>The value of an extended attribute. ENODATA when there is none of this name, ERANGE for a name above 255 bytes.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct GetXattrRequest
{
    /// <summary>The inode.</summary>
    [Field(1)] public InodeId Inode { get; init; }

    /// <summary>With its namespace, as <c>user.mime</c>.</summary>
    [Field(2, Max = Limits.RpcFrameBytesMax)] public ReadOnlyMemory<byte> Name { get; init; }
}

/// <summary>The names of all extended attributes of an inode.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct ListXattrRequest
{
    /// <summary>The inode.</summary>
    [Field(1)] public InodeId Inode { get; init; }
}

/// <summary>What statfs(2) shows.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct StatVolumeRequest
{
    /// <summary>The directory whose limits count.</summary>
    [Field(1)] public InodeId Inode { get; init; }
}

/// <summary>Space and inodes: the tightest limit that applies. Unlimited is 2^50 bytes.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct StatVolumeReply
{
    /// <summary>All space.</summary>
    [Field(1)] public ulong TotalBytes { get; init; }

    /// <summary>Live bytes in 4 KiB units.</summary>
    [Field(2)] public ulong UsedBytes { get; init; }

    /// <summary>All inodes.</summary>
    [Field(3)] public ulong TotalInodes { get; init; }

    /// <summary>Inodes there are.</summary>
    [Field(4)] public ulong UsedInodes { get; init; }
}
