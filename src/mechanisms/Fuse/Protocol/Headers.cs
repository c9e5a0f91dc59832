using System.Runtime.InteropServices;

namespace FlexFs.Fuse.Protocol;

/// <summary>What every request begins with (<c>fuse_in_header</c>, 40 bytes).</summary>
[StructLayout(LayoutKind.Sequential)]
public struct FuseInHeader
{
    /// <summary>Bytes of the whole request, this header included.</summary>
    public uint Len;

    /// <summary>What is asked.</summary>
    public FuseOpcode Opcode;

    /// <summary>Identifies the request; its reply must carry exactly these bits. Bit 63: resent. Bit 0: INTERRUPT.</summary>
    public ulong Unique;

    /// <summary>The inode it is about; for names, their directory.</summary>
    public ulong NodeId;

    /// <summary>Caller's file system user id.</summary>
    public uint Uid;

    /// <summary>Caller's file system group id.</summary>
    public uint Gid;

    /// <summary>Caller's thread id, 0 when the kernel itself asks.</summary>
    public uint Pid;

    /// <summary>Bytes of extensions at the end of the request, in units of 8; since 7.38.</summary>
    public ushort TotalExtLen;

    /// <summary>Unused.</summary>
    public ushort Padding;
}

/// <summary>What every reply and notification begins with (<c>fuse_out_header</c>, 16 bytes).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseOutHeader
{
    public uint Len;
    public int Error;
    public ulong Unique;
}

/// <summary>An extension of a request (<c>fuse_ext_header</c>, 8 bytes, since 7.38).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseExtHeader
{
    /// <summary>Types up to this one are security contexts (FUSE_MAX_NR_SECCTX).</summary>
    public const uint SecurityContextsMax = 31;

    /// <summary>FUSE_EXT_GROUPS: <c>fuse_supp_groups</c> follows, a count and group ids of 4 bytes each.</summary>
    public const uint Groups = 32;

    public uint Size;
    public uint Type;
}

/// <summary>Which request is to be interrupted (<c>fuse_interrupt_in</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseInterruptIn
{
    public ulong Unique;
}

/// <summary>References given back (<c>fuse_forget_in</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseForgetIn
{
    public ulong NLookup;
}

/// <summary>One inode of a batch (<c>fuse_forget_one</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseForgetOne
{
    public ulong NodeId;
    public ulong NLookup;
}

/// <summary>How many follow (<c>fuse_batch_forget_in</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseBatchForgetIn
{
    public uint Count;
    public uint Dummy;
}
