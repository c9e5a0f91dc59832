namespace FlexFs.Core;

/// <summary>Every bound that a user, a peer or a file could run into, in one place.</summary>
public static class Limits
{
    /// <summary>Bytes of a file name, NAME_MAX of Linux. The kernel passes up to 4,000, so we must check.</summary>
    public const int NameBytesMax = 255;

    /// <summary>Bytes of a stored name: 255 and the 16 of an AES-GCM-SIV tag on encrypted volumes.</summary>
    public const int StoredNameBytesMax = NameBytesMax + 16;

    /// <summary>Bytes of a symlink target without its terminator: PATH_MAX - 1.</summary>
    public const int SymlinkBytesMax = 4095;

    /// <summary>Bytes of an extended attribute's value (XATTR_SIZE_MAX).</summary>
    public const int XattrValueBytesMax = 65536;

    /// <summary>Bytes of all attribute names of an inode together (XATTR_LIST_MAX).</summary>
    public const int XattrListBytesMax = 65536;

    /// <summary>Bytes of all attribute values of an inode together.</summary>
    public const int XattrBytesMax = 1 << 20;

    /// <summary>Bytes of a file that may live in a record beside its inode.</summary>
    public const int InlineBytesMax = 4096;

    /// <summary>Hard links of a file; of the order of ext4's 65,000, far above what programs make.</summary>
    public const uint LinkCountMax = 1 << 20;

    /// <summary>Bytes of a file: the kernel's own limit, signed 64-bit offsets.</summary>
    public const long FileBytesMax = long.MaxValue;

    /// <summary>Smallest block size, as a power of two: 256 KiB.</summary>
    public const int BlockSizeLog2Min = 18;

    /// <summary>Largest block size, as a power of two: 8 MiB.</summary>
    public const int BlockSizeLog2Max = 23;

    /// <summary>Default block size, as a power of two: 4 MiB.</summary>
    public const int BlockSizeLog2Default = 22;

    /// <summary>Extents of one block; a writer compacts the block before it would have more.</summary>
    public const int ExtentsPerBlockMax = 64;

    /// <summary>Plain bytes of a frame as a power of two, smallest: 64 KiB.</summary>
    public const int FrameSizeLog2Min = 16;

    /// <summary>Plain bytes of a frame as a power of two, largest: 256 KiB.</summary>
    public const int FrameSizeLog2Max = 18;

    /// <summary>Plain bytes of a frame as a power of two by default: 128 KiB.</summary>
    public const int FrameSizeLog2Default = 17;

    /// <summary>Frames of one object: the largest block in the smallest frames.</summary>
    public const int FramesPerObjectMax = 1 << (BlockSizeLog2Max - FrameSizeLog2Min);

    /// <summary>Plain bytes of one object: the largest block.</summary>
    public const int ObjectBytesMax = 1 << BlockSizeLog2Max;

    /// <summary>Bytes of one RPC frame, header included. A larger one ends the connection.</summary>
    public const int RpcFrameBytesMax = 1 << 20;

    /// <summary>Requests of one session that may be unanswered: slots of its window, those that wait for others included.</summary>
    public const int RpcSlotsMax = 4096;

    /// <summary>Entries in one answer to a directory listing.</summary>
    public const int ReadDirectoryEntriesMax = 2048;

    /// <summary>Blocks of one file that one request may change or ask for.</summary>
    public const int BlocksPerRequestMax = 1024;

    /// <summary>Bytes of a token, a volume's name or an address in a message.</summary>
    public const int ShortTextBytesMax = 1024;
}
