using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FlexFs.Fuse.Protocol;

/// <summary>The attributes of an inode (<c>fuse_attr</c>, 88 bytes).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseAttr
{
    /// <summary>st_ino that programs see.</summary>
    public ulong Ino;

    /// <summary>Bytes.</summary>
    public ulong Size;

    /// <summary>Allocated space in units of 512 bytes.</summary>
    public ulong Blocks;

    /// <summary>Last access, seconds since 1970.</summary>
    public ulong Atime;

    /// <summary>Last modification, seconds since 1970.</summary>
    public ulong Mtime;

    /// <summary>Last change, seconds since 1970.</summary>
    public ulong Ctime;

    /// <summary>Nanoseconds of the access time.</summary>
    public uint AtimeNsec;

    /// <summary>Nanoseconds of the modification time.</summary>
    public uint MtimeNsec;

    /// <summary>Nanoseconds of the change time.</summary>
    public uint CtimeNsec;

    /// <summary>Type and permission bits, st_mode.</summary>
    public uint Mode;

    /// <summary>Link count.</summary>
    public uint Nlink;

    /// <summary>Owner.</summary>
    public uint Uid;

    /// <summary>Group.</summary>
    public uint Gid;

    /// <summary>Device number of a device file, as the kernel's new_encode_dev makes it.</summary>
    public uint Rdev;

    /// <summary>st_blksize; 0 for the kernel's own.</summary>
    public uint Blksize;

    /// <summary>FUSE_ATTR_ flags; since 7.32.</summary>
    public uint Flags;
}

/// <summary>Attributes and how long the kernel may keep them (<c>fuse_attr_out</c>, 104 bytes).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseAttrOut
{
    /// <summary>Seconds.</summary>
    public ulong AttrValid;

    /// <summary>And nanoseconds.</summary>
    public uint AttrValidNsec;

    /// <summary>Unused.</summary>
    public uint Dummy;

    /// <summary>The attributes.</summary>
    public FuseAttr Attr;
}

/// <summary>Whose attributes (<c>fuse_getattr_in</c>, 16 bytes).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseGetattrIn
{
    /// <summary>FUSE_GETATTR_FH: <see cref="Fh"/> is valid.</summary>
    public const uint HasFh = 1;

    /// <summary>Flags.</summary>
    public uint GetattrFlags;

    /// <summary>Unused.</summary>
    public uint Dummy;

    /// <summary>The open file, when the flag says so.</summary>
    public ulong Fh;
}

/// <summary>Which attributes a SETATTR changes (FATTR_ bits of <c>fuse_setattr_in.valid</c>).</summary>
[Flags]
public enum FuseSetattrValid : uint
{
    /// <summary>None; answer the attributes as they are.</summary>
    None = 0,

    /// <summary>FATTR_MODE.</summary>
    Mode = 1 << 0,

    /// <summary>FATTR_UID.</summary>
    Uid = 1 << 1,

    /// <summary>FATTR_GID.</summary>
    Gid = 1 << 2,

    /// <summary>FATTR_SIZE.</summary>
    Size = 1 << 3,

    /// <summary>FATTR_ATIME.</summary>
    Atime = 1 << 4,

    /// <summary>FATTR_MTIME.</summary>
    Mtime = 1 << 5,

    /// <summary>FATTR_FH: the open file is named.</summary>
    Fh = 1 << 6,

    /// <summary>FATTR_ATIME_NOW: the server's time.</summary>
    AtimeNow = 1 << 7,

    /// <summary>FATTR_MTIME_NOW: the server's time.</summary>
    MtimeNow = 1 << 8,

    /// <summary>FATTR_LOCKOWNER.</summary>
    LockOwner = 1 << 9,

    /// <summary>FATTR_CTIME.</summary>
    Ctime = 1 << 10,

    /// <summary>FATTR_KILL_SUIDGID: clear set-id bits; since 7.33.</summary>
    KillSuidGid = 1 << 11,
}

/// <summary>New attributes (<c>fuse_setattr_in</c>, 88 bytes).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseSetattrIn
{
    /// <summary>Which of the following count.</summary>
    public FuseSetattrValid Valid;

    /// <summary>Unused.</summary>
    public uint Padding;

    /// <summary>The open file.</summary>
    public ulong Fh;

    /// <summary>Bytes.</summary>
    public ulong Size;

    /// <summary>Owner of locks, for mandatory locking.</summary>
    public ulong LockOwner;

    /// <summary>Seconds since 1970.</summary>
    public ulong Atime;

    /// <summary>Seconds since 1970.</summary>
    public ulong Mtime;

    /// <summary>Seconds since 1970; since 7.23.</summary>
    public ulong Ctime;

    /// <summary>Nanoseconds.</summary>
    public uint AtimeNsec;

    /// <summary>Nanoseconds.</summary>
    public uint MtimeNsec;

    /// <summary>Nanoseconds; since 7.23.</summary>
    public uint CtimeNsec;

    /// <summary>Permission bits, with the type.</summary>
    public uint Mode;

    /// <summary>Unused.</summary>
    public uint Unused4;

    /// <summary>Owner.</summary>
    public uint Uid;

    /// <summary>Group.</summary>
    public uint Gid;

    /// <summary>Unused.</summary>
    public uint Unused5;
}

/// <summary>A time in statx (<c>fuse_sx_time</c>, 16 bytes).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseSxTime
{
    /// <summary>Seconds since 1970.</summary>
    public long Seconds;

    /// <summary>Nanoseconds.</summary>
    public uint Nanoseconds;

    /// <summary>Unused.</summary>
    public int Reserved;
}

/// <summary>Attributes as statx(2) has them (<c>fuse_statx</c>, 256 bytes, since 7.39).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseStatx
{
    /// <summary>Which fields are filled: STATX_ bits.</summary>
    public uint Mask;

    /// <summary>st_blksize.</summary>
    public uint Blksize;

    /// <summary>STATX_ATTR_ bits.</summary>
    public ulong Attributes;

    /// <summary>Link count.</summary>
    public uint Nlink;

    /// <summary>Owner.</summary>
    public uint Uid;

    /// <summary>Group.</summary>
    public uint Gid;

    /// <summary>Type and permission bits.</summary>
    public ushort Mode;

    /// <summary>Unused.</summary>
    public ushort Spare0;

    /// <summary>Inode number.</summary>
    public ulong Ino;

    /// <summary>Bytes.</summary>
    public ulong Size;

    /// <summary>Allocated space in units of 512 bytes.</summary>
    public ulong Blocks;

    /// <summary>Which attribute bits are known.</summary>
    public ulong AttributesMask;

    /// <summary>Last access.</summary>
    public FuseSxTime Atime;

    /// <summary>Creation.</summary>
    public FuseSxTime Btime;

    /// <summary>Last change.</summary>
    public FuseSxTime Ctime;

    /// <summary>Last modification.</summary>
    public FuseSxTime Mtime;

    /// <summary>Of a device file.</summary>
    public uint RdevMajor;

    /// <summary>Of a device file.</summary>
    public uint RdevMinor;

    /// <summary>The kernel fills it.</summary>
    public uint DevMajor;

    /// <summary>The kernel fills it.</summary>
    public uint DevMinor;

    private Reserve _spare2;

    [InlineArray(14)]
    private struct Reserve
    {
        private ulong _first;
    }
}

/// <summary>A statx(2) (<c>fuse_statx_in</c>, 24 bytes, since 7.39).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseStatxIn
{
    /// <summary>As of <see cref="FuseGetattrIn"/>.</summary>
    public uint GetattrFlags;

    /// <summary>Unused.</summary>
    public uint Reserved;

    /// <summary>The open file, when the flag says so.</summary>
    public ulong Fh;

    /// <summary>AT_STATX_ flags.</summary>
    public uint SxFlags;

    /// <summary>What is asked: STATX_ bits.</summary>
    public uint SxMask;
}

/// <summary>The answer to a statx (<c>fuse_statx_out</c>, 288 bytes, since 7.39).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseStatxOut
{
    /// <summary>Seconds.</summary>
    public ulong AttrValid;

    /// <summary>And nanoseconds.</summary>
    public uint AttrValidNsec;

    /// <summary>Unused.</summary>
    public uint Flags;

    private readonly ulong _spare0;
    private readonly ulong _spare1;

    /// <summary>The attributes.</summary>
    public FuseStatx Stat;
}
