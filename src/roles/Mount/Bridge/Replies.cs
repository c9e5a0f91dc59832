using FlexFs.Core;
using FlexFs.Fuse.Protocol;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Mount.Bridge;

/// <summary>Attributes as the kernel's structures have them. Node ids are inode ids, so nothing has to be remembered.</summary>
/// <param name="attributesValid">For how long the kernel may use attributes without asking.</param>
/// <param name="entriesValid">The same of names.</param>
/// <param name="blockBytes">st_blksize: what programs read and write at a time.</param>
internal sealed class Replies(TimeSpan attributesValid, TimeSpan entriesValid, uint blockBytes)
{
    private const int SectorBytes = 512;
    private readonly ulong _attrSeconds = Seconds(attributesValid);
    private readonly uint _attrNanoseconds = Nanoseconds(attributesValid);

    internal FuseEntryOut Entry(in Attributes attributes) => Entry(attributes, TimeSpan.Zero);

    /// <summary>An entry that was fetched a while ago is valid for so much less.</summary>
    internal FuseEntryOut Entry(in Attributes attributes, TimeSpan age)
    {
        var attr = Left(attributesValid, age);
        var entry = Left(entriesValid, age);
        return new FuseEntryOut
        {
            NodeId = attributes.Inode.Value,
            Generation = 0,
            EntryValid = Seconds(entry),
            EntryValidNsec = Nanoseconds(entry),
            AttrValid = Seconds(attr),
            AttrValidNsec = Nanoseconds(attr),
            Attr = Attr(attributes),
        };
    }

    internal FuseAttrOut Attributes(in Attributes attributes) => new()
    {
        AttrValid = _attrSeconds,
        AttrValidNsec = _attrNanoseconds,
        Attr = Attr(attributes),
    };

    internal FuseStatxOut Statx(in Attributes attributes)
    {
        var attr = Attr(attributes);
        return new FuseStatxOut
        {
            AttrValid = _attrSeconds,
            AttrValidNsec = _attrNanoseconds,
            Stat = new FuseStatx
            {
                // STATX_BASIC_STATS | STATX_BTIME (statx(2)).
                Mask = 0xFFF,
                Blksize = blockBytes,
                Nlink = attr.Nlink,
                Uid = attr.Uid,
                Gid = attr.Gid,
                Mode = (ushort)attr.Mode,
                Ino = attr.Ino,
                Size = attr.Size,
                Blocks = attr.Blocks,
                Atime = Time(attributes.AccessedAt),
                Mtime = Time(attributes.ModifiedAt),
                Ctime = Time(attributes.ChangedAt),
                Btime = Time(attributes.BornAt),
                // The kernel's 32-bit encoding of a device number (new_encode_dev).
                RdevMajor = (attr.Rdev >> 8) & 0xFFF,
                RdevMinor = (attr.Rdev & 0xFF) | ((attr.Rdev >> 12) & 0xFFF00),
            },
        };
    }

    private FuseAttr Attr(in Attributes attributes) => new()
    {
        Ino = attributes.Inode.Value,
        Size = (ulong)attributes.SizeBytes,
        Blocks = (ulong)(attributes.AllocatedBytes / SectorBytes),
        Atime = (ulong)attributes.AccessedAt.Seconds,
        AtimeNsec = attributes.AccessedAt.SubsecondNanoseconds,
        Mtime = (ulong)attributes.ModifiedAt.Seconds,
        MtimeNsec = attributes.ModifiedAt.SubsecondNanoseconds,
        Ctime = (ulong)attributes.ChangedAt.Seconds,
        CtimeNsec = attributes.ChangedAt.SubsecondNanoseconds,
        Mode = attributes.Mode,
        Nlink = attributes.LinkCount,
        Uid = attributes.UserId,
        Gid = attributes.GroupId,
        Rdev = attributes.Device,
        Blksize = blockBytes,
    };

    private static FuseSxTime Time(Instant at) => new() { Seconds = at.Seconds, Nanoseconds = at.SubsecondNanoseconds };

    private static TimeSpan Left(TimeSpan valid, TimeSpan age) => age >= valid ? TimeSpan.Zero : valid - age;

    private static ulong Seconds(TimeSpan span) => (ulong)(span.Ticks / TimeSpan.TicksPerSecond);

    private static uint Nanoseconds(TimeSpan span) => (uint)(span.Ticks % TimeSpan.TicksPerSecond * 100);
}
