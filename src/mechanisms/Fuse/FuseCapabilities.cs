namespace FlexFs.Fuse;

/// <summary>What kernel and server can agree on at INIT (FUSE_ flags of <c>fuse_init_in</c>, linux/fuse.h).</summary>
[Flags]
public enum FuseCapabilities : ulong
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>FUSE_ASYNC_READ: several reads of a file at once; without it readahead is one request at a time.</summary>
    AsyncRead = 1ul << 0,

    /// <summary>FUSE_POSIX_LOCKS: fcntl(2) locks come to the server.</summary>
    PosixLocks = 1ul << 1,

    /// <summary>FUSE_ATOMIC_O_TRUNC: the server truncates at OPEN with O_TRUNC.</summary>
    AtomicOTrunc = 1ul << 3,

    /// <summary>FUSE_EXPORT_SUPPORT: the server answers LOOKUP of "." and "..".</summary>
    ExportSupport = 1ul << 4,

    /// <summary>FUSE_BIG_WRITES: writes above a page.</summary>
    BigWrites = 1ul << 5,

    /// <summary>FUSE_DONT_MASK: the server applies the umask.</summary>
    DontMask = 1ul << 6,

    /// <summary>FUSE_FLOCK_LOCKS: flock(2) locks come to the server.</summary>
    FlockLocks = 1ul << 10,

    /// <summary>FUSE_HAS_IOCTL_DIR: ioctl on directories.</summary>
    HasIoctlDir = 1ul << 11,

    /// <summary>FUSE_AUTO_INVAL_DATA: the kernel drops pages when mtime or size change.</summary>
    AutoInvalData = 1ul << 12,

    /// <summary>FUSE_DO_READDIRPLUS: listings with attributes.</summary>
    DoReaddirplus = 1ul << 13,

    /// <summary>FUSE_READDIRPLUS_AUTO: only when somebody asks for attributes.</summary>
    ReaddirplusAuto = 1ul << 14,

    /// <summary>FUSE_ASYNC_DIO: a large direct transfer is several requests at once.</summary>
    AsyncDio = 1ul << 15,

    /// <summary>FUSE_WRITEBACK_CACHE: the kernel owns size and times; not for files that others change.</summary>
    WritebackCache = 1ul << 16,

    /// <summary>FUSE_NO_OPEN_SUPPORT: the kernel takes ENOSYS to OPEN as "never ask".</summary>
    NoOpenSupport = 1ul << 17,

    /// <summary>FUSE_PARALLEL_DIROPS: lookups and listings of a directory at once.</summary>
    ParallelDirops = 1ul << 18,

    /// <summary>FUSE_HANDLE_KILLPRIV: superseded by <see cref="HandleKillprivV2"/>.</summary>
    HandleKillpriv = 1ul << 19,

    /// <summary>FUSE_POSIX_ACL: access control lists; needs default_permissions.</summary>
    PosixAcl = 1ul << 20,

    /// <summary>FUSE_ABORT_ERROR: the device says ECONNABORTED after an abort.</summary>
    AbortError = 1ul << 21,

    /// <summary>FUSE_MAX_PAGES: requests above 128 KiB.</summary>
    MaxPages = 1ul << 22,

    /// <summary>FUSE_CACHE_SYMLINKS: targets are kept.</summary>
    CacheSymlinks = 1ul << 23,

    /// <summary>FUSE_NO_OPENDIR_SUPPORT: the kernel takes ENOSYS to OPENDIR as "never ask".</summary>
    NoOpendirSupport = 1ul << 24,

    /// <summary>FUSE_EXPLICIT_INVAL_DATA: pages stay until the server invalidates them.</summary>
    ExplicitInvalData = 1ul << 25,

    /// <summary>FUSE_HANDLE_KILLPRIV_V2: the server clears set-id bits where a request says so.</summary>
    HandleKillprivV2 = 1ul << 28,

    /// <summary>FUSE_SETXATTR_EXT: SETXATTR carries flags.</summary>
    SetxattrExt = 1ul << 29,

    /// <summary>FUSE_INIT_EXT: bits above 31 exist.</summary>
    InitExt = 1ul << 30,

    /// <summary>FUSE_SECURITY_CTX: what creates carries a security label.</summary>
    SecurityCtx = 1ul << 32,

    /// <summary>FUSE_CREATE_SUPP_GROUP: what creates carries the parent's group if the caller is in it.</summary>
    CreateSuppGroup = 1ul << 34,

    /// <summary>FUSE_HAS_EXPIRE_ONLY: a name can be expired without throwing away what is below it.</summary>
    HasExpireOnly = 1ul << 35,

    /// <summary>FUSE_DIRECT_IO_ALLOW_MMAP: shared mappings of direct files.</summary>
    DirectIoAllowMmap = 1ul << 36,

    /// <summary>FUSE_PASSTHROUGH: a backing file serves reads and writes.</summary>
    Passthrough = 1ul << 37,

    /// <summary>FUSE_NO_EXPORT_SUPPORT: handles of files cannot be made.</summary>
    NoExportSupport = 1ul << 38,

    /// <summary>FUSE_HAS_RESEND: a new server can ask for what the old one did not answer.</summary>
    HasResend = 1ul << 39,

    /// <summary>FUSE_ALLOW_IDMAP: idmapped mounts; then most requests name no caller.</summary>
    AllowIdmap = 1ul << 40,

    /// <summary>
    /// What asks nothing of a file system that its handlers do not say already. The rest are promises that it makes:
    /// <see cref="HandleKillprivV2"/>, <see cref="ExplicitInvalData"/>, <see cref="PosixLocks"/> and so on.
    /// </summary>
    Default = AsyncRead | BigWrites | HasIoctlDir | AsyncDio | ParallelDirops | AbortError | MaxPages | SetxattrExt |
        InitExt | HasExpireOnly | HasResend | CreateSuppGroup | NoOpenSupport | NoOpendirSupport | DirectIoAllowMmap,
}
