using System.Collections.Immutable;
using FlexFs.Core;
using FlexFs.Wire;

namespace FlexFs.Protocol.Metadata;

/// <summary>
/// The answer to every mutation. A repeated one is rebuilt from the few numbers that the window keeps, with the attributes of now.
/// </summary>
[WireRecord(Version = 1)]
public readonly partial record struct MutationReply
{
    /// <summary>The inode that was made or changed, as it is after it; none when it is gone.</summary>
    [Field(1)] public Attributes? Attributes { get; init; }

    /// <summary>What the operation defines: the first id of a range, or the inode that lost a name.</summary>
    [Field(2)] public ulong Value { get; init; }

    /// <summary>
    /// Whether another session waits to change what this changed, or it is not known: then nothing of the answer may be kept. What that
    /// one recalled before this change it does not recall once more.
    /// </summary>
    [Field(3)] public bool IsContested { get; init; }
}

/// <summary>
/// Makes an inode and its first name. EEXIST, ENOTDIR, ENOENT (the directory was removed), ENAMETOOLONG, ENOSPC, ENFILE (to be opened, and
/// the session has as many open as it may).
/// </summary>
[WireRecord(Version = 1)]
public readonly partial record struct CreateRequest
{
    /// <summary>The directory.</summary>
    [Field(1)] public InodeId Parent { get; init; }

    /// <summary>The name, 1 to 255 bytes, not <c>.</c> or <c>..</c>, without <c>/</c> and zero bytes.</summary>
    [Field(2, Max = Limits.StoredNameBytesMax)] public ReadOnlyMemory<byte> Name { get; init; }

    /// <summary>st_mode: type and permissions, without the umask.</summary>
    [Field(3)] public uint Mode { get; init; }

    /// <summary>Owner.</summary>
    [Field(4)] public uint UserId { get; init; }

    /// <summary>Group, unless the directory is set-group-ID.</summary>
    [Field(5)] public uint GroupId { get; init; }

    /// <summary>st_rdev of a device.</summary>
    [Field(6)] public uint Device { get; init; }

    /// <summary>Of a symlink, 1 to 4,095 bytes; else empty.</summary>
    [Field(7, Max = Limits.SymlinkBytesMax)] public ReadOnlyMemory<byte> SymlinkTarget { get; init; }

    /// <summary>Whether the session also opens it.</summary>
    [Field(8)] public bool Open { get; init; }

    /// <summary>Whether an existing regular file of this name is opened instead of refused (open without O_EXCL).</summary>
    [Field(9)] public bool OpenExisting { get; init; }

    /// <summary>Permission bits that are not given, unless the directory has a default ACL (umask(2)).</summary>
    [Field(10)] public uint Umask { get; init; }
}

/// <summary>
/// Makes a regular file without a name, open in this session: O_TMPFILE. It can be given a name (<see cref="LinkRequest"/>) while it is
/// open, and is gone with the last close otherwise. ENOENT, ENOTDIR, ENFILE.
/// </summary>
[WireRecord(Version = 1)]
public readonly partial record struct CreateUnnamedRequest
{
    /// <summary>The directory that it would be in: of its group, if that is set-group-ID.</summary>
    [Field(1)] public InodeId Directory { get; init; }

    /// <summary>Permission bits, without the umask.</summary>
    [Field(2)] public uint Mode { get; init; }

    /// <summary>Owner.</summary>
    [Field(3)] public uint UserId { get; init; }

    /// <summary>Group, unless the directory is set-group-ID.</summary>
    [Field(4)] public uint GroupId { get; init; }

    /// <summary>Permission bits that are not given, unless the directory has a default ACL (umask(2)).</summary>
    [Field(5)] public uint Umask { get; init; }
}

/// <summary>
/// Gives an inode one more name, or its first to one that was made without. EEXIST, EPERM (a directory), EMLINK, ENOENT (its last name
/// was removed), ESTALE.
/// </summary>
[WireRecord(Version = 1)]
public readonly partial record struct LinkRequest
{
    /// <summary>The inode.</summary>
    [Field(1)] public InodeId Inode { get; init; }

    /// <summary>The directory of the new name.</summary>
    [Field(2)] public InodeId NewParent { get; init; }

    /// <summary>The new name.</summary>
    [Field(3, Max = Limits.StoredNameBytesMax)] public ReadOnlyMemory<byte> NewName { get; init; }
}

/// <summary>Removes a name that is not a directory's. ENOENT, EISDIR. The answer has the inode as it is after it.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct UnlinkRequest
{
    /// <summary>The directory.</summary>
    [Field(1)] public InodeId Parent { get; init; }

    /// <summary>The name.</summary>
    [Field(2, Max = Limits.StoredNameBytesMax)] public ReadOnlyMemory<byte> Name { get; init; }
}

/// <summary>Removes an empty directory. ENOENT, ENOTDIR, ENOTEMPTY.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct RemoveDirectoryRequest
{
    /// <summary>The directory that holds it.</summary>
    [Field(1)] public InodeId Parent { get; init; }

    /// <summary>Its name.</summary>
    [Field(2, Max = Limits.StoredNameBytesMax)] public ReadOnlyMemory<byte> Name { get; init; }
}

/// <summary>How a rename treats its target, as renameat2(2) has it.</summary>
[Flags]
public enum RenameFlags : uint
{
    /// <summary>Replace what is there.</summary>
    None = 0,

    /// <summary>RENAME_NOREPLACE: EEXIST instead.</summary>
    NoReplace = 1,

    /// <summary>RENAME_EXCHANGE: swap the two.</summary>
    Exchange = 2,

    /// <summary>RENAME_WHITEOUT: leave a character device 0:0 under the old name, as overlay file systems do. Not with Exchange.</summary>
    Whiteout = 4,
}

/// <summary>
/// Moves a name. ENOENT, EEXIST, ENOTDIR, EISDIR, ENOTEMPTY, EINVAL (into its own subtree, unknown flags).
/// The answer has the moved inode; its value is the inode that had the new name before, 0 when none had.
/// </summary>
[WireRecord(Version = 1)]
public readonly partial record struct RenameRequest
{
    /// <summary>The directory of the old name.</summary>
    [Field(1)] public InodeId OldParent { get; init; }

    /// <summary>The old name.</summary>
    [Field(2, Max = Limits.StoredNameBytesMax)] public ReadOnlyMemory<byte> OldName { get; init; }

    /// <summary>The directory of the new name.</summary>
    [Field(3)] public InodeId NewParent { get; init; }

    /// <summary>The new name.</summary>
    [Field(4, Max = Limits.StoredNameBytesMax)] public ReadOnlyMemory<byte> NewName { get; init; }

    /// <summary>What to do with the target.</summary>
    [Field(5)] public RenameFlags Flags { get; init; }

    /// <summary>Owner of a whiteout.</summary>
    [Field(6)] public uint UserId { get; init; }

    /// <summary>Group of a whiteout, unless the directory is set-group-ID.</summary>
    [Field(7)] public uint GroupId { get; init; }
}

/// <summary>Which fields of <see cref="AttributeChange"/> are to be set.</summary>
[Flags]
public enum AttributeMask : uint
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Permission bits.</summary>
    Mode = 1,

    /// <summary>Owner.</summary>
    UserId = 2,

    /// <summary>Group.</summary>
    GroupId = 4,

    /// <summary>Size, by ftruncate(2).</summary>
    Size = 8,

    /// <summary>Access time to a given value.</summary>
    AccessedAt = 16,

    /// <summary>Modification time to a given value.</summary>
    ModifiedAt = 32,

    /// <summary>Access time to the server's time of now.</summary>
    AccessedNow = 64,

    /// <summary>Modification time to the server's time of now.</summary>
    ModifiedNow = 128,

    /// <summary>Clear set-user-ID, and set-group-ID where the group may execute (a write or chown by another user).</summary>
    ClearSetId = 256,
}

/// <summary>New attributes; the inode's ctime becomes the time of the commit.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct AttributeChange
{
    /// <summary>What is set.</summary>
    [Field(1)] public AttributeMask Mask { get; init; }

    /// <summary>Permission bits, 07777.</summary>
    [Field(2)] public uint Mode { get; init; }

    /// <summary>Owner.</summary>
    [Field(3)] public uint UserId { get; init; }

    /// <summary>Group.</summary>
    [Field(4)] public uint GroupId { get; init; }

    /// <summary>Bytes.</summary>
    [Field(5)] public long SizeBytes { get; init; }

    /// <summary>Access time.</summary>
    [Field(6)] public Instant AccessedAt { get; init; }

    /// <summary>Modification time.</summary>
    [Field(7)] public Instant ModifiedAt { get; init; }
}

/// <summary>Changes attributes. ESTALE, EINVAL, EISDIR (size of a directory), EFBIG.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct SetAttributesRequest
{
    /// <summary>The inode.</summary>
    [Field(1)] public InodeId Inode { get; init; }

    /// <summary>The change.</summary>
    [Field(2)] public AttributeChange Change { get; init; }
}

/// <summary>
/// Puts new bytes into a file: extents over what its blocks have, or its whole contents inline. The objects are in the store already.
/// EBADF (an object id that is not of this session's open ranges), E2BIG (a block would have too many extents: compact first), ESTALE,
/// EAGAIN (it was made from bytes that are not those of now: read again).
/// </summary>
/// <remarks>
/// In one step: a file that was inline and gets extents loses its inline data, which the client has put into the extents;
/// the size grows to <see cref="SizeAtLeastBytes"/>; then <see cref="Change"/> is applied.
/// </remarks>
[WireRecord(Version = 1)]
public readonly partial record struct CommitWriteRequest
{
    /// <summary>The file.</summary>
    [Field(1)] public InodeId Inode { get; init; }

    /// <summary>New extents, in order of index; they overlay what is there.</summary>
    [Field(2, Max = Limits.BlocksPerRequestMax)] public ImmutableArray<BlockExtents> Blocks { get; init; }

    /// <summary>New objects that the extents name.</summary>
    [Field(3, Max = Limits.BlocksPerRequestMax)] public ImmutableArray<ObjectDescriptor> Objects { get; init; }

    /// <summary>Whether <see cref="InlineData"/> becomes the whole contents; only for a file without extents.</summary>
    [Field(4)] public bool IsInline { get; init; }

    /// <summary>The whole contents of an inline file.</summary>
    [Field(5, Max = Limits.InlineBytesMax)] public ReadOnlyMemory<byte> InlineData { get; init; }

    /// <summary>
    /// Of an inline write, and of extents that hold the inline bytes of before: the data version that the client had read; another one is
    /// answered EAGAIN, and the client begins again. 0 for extents that hold no such bytes.
    /// </summary>
    [Field(6)] public ulong ExpectedDataVersion { get; init; }

    /// <summary>The size is at least this afterwards.</summary>
    [Field(7)] public long SizeAtLeastBytes { get; init; }

    /// <summary>When the bytes were written by the program: mtime, unless the change sets it.</summary>
    [Field(8)] public Instant ModifiedAt { get; init; }

    /// <summary>Attributes to change in the same step.</summary>
    [Field(9)] public AttributeChange? Change { get; init; }

    /// <summary>
    /// Blocks that were read and are written as a whole: what they had then, without extents for a hole, in order of index. One
    /// that has anything else now is answered EAGAIN, or what another client committed meanwhile would be lost.
    /// </summary>
    [Field(10, Max = Limits.BlocksPerRequestMax)] public ImmutableArray<BlockExtents> Rewritten { get; init; }

    /// <summary>
    /// When the program made the last of these changes: ctime, so that a commit in the background changes nothing that stat(2) has shown.
    /// Never before the inode's own ctime, never after the volume's time. 0 is the volume's time.
    /// </summary>
    [Field(11)] public Instant ChangedAt { get; init; }
}

/// <summary>How <see cref="SetXattrRequest"/> treats an existing attribute, as setxattr(2) has it.</summary>
public enum XattrMode : byte
{
    /// <summary>Create or replace.</summary>
    Any = 0,

    /// <summary>XATTR_CREATE: EEXIST when it is there.</summary>
    Create = 1,

    /// <summary>XATTR_REPLACE: ENODATA when it is not.</summary>
    Replace = 2,
}

/// <summary>
/// Sets an extended attribute. EEXIST, ENODATA, ENOSPC (all names, or all values, together too long), EOPNOTSUPP (no such namespace),
/// E2BIG (a value above 64 KiB), ERANGE (a name that is empty or above 255 bytes), EINVAL (an ACL that does not parse), EACCES (a
/// default ACL of what is no directory), ESTALE.
/// </summary>
/// <remarks>
/// An access ACL sets the permission bits too, the group's from its mask; one that says no more than they do is not kept. A default ACL
/// is inherited by what is made in the directory.
/// </remarks>
[WireRecord(Version = 1)]
public readonly partial record struct SetXattrRequest
{
    /// <summary>The inode.</summary>
    [Field(1)] public InodeId Inode { get; init; }

    /// <summary>With its namespace. What fits into a frame is read, so that what is too long gets its own errno.</summary>
    [Field(2, Max = Limits.RpcFrameBytesMax)] public ReadOnlyMemory<byte> Name { get; init; }

    /// <summary>The value; may be empty. Read whatever its length, as the name.</summary>
    [Field(3, Max = Limits.RpcFrameBytesMax)] public ReadOnlyMemory<byte> Value { get; init; }

    /// <summary>What to do when it is there.</summary>
    [Field(4, Defined = true)] public XattrMode How { get; init; }

    /// <summary>Of an access ACL: whether set-group-ID goes, because the caller is not in the group (FUSE_SETXATTR_ACL_KILL_SGID).</summary>
    [Field(5)] public bool ClearsSetGroupId { get; init; }
}

/// <summary>Removes an extended attribute. ENODATA, ERANGE (a name above 255 bytes), ESTALE.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct RemoveXattrRequest
{
    /// <summary>The inode.</summary>
    [Field(1)] public InodeId Inode { get; init; }

    /// <summary>With its namespace.</summary>
    [Field(2, Max = Limits.RpcFrameBytesMax)] public ReadOnlyMemory<byte> Name { get; init; }
}

/// <summary>A range of <see cref="Count"/> object ids that only this session may commit; the first is the reply's value.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct AllocateIdsRequest
{
    /// <summary>Ids of one range: ranges are aligned to it, so an id tells its range.</summary>
    public const uint Count = 1024;
}
