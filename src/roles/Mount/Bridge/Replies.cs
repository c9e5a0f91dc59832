using FlexFs.Core;
using FlexFs.Fuse.Protocol;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Mount.Bridge;

/// <summary>Attributes as the kernel's structures have them. Node ids are inode ids, so nothing has to be remembered.</summary>
internal static class Replies
{
    private const int SectorBytes = 512;

    // st_blksize: what programs read and write at a time.
    private const uint BlockBytes = 4096;

    internal static FuseEntryOut Entry(in Attributes attributes, TimeSpan attributesValid, TimeSpan nameValid) => new()
    {
        NodeId = attributes.Inode.Value,
        Generation = 0,
        EntryValid = Seconds(nameValid),
        EntryValidNsec = Nanoseconds(nameValid),
        AttrValid = Seconds(attributesValid),
        AttrValidNsec = Nanoseconds(attributesValid),
        Attr = Attr(attributes),
    };

    /// <summary>That there is no such name: node id 0 (fuse_lookup_name).</summary>
    internal static FuseEntryOut Absent(TimeSpan nameValid) => new()
    {
        EntryValid = Seconds(nameValid),
        EntryValidNsec = Nanoseconds(nameValid),
    };

    internal static FuseAttrOut Attributes(in Attributes attributes, TimeSpan valid) => new()
    {
        AttrValid = Seconds(valid),
        AttrValidNsec = Nanoseconds(valid),
        Attr = Attr(attributes),
    };

    internal static FuseStatxOut Statx(in Attributes attributes, TimeSpan valid)
    {
        var attr = Attr(attributes);
        return new FuseStatxOut
        {
            AttrValid = Seconds(valid),
            AttrValidNsec = Nanoseconds(valid),
            Stat = new FuseStatx
            {
                // STATX_BASIC_STATS | STATX_BTIME (statx(2)).
                Mask = 0xFFF,
                Blksize = BlockBytes,
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

    private static FuseAttr Attr(in Attributes attributes) => new()
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
        Blksize = BlockBytes,
    };

    private static FuseSxTime Time(Instant at) => new() { Seconds = at.Seconds, Nanoseconds = at.SubsecondNanoseconds };

    private static ulong Seconds(TimeSpan span) => (ulong)(span.Ticks / TimeSpan.TicksPerSecond);

    private static uint Nanoseconds(TimeSpan span) => (uint)(span.Ticks % TimeSpan.TicksPerSecond * 100);
}
