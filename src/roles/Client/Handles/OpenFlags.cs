using FlexFs.Protocol.Metadata;

namespace FlexFs.Client.Handles;

/// <summary>How a file is opened: the bits of open(2) that matter to a file system, as Linux numbers them.</summary>
[Flags]
public enum OpenFlags : uint
{
    /// <summary>O_RDONLY.</summary>
    ReadOnly = 0,

    /// <summary>O_WRONLY.</summary>
    WriteOnly = 1,

    /// <summary>O_RDWR.</summary>
    ReadWrite = 2,

    /// <summary>O_ACCMODE.</summary>
    AccessMask = 3,

    /// <summary>O_EXCL: with create, an existing name is EEXIST.</summary>
    Exclusive = 0x80,

    /// <summary>O_TRUNC.</summary>
    Truncate = 0x200,

    /// <summary>O_APPEND.</summary>
    Append = 0x400,

    /// <summary>O_NOATIME: reading leaves the access time as it is.</summary>
    NoAccessTime = 0x40000,
}

/// <summary>Where bytes that are read go.</summary>
public enum ReadTarget
{
    /// <summary>To the caller, and nowhere else.</summary>
    Caller,

    /// <summary>Into pages that the kernel keeps, and holds locked until the read is answered.</summary>
    Pages,
}

/// <summary>A file that is open now.</summary>
/// <param name="Handle">To be passed to reads, writes, flush and release. Never 0, never used again.</param>
/// <param name="Attributes">The inode as it is now.</param>
/// <param name="DataUnchanged">
/// Whether all bytes that this client gave out of the file since it was last opened are still those of the file, so
/// that pages of them may
/// be kept.
/// </param>
/// <param name="WasCreated">Whether the file was made by this.</param>
/// <param name="IsShared">
/// Whether no pages may be kept of what is read and written through this handle: another host writes the file too, or it is written at its
/// end. A page that is locked while a write waits for another host could keep that host waiting in turn.
/// </param>
/// <param name="IsAccessNoted">Whether the access time moved: pages that are kept may be read from now on.</param>
public readonly record struct OpenResult(
    ulong Handle, Attributes Attributes, bool DataUnchanged, bool WasCreated, bool IsShared, bool IsAccessNoted);

/// <summary>Bytes that were written at the end of a file.</summary>
/// <param name="Offset">Where the end was.</param>
/// <param name="Bytes">How many.</param>
public readonly record struct Appended(long Offset, int Bytes);
