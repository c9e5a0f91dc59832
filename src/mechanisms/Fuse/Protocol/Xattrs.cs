using System.Runtime.InteropServices;

namespace FlexFs.Fuse.Protocol;

/// <summary>setxattr(2) (<c>fuse_setxattr_in</c>, 16 bytes; 8 without SETXATTR_EXT), then name and value.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseSetxattrIn
{
    internal const int BytesWithoutExt = 8;

    /// <summary>XATTR_CREATE: fail with EEXIST when it exists.</summary>
    public const uint Create = 1;

    /// <summary>XATTR_REPLACE: fail with ENODATA when it does not exist.</summary>
    public const uint Replace = 2;

    /// <summary>FUSE_SETXATTR_ACL_KILL_SGID in <see cref="SetxattrFlags"/>.</summary>
    public const uint AclKillSgid = 1;

    /// <summary>Bytes of the value.</summary>
    public uint Size;

    /// <summary>XATTR_ flags.</summary>
    public uint Flags;

    /// <summary>FUSE_SETXATTR_ flags; since 7.33, with SETXATTR_EXT.</summary>
    public uint SetxattrFlags;

    /// <summary>Unused.</summary>
    public uint Padding;
}

/// <summary>getxattr(2), listxattr(2) (<c>fuse_getxattr_in</c>, 8 bytes).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseGetxattrIn
{
    /// <summary>Bytes of room; 0 asks how many there are. Too little is ERANGE.</summary>
    public uint Size;

    /// <summary>Unused.</summary>
    public uint Padding;
}

/// <summary>How many bytes there are (<c>fuse_getxattr_out</c>, 8 bytes).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseGetxattrOut
{
    public uint Size;
    public uint Padding;
}
