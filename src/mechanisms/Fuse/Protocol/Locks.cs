using System.Runtime.InteropServices;

namespace FlexFs.Fuse.Protocol;

/// <summary>A range and how it is locked (<c>fuse_file_lock</c>, 24 bytes).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseFileLock
{
    /// <summary>F_RDLCK.</summary>
    public const uint Shared = 0;

    /// <summary>F_WRLCK.</summary>
    public const uint Exclusive = 1;

    /// <summary>F_UNLCK.</summary>
    public const uint Unlocked = 2;

    /// <summary>First byte.</summary>
    public ulong Start;

    /// <summary>Last byte, inclusive.</summary>
    public ulong End;

    /// <summary>F_RDLCK, F_WRLCK or F_UNLCK.</summary>
    public uint Type;

    /// <summary>Process that holds it.</summary>
    public uint Pid;
}

/// <summary>A lock asked for (<c>fuse_lk_in</c>, 48 bytes).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseLkIn
{
    /// <summary>FUSE_LK_FLOCK: flock(2), not fcntl(2).</summary>
    public const uint Flock = 1;

    /// <summary>The open file.</summary>
    public ulong Fh;

    /// <summary>Who.</summary>
    public ulong Owner;

    /// <summary>What.</summary>
    public FuseFileLock Lk;

    /// <summary>FUSE_LK_ flags.</summary>
    public uint LkFlags;

    /// <summary>Unused.</summary>
    public uint Padding;
}
