using System.Buffers.Binary;
using FlexFs.Core;

namespace FlexFs.Metadata.Records;

/// <summary>The first byte of every key: which kind of record it names. The order of the families is the order on disk.</summary>
/// <remarks>
/// Integers in keys are big-endian, so that byte order is number order. All keys of the store are made in this file.
/// <code>
/// family  key behind the family byte             value
/// 0x10    -                                      VolumeRecord
/// 0x20    inode (8)                              InodeRecord
/// 0x21    inode (8)                              inline data or symlink target, plain bytes
/// 0x22    inode (8), name                        value of an extended attribute, plain bytes
/// 0x23    inode (8), parent (8), name            LinkRecord: the names of an inode
/// 0x24    inode (8), block index (8)             BlockRecord: extents
/// 0x30    parent (8), name                       EntryRecord
/// 0x31    parent (8), cookie (8)                 the name at this place of the listing, plain bytes
/// 0x40    object (8)                             ObjectRecord
/// 0x41    object (8), inode (8), block index (8) empty: the blocks that name a pack object
/// 0x42    object (8)                             CondemnedRecord: to be deleted from the store
/// 0x43    id range (8)                           IdRangeRecord: who may commit these object ids
/// 0x50    inode (8)                              OrphanRecord: no name left, still open somewhere
/// 0x60    session (8)                            SessionRecord
/// 0x61    session (8), slot (4)                  ReplyRecord: the last answer in this slot
/// 0x62    session (8), id range (8)              empty: the ranges that a session has been given
/// 0x70    directory (8)                          UsageRecord: recursive totals below a directory
/// 0x71    kind (1), id (4)                       UsageRecord of a user (0) or a group (1)
/// 0x72    kind (1), id (8)                       reserved: quotas of volume, tree, user, group
/// 0x80    end (8), key                           reserved: the queue that drives retention of history
/// </code>
/// In the history column a version has the key of its record followed by the last tick (8) at which it was true.
/// </remarks>
public enum KeyFamily : byte
{
    /// <summary>The volume's own record.</summary>
    Volume = 0x10,

    /// <summary>An inode.</summary>
    Inode = 0x20,

    /// <summary>Bytes kept beside an inode.</summary>
    InlineData = 0x21,

    /// <summary>Extended attribute.</summary>
    Xattr = 0x22,

    /// <summary>A name of an inode, found from the inode.</summary>
    Link = 0x23,

    /// <summary>Extents of a block.</summary>
    Block = 0x24,

    /// <summary>A name in a directory.</summary>
    Entry = 0x30,

    /// <summary>The names of a directory in the order of their cookies.</summary>
    EntryOrder = 0x31,

    /// <summary>An object.</summary>
    Object = 0x40,

    /// <summary>Blocks that refer to a pack object.</summary>
    Referent = 0x41,

    /// <summary>An object that is to be deleted.</summary>
    Condemned = 0x42,

    /// <summary>A range of object ids.</summary>
    IdRange = 0x43,

    /// <summary>An inode without a name.</summary>
    Orphan = 0x50,

    /// <summary>A session.</summary>
    Session = 0x60,

    /// <summary>The last reply in a slot of a session.</summary>
    Reply = 0x61,

    /// <summary>A range of object ids that a session has been given.</summary>
    SessionRange = 0x62,

    /// <summary>Recursive usage of a directory.</summary>
    DirectoryUsage = 0x70,

    /// <summary>Usage of a user or a group.</summary>
    OwnerUsage = 0x71,
}

/// <summary>Makes the keys of <see cref="KeyFamily"/>'s table.</summary>
public static class Keys
{
    /// <summary>The volume's own record.</summary>
    public static byte[] Volume() => [(byte)KeyFamily.Volume];

    /// <summary>An inode.</summary>
    public static byte[] Inode(InodeId inode) => Of(KeyFamily.Inode, inode.Value);

    /// <summary>Inline data or symlink target.</summary>
    public static byte[] InlineData(InodeId inode) => Of(KeyFamily.InlineData, inode.Value);

    /// <summary>An extended attribute.</summary>
    public static byte[] Xattr(InodeId inode, ReadOnlySpan<byte> name) => Of(KeyFamily.Xattr, inode.Value, name);

    /// <summary>All extended attributes of an inode begin with it.</summary>
    public static byte[] Xattrs(InodeId inode) => Of(KeyFamily.Xattr, inode.Value);

    /// <summary>A name of an inode.</summary>
    public static byte[] Link(InodeId inode, InodeId parent, ReadOnlySpan<byte> name) =>
        Of(KeyFamily.Link, inode.Value, parent.Value, name);

    /// <summary>All names of an inode begin with it.</summary>
    public static byte[] Links(InodeId inode) => Of(KeyFamily.Link, inode.Value);

    /// <summary>A block of a file.</summary>
    public static byte[] Block(InodeId inode, ulong index) => Of(KeyFamily.Block, inode.Value, index);

    /// <summary>A name in a directory.</summary>
    public static byte[] Entry(InodeId parent, ReadOnlySpan<byte> name) => Of(KeyFamily.Entry, parent.Value, name);

    /// <summary>A place in a directory's listing.</summary>
    public static byte[] EntryOrder(InodeId parent, ulong cookie) => Of(KeyFamily.EntryOrder, parent.Value, cookie);

    /// <summary>An object.</summary>
    public static byte[] Object(ObjectId id) => Of(KeyFamily.Object, id.Value);

    /// <summary>An object that is to be deleted.</summary>
    public static byte[] Condemned(ObjectId id) => Of(KeyFamily.Condemned, id.Value);

    /// <summary>The id range of an object: its id without the bits that count within a range.</summary>
    public static byte[] IdRange(ulong first) => Of(KeyFamily.IdRange, first);

    /// <summary>An inode without a name.</summary>
    public static byte[] Orphan(InodeId inode) => Of(KeyFamily.Orphan, inode.Value);

    /// <summary>A session.</summary>
    public static byte[] Session(SessionId session) => Of(KeyFamily.Session, session.Value);

    /// <summary>A slot of a session's window.</summary>
    public static byte[] Reply(SessionId session, uint slot)
    {
        var key = new byte[13];
        key[0] = (byte)KeyFamily.Reply;
        BinaryPrimitives.WriteUInt64BigEndian(key.AsSpan(1), session.Value);
        BinaryPrimitives.WriteUInt32BigEndian(key.AsSpan(9), slot);
        return key;
    }

    /// <summary>All slots of a session begin with it.</summary>
    public static byte[] Replies(SessionId session) => Of(KeyFamily.Reply, session.Value);

    /// <summary>A range of object ids of a session.</summary>
    public static byte[] SessionRange(SessionId session, ulong first) => Of(KeyFamily.SessionRange, session.Value, first);

    /// <summary>All id ranges of a session begin with it.</summary>
    public static byte[] SessionRanges(SessionId session) => Of(KeyFamily.SessionRange, session.Value);

    /// <summary>Recursive usage of a directory.</summary>
    public static byte[] DirectoryUsage(InodeId directory) => Of(KeyFamily.DirectoryUsage, directory.Value);

    /// <summary>Usage of a user.</summary>
    public static byte[] UserUsage(uint userId) => Owner(0, userId);

    /// <summary>Usage of a group.</summary>
    public static byte[] GroupUsage(uint groupId) => Owner(1, groupId);

    /// <summary>A whole family begins with it.</summary>
    public static byte[] Family(KeyFamily family) => [(byte)family];

    /// <summary>The first key behind every key that begins with <paramref name="prefix"/>.</summary>
    public static byte[] After(ReadOnlySpan<byte> prefix)
    {
        var end = prefix.ToArray();
        for (var i = end.Length - 1; i >= 0; i--)
        {
            if (++end[i] != 0) return end[..(i + 1)];
        }

        throw new ArgumentException("no key is behind a prefix of 0xFF bytes only", nameof(prefix));
    }

    /// <summary>The first key behind <paramref name="key"/>.</summary>
    public static byte[] Next(ReadOnlySpan<byte> key) => [.. key, 0];

    /// <summary>The 8-byte number at <paramref name="offset"/> of a key: 1 for the first behind the family.</summary>
    public static ulong NumberAt(ReadOnlySpan<byte> key, int offset) =>
        BinaryPrimitives.ReadUInt64BigEndian(key[offset..]);

    // The same keys, made in a buffer of BytesMax that the caller reuses: for what is looked up at every request.

    /// <summary>Bytes of the longest key.</summary>
    public const int BytesMax = 17 + Limits.StoredNameBytesMax;

    /// <summary>An inode.</summary>
    public static ReadOnlySpan<byte> InodeInto(Span<byte> buffer, InodeId inode) =>
        Into(buffer, KeyFamily.Inode, inode.Value);

    /// <summary>Inline data or symlink target.</summary>
    public static ReadOnlySpan<byte> InlineDataInto(Span<byte> buffer, InodeId inode) =>
        Into(buffer, KeyFamily.InlineData, inode.Value);

    /// <summary>A name in a directory.</summary>
    public static ReadOnlySpan<byte> EntryInto(Span<byte> buffer, InodeId parent, ReadOnlySpan<byte> name)
    {
        Into(buffer, KeyFamily.Entry, parent.Value);
        name.CopyTo(buffer[9..]);
        return buffer[..(9 + name.Length)];
    }

    /// <summary>A place in a directory's listing.</summary>
    public static ReadOnlySpan<byte> EntryOrderInto(Span<byte> buffer, InodeId parent, ulong cookie) =>
        Into(buffer, KeyFamily.EntryOrder, parent.Value, cookie);

    /// <summary>A name of an inode.</summary>
    public static ReadOnlySpan<byte> LinkInto(
        Span<byte> buffer, InodeId inode, InodeId parent, ReadOnlySpan<byte> name)
    {
        Into(buffer, KeyFamily.Link, inode.Value, parent.Value);
        name.CopyTo(buffer[17..]);
        return buffer[..(17 + name.Length)];
    }

    /// <summary>A block of a file.</summary>
    public static ReadOnlySpan<byte> BlockInto(Span<byte> buffer, InodeId inode, ulong index) =>
        Into(buffer, KeyFamily.Block, inode.Value, index);

    /// <summary>An object.</summary>
    public static ReadOnlySpan<byte> ObjectInto(Span<byte> buffer, ObjectId id) =>
        Into(buffer, KeyFamily.Object, id.Value);

    /// <summary>A session.</summary>
    public static ReadOnlySpan<byte> SessionInto(Span<byte> buffer, SessionId session) =>
        Into(buffer, KeyFamily.Session, session.Value);

    /// <summary>A slot of a session's window.</summary>
    public static ReadOnlySpan<byte> ReplyInto(Span<byte> buffer, SessionId session, uint slot)
    {
        Into(buffer, KeyFamily.Reply, session.Value);
        BinaryPrimitives.WriteUInt32BigEndian(buffer[9..], slot);
        return buffer[..13];
    }

    /// <summary>Recursive usage of a directory.</summary>
    public static ReadOnlySpan<byte> DirectoryUsageInto(Span<byte> buffer, InodeId directory) =>
        Into(buffer, KeyFamily.DirectoryUsage, directory.Value);

    /// <summary>Usage of a user.</summary>
    public static ReadOnlySpan<byte> UserUsageInto(Span<byte> buffer, uint userId) => Owner(buffer, 0, userId);

    /// <summary>Usage of a group.</summary>
    public static ReadOnlySpan<byte> GroupUsageInto(Span<byte> buffer, uint groupId) => Owner(buffer, 1, groupId);

    private static ReadOnlySpan<byte> Into(Span<byte> buffer, KeyFamily family, ulong id)
    {
        buffer[0] = (byte)family;
        BinaryPrimitives.WriteUInt64BigEndian(buffer[1..], id);
        return buffer[..9];
    }

    private static ReadOnlySpan<byte> Into(Span<byte> buffer, KeyFamily family, ulong id, ulong second)
    {
        Into(buffer, family, id);
        BinaryPrimitives.WriteUInt64BigEndian(buffer[9..], second);
        return buffer[..17];
    }

    private static ReadOnlySpan<byte> Owner(Span<byte> buffer, byte kind, uint id)
    {
        buffer[0] = (byte)KeyFamily.OwnerUsage;
        buffer[1] = kind;
        BinaryPrimitives.WriteUInt32BigEndian(buffer[2..], id);
        return buffer[..6];
    }

    private static byte[] Owner(byte kind, uint id)
    {
        var key = new byte[6];
        Owner(key, kind, id);
        return key;
    }

    private static byte[] Of(KeyFamily family, ulong id) => Of(family, id, ReadOnlySpan<byte>.Empty);

    private static byte[] Of(KeyFamily family, ulong id, ReadOnlySpan<byte> rest)
    {
        var key = new byte[9 + rest.Length];
        key[0] = (byte)family;
        BinaryPrimitives.WriteUInt64BigEndian(key.AsSpan(1), id);
        rest.CopyTo(key.AsSpan(9));
        return key;
    }

    private static byte[] Of(KeyFamily family, ulong id, ulong second) => Of(family, id, second, []);

    private static byte[] Of(KeyFamily family, ulong id, ulong second, ReadOnlySpan<byte> rest)
    {
        var key = new byte[17 + rest.Length];
        key[0] = (byte)family;
        BinaryPrimitives.WriteUInt64BigEndian(key.AsSpan(1), id);
        BinaryPrimitives.WriteUInt64BigEndian(key.AsSpan(9), second);
        rest.CopyTo(key.AsSpan(17));
        return key;
    }
}
