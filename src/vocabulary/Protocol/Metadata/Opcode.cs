namespace FlexFs.Protocol.Metadata;

/// <summary>The operations of the metadata service. Numbers are for ever; a removed one stays listed as reserved.</summary>
public enum Opcode : ushort
{
    /// <summary>No operation.</summary>
    None = 0,

    // Reads: repeated freely, no reply is kept.

    /// <summary><see cref="LookupRequest"/> to <see cref="EntryReply"/>.</summary>
    Lookup = 1,

    /// <summary><see cref="GetAttributesRequest"/> to <see cref="AttributesReply"/>.</summary>
    GetAttributes = 2,

    /// <summary><see cref="ReadDirectoryRequest"/> to <see cref="ReadDirectoryReply"/>.</summary>
    ReadDirectory = 3,

    /// <summary><see cref="ReadSymlinkRequest"/> to <see cref="BytesReply"/>.</summary>
    ReadSymlink = 4,

    /// <summary><see cref="OpenRequest"/> to <see cref="OpenReply"/>.</summary>
    Open = 5,

    /// <summary><see cref="GetExtentsRequest"/> to <see cref="ExtentsReply"/>.</summary>
    GetExtents = 6,

    /// <summary><see cref="GetXattrRequest"/> to <see cref="BytesReply"/>.</summary>
    GetXattr = 7,

    /// <summary><see cref="ListXattrRequest"/> to <see cref="BytesReply"/>.</summary>
    ListXattr = 8,

    /// <summary><see cref="StatVolumeRequest"/> to <see cref="StatVolumeReply"/>.</summary>
    StatVolume = 9,

    /// <summary><see cref="SeekRequest"/> to <see cref="SeekReply"/>: data and holes.</summary>
    Seek = 10,

    /// <summary><see cref="AcquireLeaseRequest"/> to <see cref="LeaseReply"/>.</summary>
    AcquireLease = 32,

    // Locks: kept in the server's memory, repeated freely, no reply is kept.

    /// <summary><see cref="LockRequest"/> to <see cref="EmptyReply"/>; waits for others if it is told to.</summary>
    Lock = 40,

    /// <summary><see cref="UnlockRequest"/> to <see cref="EmptyReply"/>.</summary>
    Unlock = 41,

    /// <summary><see cref="TestLockRequest"/> to <see cref="TestLockReply"/>.</summary>
    TestLock = 42,

    /// <summary><see cref="CancelLockRequest"/> to <see cref="EmptyReply"/>.</summary>
    CancelLock = 43,

    /// <summary><see cref="ReclaimLocksRequest"/> to <see cref="ReclaimLocksReply"/>: after a restart of the server.</summary>
    ReclaimLocks = 44,

    // Mutations: exactly once, answered by MutationReply, kept in the session's window.

    /// <summary><see cref="CreateRequest"/>: a file, directory, symlink, device, FIFO or socket.</summary>
    Create = 64,

    /// <summary><see cref="LinkRequest"/>.</summary>
    Link = 65,

    /// <summary><see cref="UnlinkRequest"/>.</summary>
    Unlink = 66,

    /// <summary><see cref="RemoveDirectoryRequest"/>.</summary>
    RemoveDirectory = 67,

    /// <summary><see cref="RenameRequest"/>.</summary>
    Rename = 68,

    /// <summary><see cref="SetAttributesRequest"/>: mode, owner, size, times.</summary>
    SetAttributes = 69,

    /// <summary><see cref="CommitWriteRequest"/>: extents or inline data of a file, after their objects were stored.</summary>
    CommitWrite = 70,

    /// <summary><see cref="SetXattrRequest"/>.</summary>
    SetXattr = 71,

    /// <summary><see cref="RemoveXattrRequest"/>.</summary>
    RemoveXattr = 72,

    /// <summary><see cref="AllocateIdsRequest"/>: a range of object ids for this session.</summary>
    AllocateIds = 73,

    /// <summary><see cref="CloseRequest"/>: this session no longer has these inodes open.</summary>
    Close = 74,

    /// <summary><see cref="CreateUnnamedRequest"/>: a file without a name, open in this session.</summary>
    CreateUnnamed = 75,

    /// <summary><see cref="FallocateRequest"/>: a longer file, or zeros.</summary>
    Fallocate = 76,

    /// <summary><see cref="CloneRangeRequest"/>: the extents of another range.</summary>
    CloneRange = 77,

    /// <summary><see cref="NoteAccessRequest"/>: access times, as relatime.</summary>
    NoteAccess = 78,

    // Of the session itself.

    /// <summary><see cref="ReclaimRequest"/>: after a restart of the server, what this session still has open.</summary>
    Reclaim = 128,

    /// <summary><see cref="EndSessionRequest"/>: a clean unmount.</summary>
    EndSession = 129,

    /// <summary><see cref="AcknowledgeRecallsRequest"/>: what was recalled is not cached any more.</summary>
    AcknowledgeRecalls = 130,

    /// <summary><see cref="ReleaseLeasesRequest"/>: leases given back unasked.</summary>
    ReleaseLeases = 131,
}
