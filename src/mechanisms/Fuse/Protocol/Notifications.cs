using System.Runtime.InteropServices;

namespace FlexFs.Fuse.Protocol;

/// <summary>What a server tells the kernel unasked (<c>enum fuse_notify_code</c>).</summary>
internal enum FuseNotifyCode
{
    Poll = 1,
    InvalInode = 2,
    InvalEntry = 3,
    Store = 4,
    Retrieve = 5,
    Delete = 6,

    /// <summary>Since 7.40.</summary>
    Resend = 7,

    /// <summary>Since 7.44.</summary>
    IncEpoch = 8,

    /// <summary>Since 7.45.</summary>
    Prune = 9,
}

/// <summary><c>fuse_notify_poll_wakeup_out</c>, 8 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseNotifyPollWakeupOut
{
    public ulong Kh;
}

/// <summary><c>fuse_notify_inval_inode_out</c>, 24 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseNotifyInvalInodeOut
{
    public ulong Ino;
    public long Off;
    public long Len;
}

/// <summary><c>fuse_notify_inval_entry_out</c>, 16 bytes, then the name with its NUL.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseNotifyInvalEntryOut
{
    /// <summary>FUSE_EXPIRE_ONLY, since 7.38.</summary>
    public const uint ExpireOnly = 1;

    public ulong Parent;
    public uint NameLen;
    public uint Flags;
}

/// <summary><c>fuse_notify_delete_out</c>, 24 bytes, then the name with its NUL.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseNotifyDeleteOut
{
    public ulong Parent;
    public ulong Child;
    public uint NameLen;
    public uint Padding;
}

/// <summary><c>fuse_notify_store_out</c>, 24 bytes, then the bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseNotifyStoreOut
{
    public ulong NodeId;
    public ulong Offset;
    public uint Size;
    public uint Padding;
}

/// <summary><c>fuse_notify_retrieve_out</c>, 32 bytes.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseNotifyRetrieveOut
{
    public ulong NotifyUnique;
    public ulong NodeId;
    public ulong Offset;
    public uint Size;
    public uint Padding;
}

/// <summary><c>fuse_notify_prune_out</c>, 16 bytes, then the node ids; since 7.45.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseNotifyPruneOut
{
    public uint Count;
    public uint Padding;
    public ulong Spare;
}

/// <summary><c>fuse_backing_map</c>, 16 bytes; since 7.40.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct FuseBackingMap
{
    public int Fd;
    public uint Flags;
    public ulong Padding;
}
