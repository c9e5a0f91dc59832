using System.Runtime.InteropServices;

namespace FlexFs.Fuse.Protocol;

/// <summary>A name's inode (<c>fuse_entry_out</c>, 128 bytes). Each one given counts as a lookup until FORGET.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseEntryOut
{
    /// <summary>The inode; 0 says that there is no such name, and the kernel may remember that.</summary>
    public ulong NodeId;

    /// <summary>Node id and generation together are never reused.</summary>
    public ulong Generation;

    /// <summary>How long the name may be kept, seconds.</summary>
    public ulong EntryValid;

    /// <summary>How long the attributes may be kept, seconds.</summary>
    public ulong AttrValid;

    /// <summary>And nanoseconds.</summary>
    public uint EntryValidNsec;

    /// <summary>And nanoseconds.</summary>
    public uint AttrValidNsec;

    /// <summary>The attributes.</summary>
    public FuseAttr Attr;
}

/// <summary>A device file, FIFO, socket or file to make (<c>fuse_mknod_in</c>, 16 bytes).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseMknodIn
{
    /// <summary>Type and permission bits; without the umask's unless DONT_MASK is agreed.</summary>
    public uint Mode;

    /// <summary>Device number.</summary>
    public uint Rdev;

    /// <summary>The caller's umask.</summary>
    public uint Umask;

    /// <summary>Unused.</summary>
    public uint Padding;
}

/// <summary>A directory to make (<c>fuse_mkdir_in</c>, 8 bytes).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseMkdirIn
{
    /// <summary>Permission bits.</summary>
    public uint Mode;

    /// <summary>The caller's umask.</summary>
    public uint Umask;
}

/// <summary>Where to (<c>fuse_rename_in</c>, 8 bytes).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseRenameIn
{
    public ulong NewDir;
}

/// <summary>Where to and how (<c>fuse_rename2_in</c>, 16 bytes); RENAME comes as one with no flags.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseRename2In
{
    /// <summary>RENAME_NOREPLACE: fail with EEXIST when the new name exists.</summary>
    public const uint NoReplace = 1;

    /// <summary>RENAME_EXCHANGE: both names exist and change places.</summary>
    public const uint Exchange = 2;

    /// <summary>RENAME_WHITEOUT: leave a character device 0:0 at the old name.</summary>
    public const uint Whiteout = 4;

    /// <summary>The new directory's node id.</summary>
    public ulong NewDir;

    /// <summary>RENAME_ flags.</summary>
    public uint Flags;

    /// <summary>Unused.</summary>
    public uint Padding;
}

/// <summary>What to link (<c>fuse_link_in</c>, 8 bytes).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseLinkIn
{
    public ulong OldNodeId;
}

/// <summary>The head of an entry in a listing (<c>fuse_dirent</c>, 24 bytes, then the name, padded to 8).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseDirent
{
    public ulong Ino;
    public ulong Off;
    public uint NameLen;
    public uint Type;
}
