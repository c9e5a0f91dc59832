using System.Runtime.InteropServices;

namespace FlexFs.Fuse.Protocol;

/// <summary>How to open (<c>fuse_open_in</c>, 8 bytes).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseOpenIn
{
    /// <summary>FUSE_OPEN_KILL_SUIDGID in <see cref="OpenFlags"/>: with O_TRUNC, clear set-id bits; since 7.33.</summary>
    public const uint KillSuidGid = 1;

    /// <summary>open(2) flags, without O_CREAT, O_EXCL and O_NOCTTY.</summary>
    public uint Flags;

    /// <summary>FUSE_OPEN_ flags; since 7.33.</summary>
    public uint OpenFlags;
}

/// <summary>A file to make and open (<c>fuse_create_in</c>, 16 bytes).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseCreateIn
{
    /// <summary>open(2) flags.</summary>
    public uint Flags;

    /// <summary>Type and permission bits.</summary>
    public uint Mode;

    /// <summary>The caller's umask.</summary>
    public uint Umask;

    /// <summary>FUSE_OPEN_ flags; since 7.33.</summary>
    public uint OpenFlags;
}

/// <summary>How the kernel treats an open file (FOPEN_ bits of <c>fuse_open_out.open_flags</c>).</summary>
[Flags]
public enum FuseOpenFlags : uint
{
    /// <summary>Cached; what is cached already is dropped.</summary>
    None = 0,

    /// <summary>FOPEN_DIRECT_IO: no page cache.</summary>
    DirectIo = 1 << 0,

    /// <summary>FOPEN_KEEP_CACHE: what is cached stays.</summary>
    KeepCache = 1 << 1,

    /// <summary>FOPEN_NONSEEKABLE.</summary>
    NonSeekable = 1 << 2,

    /// <summary>FOPEN_CACHE_DIR: listings may be cached; only with <see cref="KeepCache"/>. Since 7.28.</summary>
    CacheDir = 1 << 3,

    /// <summary>FOPEN_STREAM: no file position. Since 7.31.</summary>
    Stream = 1 << 4,

    /// <summary>FOPEN_NOFLUSH: no FLUSH at close, so POSIX locks leak where the server keeps them. Since 7.35.</summary>
    NoFlush = 1 << 5,

    /// <summary>FOPEN_PARALLEL_DIRECT_WRITES. Since 7.38.</summary>
    ParallelDirectWrites = 1 << 6,

    /// <summary>FOPEN_PASSTHROUGH: <see cref="FuseOpenOut.BackingId"/> serves reads and writes. Since 7.40.</summary>
    Passthrough = 1 << 7,
}

/// <summary>An open file (<c>fuse_open_out</c>, 16 bytes).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseOpenOut
{
    /// <summary>The kernel repeats it in what it asks about this open file.</summary>
    public ulong Fh;

    /// <summary>How the kernel is to treat it.</summary>
    public FuseOpenFlags OpenFlags;

    /// <summary>Backing file of a passthrough; since 7.40.</summary>
    public int BackingId;
}

/// <summary>An open file that is no more (<c>fuse_release_in</c>, 24 bytes).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseReleaseIn
{
    /// <summary>FUSE_RELEASE_FLUSH.</summary>
    public const uint Flush = 1;

    /// <summary>FUSE_RELEASE_FLOCK_UNLOCK: release the owner's flock(2).</summary>
    public const uint FlockUnlock = 2;

    /// <summary>The open file.</summary>
    public ulong Fh;

    /// <summary>open(2) flags.</summary>
    public uint Flags;

    /// <summary>FUSE_RELEASE_ flags.</summary>
    public uint ReleaseFlags;

    /// <summary>Owner of locks.</summary>
    public ulong LockOwner;
}

/// <summary>A descriptor was closed (<c>fuse_flush_in</c>, 24 bytes).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseFlushIn
{
    /// <summary>The open file.</summary>
    public ulong Fh;

    /// <summary>Unused.</summary>
    public uint Unused;

    /// <summary>Unused.</summary>
    public uint Padding;

    /// <summary>Whose POSIX locks end.</summary>
    public ulong LockOwner;
}

/// <summary>Bytes, or entries, wanted (<c>fuse_read_in</c>, 40 bytes).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseReadIn
{
    /// <summary>FUSE_READ_LOCKOWNER: the owner is valid.</summary>
    public const uint HasLockOwner = 2;

    /// <summary>The open file or directory.</summary>
    public ulong Fh;

    /// <summary>Bytes from the start; of a directory, the cookie after which to go on, 0 at first.</summary>
    public ulong Offset;

    /// <summary>Bytes of the answer at most.</summary>
    public uint Size;

    /// <summary>FUSE_READ_ flags.</summary>
    public uint ReadFlags;

    /// <summary>Owner of locks.</summary>
    public ulong LockOwner;

    /// <summary>open(2) flags.</summary>
    public uint Flags;

    /// <summary>Unused.</summary>
    public uint Padding;

    /// <summary>
    /// Whether the bytes go into pages, which the kernel holds locked until the answer: only reads past them name an owner of locks
    /// (fs/fuse/file.c).
    /// </summary>
    public readonly bool FillsPages => (ReadFlags & HasLockOwner) == 0;
}

/// <summary>Where bytes go (<c>fuse_write_in</c>, 40 bytes, then the bytes).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseWriteIn
{
    /// <summary>FUSE_WRITE_CACHE: from the page cache; <see cref="Fh"/> is any open one of the inode.</summary>
    public const uint FromCache = 1;

    /// <summary>FUSE_WRITE_LOCKOWNER: the owner is valid.</summary>
    public const uint HasLockOwner = 2;

    /// <summary>FUSE_WRITE_KILL_SUIDGID: clear set-id bits.</summary>
    public const uint KillSuidGid = 4;

    /// <summary>The open file.</summary>
    public ulong Fh;

    /// <summary>Bytes from the start. With O_APPEND in <see cref="Flags"/>, only the kernel's idea of the end.</summary>
    public ulong Offset;

    /// <summary>Bytes.</summary>
    public uint Size;

    /// <summary>FUSE_WRITE_ flags.</summary>
    public uint WriteFlags;

    /// <summary>Owner of locks.</summary>
    public ulong LockOwner;

    /// <summary>open(2) flags.</summary>
    public uint Flags;

    /// <summary>Unused.</summary>
    public uint Padding;

    /// <summary>Whether pages that programs changed in a mapping are written back, by no call of theirs.</summary>
    public readonly bool IsFromCache => (WriteFlags & FromCache) != 0;

    /// <summary>
    /// Whether write(2) goes past the pages, so that the kernel holds none locked until the answer: only then is there an owner of locks
    /// (fs/fuse/file.c).
    /// </summary>
    public readonly bool IsDirect => (WriteFlags & (HasLockOwner | FromCache)) == HasLockOwner;
}

/// <summary>How many bytes were taken (<c>fuse_write_out</c>, 8 bytes).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseWriteOut
{
    public uint Size;
    public uint Padding;
}

/// <summary>fsync(2) (<c>fuse_fsync_in</c>, 16 bytes).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseFsyncIn
{
    /// <summary>FUSE_FSYNC_FDATASYNC.</summary>
    public const uint DataOnly = 1;

    /// <summary>The open file.</summary>
    public ulong Fh;

    /// <summary>Flags.</summary>
    public uint FsyncFlags;

    /// <summary>Unused.</summary>
    public uint Padding;
}

/// <summary>fallocate(2) (<c>fuse_fallocate_in</c>, 32 bytes).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseFallocateIn
{
    /// <summary>FALLOC_FL_KEEP_SIZE.</summary>
    public const uint KeepSize = 1;

    /// <summary>FALLOC_FL_PUNCH_HOLE.</summary>
    public const uint PunchHole = 2;

    /// <summary>FALLOC_FL_ZERO_RANGE.</summary>
    public const uint ZeroRange = 16;

    /// <summary>The open file.</summary>
    public ulong Fh;

    /// <summary>Bytes from the start.</summary>
    public ulong Offset;

    /// <summary>Bytes.</summary>
    public ulong Length;

    /// <summary>FALLOC_FL_ flags.</summary>
    public uint Mode;

    /// <summary>Unused.</summary>
    public uint Padding;
}

/// <summary>SEEK_DATA or SEEK_HOLE (<c>fuse_lseek_in</c>, 24 bytes).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseLseekIn
{
    /// <summary>SEEK_DATA.</summary>
    public const uint SeekData = 3;

    /// <summary>SEEK_HOLE.</summary>
    public const uint SeekHole = 4;

    /// <summary>The open file.</summary>
    public ulong Fh;

    /// <summary>From where.</summary>
    public ulong Offset;

    /// <summary>Which.</summary>
    public uint Whence;

    /// <summary>Unused.</summary>
    public uint Padding;
}

/// <summary>copy_file_range(2) (<c>fuse_copy_file_range_in</c>, 56 bytes).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseCopyFileRangeIn
{
    /// <summary>From this open file of the request's inode.</summary>
    public ulong FhIn;

    /// <summary>From this offset.</summary>
    public ulong OffIn;

    /// <summary>To this inode.</summary>
    public ulong NodeIdOut;

    /// <summary>To this open file.</summary>
    public ulong FhOut;

    /// <summary>To this offset.</summary>
    public ulong OffOut;

    /// <summary>Bytes.</summary>
    public ulong Len;

    /// <summary>None are defined.</summary>
    public ulong Flags;
}
