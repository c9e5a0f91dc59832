using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace FlexFs.Fuse.Protocol;

/// <summary>The file system's space (<c>fuse_kstatfs</c>, 80 bytes).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseKstatfs
{
    /// <summary>Size in units of <see cref="Frsize"/>.</summary>
    public ulong Blocks;

    /// <summary>Free.</summary>
    public ulong Bfree;

    /// <summary>Free for others than root.</summary>
    public ulong Bavail;

    /// <summary>Inodes.</summary>
    public ulong Files;

    /// <summary>Free inodes.</summary>
    public ulong Ffree;

    /// <summary>Preferred size of transfers, bytes.</summary>
    public uint Bsize;

    /// <summary>Bytes of a name at most.</summary>
    public uint Namelen;

    /// <summary>Unit of the counts, bytes.</summary>
    public uint Frsize;

    /// <summary>Unused.</summary>
    public uint Padding;

    private Reserve _spare;

    [InlineArray(6)]
    private struct Reserve
    {
        private uint _first;
    }
}

/// <summary>access(2) (<c>fuse_access_in</c>, 8 bytes); only without default_permissions.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseAccessIn
{
    /// <summary>R_OK 4, W_OK 2, X_OK 1.</summary>
    public uint Mask;

    /// <summary>Unused.</summary>
    public uint Padding;
}

/// <summary>Where a block is (<c>fuse_bmap_in</c>, 16 bytes); fuseblk only.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseBmapIn
{
    /// <summary>Index in the file.</summary>
    public ulong Block;

    /// <summary>Bytes of a block.</summary>
    public uint Blocksize;

    /// <summary>Unused.</summary>
    public uint Padding;
}

/// <summary>ioctl(2) (<c>fuse_ioctl_in</c>, 32 bytes, then the input).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseIoctlIn
{
    /// <summary>FUSE_IOCTL_DIR: of a directory.</summary>
    public const uint Directory = 16;

    /// <summary>The open file.</summary>
    public ulong Fh;

    /// <summary>FUSE_IOCTL_ flags.</summary>
    public uint Flags;

    /// <summary>The command.</summary>
    public uint Cmd;

    /// <summary>Its argument, an address in the caller.</summary>
    public ulong Arg;

    /// <summary>Bytes of input.</summary>
    public uint InSize;

    /// <summary>Bytes of output at most.</summary>
    public uint OutSize;
}

/// <summary>The answer to an ioctl (<c>fuse_ioctl_out</c>, 16 bytes, then the output).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseIoctlOut
{
    public int Result;
    public uint Flags;
    public uint InIovs;
    public uint OutIovs;
}

/// <summary>poll(2) (<c>fuse_poll_in</c>, 24 bytes).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FusePollIn
{
    /// <summary>FUSE_POLL_SCHEDULE_NOTIFY: notify <see cref="Kh"/> when something is ready.</summary>
    public const uint ScheduleNotify = 1;

    /// <summary>The open file.</summary>
    public ulong Fh;

    /// <summary>The kernel's handle for the notification.</summary>
    public ulong Kh;

    /// <summary>Flags.</summary>
    public uint Flags;

    /// <summary>POLL bits wanted; since 7.21.</summary>
    public uint Events;
}

/// <summary>What is ready (<c>fuse_poll_out</c>, 8 bytes).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FusePollOut
{
    public uint Revents;
    public uint Padding;
}

/// <summary>A mapping into a DAX window (<c>fuse_setupmapping_in</c>, 40 bytes); virtiofs only.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseSetupmappingIn
{
    /// <summary>The open file.</summary>
    public ulong Fh;

    /// <summary>Offset in the file.</summary>
    public ulong Foffset;

    /// <summary>Bytes.</summary>
    public ulong Len;

    /// <summary>1 write, 2 read.</summary>
    public ulong Flags;

    /// <summary>Offset in the window.</summary>
    public ulong Moffset;
}

/// <summary>A part of a file that the kernel gives back (<c>fuse_notify_retrieve_in</c>, 40 bytes, then the bytes).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseNotifyRetrieveIn
{
    /// <summary>Unused.</summary>
    public ulong Dummy1;

    /// <summary>Bytes from the start.</summary>
    public ulong Offset;

    /// <summary>Bytes.</summary>
    public uint Size;

    /// <summary>Unused.</summary>
    public uint Dummy2;

    /// <summary>Unused.</summary>
    public ulong Dummy3;

    /// <summary>Unused.</summary>
    public ulong Dummy4;
}
