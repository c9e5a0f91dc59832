namespace FlexFs.Core.Locks;

/// <summary>Which locks a lock can conflict with. Those of different kinds never do, as on a local Linux file system.</summary>
public enum LockKind : byte
{
    /// <summary>fcntl(2): ranges of bytes, of a process (F_SETLK) or of an open file (F_OFD_SETLK).</summary>
    Record = 0,

    /// <summary>flock(2): the whole file, of an open file.</summary>
    Flock = 1,
}

/// <summary>What a lock excludes.</summary>
public enum LockType : byte
{
    /// <summary>F_RDLCK, LOCK_SH: exclusive ones of other owners.</summary>
    Shared = 0,

    /// <summary>F_WRLCK, LOCK_EX: all of other owners.</summary>
    Exclusive = 1,
}
