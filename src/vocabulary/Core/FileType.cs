namespace FlexFs.Core;

/// <summary>What an inode is: the file type bits of st_mode shifted right by 12 (inode(7)), as d_type has them.</summary>
public enum FileType : byte
{
    /// <summary>Not known.</summary>
    Unknown = 0,

    /// <summary>FIFO (S_IFIFO).</summary>
    Fifo = 1,

    /// <summary>Character device (S_IFCHR).</summary>
    CharacterDevice = 2,

    /// <summary>Directory (S_IFDIR).</summary>
    Directory = 4,

    /// <summary>Block device (S_IFBLK).</summary>
    BlockDevice = 6,

    /// <summary>Regular file (S_IFREG).</summary>
    Regular = 8,

    /// <summary>Symbolic link (S_IFLNK).</summary>
    Symlink = 10,

    /// <summary>Socket (S_IFSOCK).</summary>
    Socket = 12,
}

/// <summary>The bits of st_mode.</summary>
public static class FileMode
{
    /// <summary>Set-user-ID (S_ISUID).</summary>
    public const uint SetUid = 0x800;

    /// <summary>Set-group-ID (S_ISGID).</summary>
    public const uint SetGid = 0x400;

    /// <summary>Sticky (S_ISVTX).</summary>
    public const uint Sticky = 0x200;

    /// <summary>Permission bits with set-id and sticky bits: all that chmod(2) can change.</summary>
    public const uint PermissionMask = 0xFFF;

    /// <summary>File type bits (S_IFMT).</summary>
    public const uint TypeMask = 0xF000;

    /// <summary>Executable by the group (S_IXGRP): with it, set-group-ID means what it says (not mandatory locking).</summary>
    public const uint GroupExecute = 0x8;

    /// <summary>The type in a full st_mode.</summary>
    public static FileType TypeOf(uint mode) => (FileType)((mode & TypeMask) >> 12);

    /// <summary>A full st_mode of type and permission bits.</summary>
    public static uint Of(FileType type, uint permissions) => ((uint)type << 12) | (permissions & PermissionMask);
}
