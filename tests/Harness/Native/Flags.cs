namespace FlexFs.Harness.Native;

/// <summary>open(2), x86-64.</summary>
[Flags]
public enum OpenFlags
{
    O_RDONLY = 0,
    O_WRONLY = 1,
    O_RDWR = 2,
    O_CREAT = 0x40,
    O_EXCL = 0x80,
    O_NOCTTY = 0x100,
    O_TRUNC = 0x200,
    O_APPEND = 0x400,
    O_NONBLOCK = 0x800,
    O_DSYNC = 0x1000,
    O_DIRECT = 0x4000,
    O_DIRECTORY = 0x10000,
    O_NOFOLLOW = 0x20000,
    O_NOATIME = 0x40000,
    O_CLOEXEC = 0x80000,
    O_SYNC = 0x101000,
    O_PATH = 0x200000,
    O_TMPFILE = 0x410000,
}

/// <summary>What *at calls take.</summary>
[Flags]
public enum AtFlags
{
    None = 0,
    AT_SYMLINK_NOFOLLOW = 0x100,
    AT_EACCESS = 0x200,
    AT_REMOVEDIR = 0x200,
    AT_SYMLINK_FOLLOW = 0x400,
    AT_EMPTY_PATH = 0x1000,
}

/// <summary>renameat2(2).</summary>
[Flags]
public enum RenameFlags
{
    None = 0,
    RENAME_NOREPLACE = 1,
    RENAME_EXCHANGE = 2,
    RENAME_WHITEOUT = 4,
}

/// <summary>fallocate(2).</summary>
[Flags]
public enum AllocateFlags
{
    None = 0,
    FALLOC_FL_KEEP_SIZE = 1,
    FALLOC_FL_PUNCH_HOLE = 2,
    FALLOC_FL_COLLAPSE_RANGE = 8,
    FALLOC_FL_ZERO_RANGE = 16,
    FALLOC_FL_INSERT_RANGE = 32,
    FALLOC_FL_UNSHARE_RANGE = 64,
}

/// <summary>lseek(2).</summary>
public enum Whence
{
    SEEK_SET = 0,
    SEEK_CUR = 1,
    SEEK_END = 2,
    SEEK_DATA = 3,
    SEEK_HOLE = 4,
}

/// <summary>posix_fadvise(2).</summary>
public enum Advice
{
    POSIX_FADV_NORMAL = 0,
    POSIX_FADV_RANDOM = 1,
    POSIX_FADV_SEQUENTIAL = 2,
    POSIX_FADV_WILLNEED = 3,
    POSIX_FADV_DONTNEED = 4,
    POSIX_FADV_NOREUSE = 5,
}

/// <summary>fcntl(2): commands that lock.</summary>
public enum LockCommand
{
    F_GETLK = 5,
    F_SETLK = 6,
    F_OFD_GETLK = 36,
    F_OFD_SETLK = 37,
}

/// <summary>flock(2).</summary>
[Flags]
public enum FLockFlags
{
    LOCK_SH = 1,
    LOCK_EX = 2,
    LOCK_NB = 4,
    LOCK_UN = 8,
}

/// <summary>inode(7): the type, and the bits of the mode that are not permissions; S_IFREG is <see cref="IFREG"/>.</summary>
public static class Mode
{
    public const uint IFMT = 0xF000;
    public const uint IFIFO = 0x1000;
    public const uint IFCHR = 0x2000;
    public const uint IFDIR = 0x4000;
    public const uint IFBLK = 0x6000;
    public const uint IFREG = 0x8000;
    public const uint IFLNK = 0xA000;
    public const uint IFSOCK = 0xC000;
    public const uint ISUID = 0x800;
    public const uint ISGID = 0x400;
    public const uint ISVTX = 0x200;
}

/// <summary>mmap(2) and msync(2).</summary>
[Flags]
public enum MapFlags
{
    None = 0,
    MAP_SHARED = 1,
    MAP_PRIVATE = 2,
}

/// <summary>mmap(2).</summary>
[Flags]
public enum Protection
{
    PROT_NONE = 0,
    PROT_READ = 1,
    PROT_WRITE = 2,
    PROT_EXEC = 4,
}
