using System.Runtime.InteropServices;

namespace FlexFs.Harness.Native;

/// <summary>struct statx_timestamp.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct Timestamp
{
    public readonly long Seconds;
    public readonly uint Nanoseconds;
    private readonly int _reserved;

    /// <summary>To compare times.</summary>
    public Int128 Total => ((Int128)Seconds * 1_000_000_000) + Nanoseconds;
}

/// <summary>struct statx, statx(2).</summary>
[StructLayout(LayoutKind.Sequential, Size = 256)]
public struct Statx
{
    public uint Mask;
    public uint BlockSize;
    public ulong Attributes;
    public uint Links;
    public uint Uid;
    public uint Gid;
    public ushort Mode;
    private ushort _reserved;
    public ulong Inode;
    public ulong Size;
    public ulong Blocks;
    public ulong AttributesMask;
    public Timestamp Accessed;
    public Timestamp Born;
    public Timestamp Changed;
    public Timestamp Modified;
    public uint DeviceMajor;
    public uint DeviceMinor;
    public uint MountMajor;
    public uint MountMinor;

    /// <summary>IFREG and so on.</summary>
    public readonly uint Type => Mode & Native.Mode.IFMT;

    /// <summary>Permissions, with set-user-ID, set-group-ID and sticky.</summary>
    public readonly uint Permissions => Mode & 0xFFFu;
}

/// <summary>struct timespec as utimensat(2) takes it.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct Timespec(long Seconds, long Nanoseconds)
{
    /// <summary>Now.</summary>
    public static readonly Timespec Now = new(0, 0x3fffffff);

    /// <summary>As it is.</summary>
    public static readonly Timespec Omit = new(0, 0x3ffffffe);
}

/// <summary>struct statfs, statfs(2).</summary>
[StructLayout(LayoutKind.Sequential, Size = 120)]
public struct StatFs
{
    public long Type;
    public long BlockSize;
    public ulong Blocks;
    public ulong Free;
    public ulong Available;
    public ulong Files;
    public ulong FilesFree;
    public long Id;
    public long NameBytesMax;
    public long FragmentSize;
    public long Flags;
}

/// <summary>struct flock, fcntl(2).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FLock
{
    public const short F_RDLCK = 0;
    public const short F_WRLCK = 1;
    public const short F_UNLCK = 2;
    public short Type;
    public short Whence;
    private readonly int _reserved;
    public long Start;
    public long Length;
    public int Process;
    private readonly int _end;
}

/// <summary>struct file_handle, open_by_handle_at(2).</summary>
[StructLayout(LayoutKind.Sequential, Size = 8 + BytesMax)]
public struct FileHandle
{
    /// <summary>MAX_HANDLE_SZ.</summary>
    public const int BytesMax = 128;
    public uint Bytes;
    public int Kind;
}

/// <summary>struct rlimit, getrlimit(2).</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct ResourceLimit(long Soft, long Hard);
