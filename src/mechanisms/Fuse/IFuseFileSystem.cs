using FlexFs.Core;
using FlexFs.Fuse.Protocol;

namespace FlexFs.Fuse;

/// <summary>A file system as the kernel asks for it: one method per operation.</summary>
/// <remarks>
/// How to answer. Each method answers <c>request.Reply</c> exactly once, before its task ends: at once on the thread that
/// read the request (the fast way: no thread is switched and nothing allocated), or after an await on any other. The
/// thread that calls reads the device, so it never waits for a network or a disk. A request whose task ends unanswered,
/// or throws, gets EIO and is reported as a fault; <see cref="FuseRequest.Detach"/> says that the answer comes later.
///
/// What may be asked together. Requests run concurrently, from several threads. The kernel orders little: not two reads,
/// not a read and a FORGET; it waits for the answer of one only where a program does.
///
/// Names are bytes without NUL, never empty, without '/', and up to 4,000 long: whoever has a smaller limit answers
/// ENAMETOOLONG. Names and data live until the reply.
///
/// What is not implemented here answers as the kernel expects it: ENOSYS only where the kernel then stops asking or does
/// it otherwise (so also for all other inodes and for good), EOPNOTSUPP, EPERM or the like where a program would see it.
/// </remarks>
public interface IFuseFileSystem
{
    /// <summary>Once, before the first request: the connection that serves this file system, for notifications.</summary>
    void Attached(FuseConnection connection)
    {
    }

    /// <summary>Once, after the last request: unmounted or aborted. Nothing can be answered any more.</summary>
    void Detached()
    {
    }

    /// <summary>
    /// References given back, as many as entries were answered. Not after a crash: a dead server's FORGETs are lost.
    /// </summary>
    void Forget(ulong nodeId, ulong lookups)
    {
    }

    /// <summary>Part of a file that <see cref="FuseNotifier.RetrieveAsync"/> asked for.</summary>
    void Retrieved(ulong notifyUnique, ulong nodeId, ulong offset, ReadOnlySpan<byte> data)
    {
    }

    /// <summary>A name in the directory. Answer: entry; node id 0 lets the kernel remember that there is none.</summary>
    ValueTask LookupAsync(FuseRequest request, ReadOnlyMemory<byte> name) => RefuseAsync(request, Errno.ENOENT);

    /// <summary>Attributes. Answer: attr.</summary>
    ValueTask GetAttrAsync(FuseRequest request, FuseGetattrIn args) => RefuseAsync(request, Errno.EOPNOTSUPP);

    /// <summary>Changes attributes. Answer: attr.</summary>
    ValueTask SetAttrAsync(FuseRequest request, FuseSetattrIn args) => RefuseAsync(request, Errno.EOPNOTSUPP);

    /// <summary>statx(2) that wants more than GETATTR has. Answer: statx. ENOSYS: GETATTR is asked from then on.</summary>
    ValueTask StatxAsync(FuseRequest request, FuseStatxIn args) => RefuseAsync(request, Errno.ENOSYS);

    /// <summary>access(2), only without default_permissions. Answer: ok. ENOSYS: allowed, never asked again.</summary>
    ValueTask AccessAsync(FuseRequest request, FuseAccessIn args) => RefuseAsync(request, Errno.ENOSYS);

    /// <summary>Target of a symbolic link. Answer: data.</summary>
    ValueTask ReadLinkAsync(FuseRequest request) => RefuseAsync(request, Errno.EINVAL);

    /// <summary>A symbolic link. Answer: entry. symlink(2): EPERM where there are none.</summary>
    ValueTask SymlinkAsync(FuseRequest request, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> target) =>
        RefuseAsync(request, Errno.EPERM);

    /// <summary>A file, device, FIFO or socket. Answer: entry. mknod(2): EPERM where it cannot be.</summary>
    ValueTask MkNodAsync(FuseRequest request, FuseMknodIn args, ReadOnlyMemory<byte> name) =>
        RefuseAsync(request, Errno.EPERM);

    /// <summary>A directory. Answer: entry.</summary>
    ValueTask MkDirAsync(FuseRequest request, FuseMkdirIn args, ReadOnlyMemory<byte> name) =>
        RefuseAsync(request, Errno.EPERM);

    /// <summary>Removes a name of something that is no directory. Answer: ok.</summary>
    ValueTask UnlinkAsync(FuseRequest request, ReadOnlyMemory<byte> name) => RefuseAsync(request, Errno.EPERM);

    /// <summary>Removes an empty directory. Answer: ok.</summary>
    ValueTask RmDirAsync(FuseRequest request, ReadOnlyMemory<byte> name) => RefuseAsync(request, Errno.EPERM);

    /// <summary>Renames. Answer: ok.</summary>
    ValueTask RenameAsync(
        FuseRequest request, FuseRename2In args, ReadOnlyMemory<byte> oldName, ReadOnlyMemory<byte> newName) =>
        RefuseAsync(request, args.Flags == 0 ? Errno.EPERM : Errno.ENOSYS);

    /// <summary>One more name, in the request's directory, of inode <paramref name="oldNodeId"/>. Answer: entry.</summary>
    ValueTask LinkAsync(FuseRequest request, ulong oldNodeId, ReadOnlyMemory<byte> newName) =>
        RefuseAsync(request, Errno.EPERM);

    /// <summary>Opens. Answer: open. ENOSYS: files need no opening, never asked again.</summary>
    ValueTask OpenAsync(FuseRequest request, FuseOpenIn args) => RefuseAsync(request, Errno.ENOSYS);

    /// <summary>Makes and opens. Answer: create. ENOSYS: MKNOD and OPEN are asked from then on.</summary>
    ValueTask CreateAsync(FuseRequest request, FuseCreateIn args, ReadOnlyMemory<byte> name) =>
        RefuseAsync(request, Errno.ENOSYS);

    /// <summary>Makes and opens a file without a name (O_TMPFILE). Answer: create. ENOSYS: never asked again.</summary>
    ValueTask TmpFileAsync(FuseRequest request, FuseCreateIn args) => RefuseAsync(request, Errno.ENOSYS);

    /// <summary>Bytes. Answer: data, shorter than asked only at the end.</summary>
    ValueTask ReadAsync(FuseRequest request, FuseReadIn args) => RefuseAsync(request, Errno.EOPNOTSUPP);

    /// <summary>Takes bytes. Answer: written.</summary>
    ValueTask WriteAsync(FuseRequest request, FuseWriteIn args, ReadOnlyMemory<byte> data) =>
        RefuseAsync(request, Errno.EOPNOTSUPP);

    /// <summary>A descriptor was closed; the owner's POSIX locks end. Answer: ok. ENOSYS: never asked again.</summary>
    ValueTask FlushAsync(FuseRequest request, FuseFlushIn args) => RefuseAsync(request, Errno.ENOSYS);

    /// <summary>The open file is no more. Answer: ok, nobody waits for it.</summary>
    ValueTask ReleaseAsync(FuseRequest request, FuseReleaseIn args) => AcceptAsync(request);

    /// <summary>fsync(2). Answer: ok. ENOSYS: nothing to do, never asked again.</summary>
    ValueTask FSyncAsync(FuseRequest request, FuseFsyncIn args) => RefuseAsync(request, Errno.ENOSYS);

    /// <summary>Opens a directory. Answer: open. ENOSYS: never asked again.</summary>
    ValueTask OpenDirAsync(FuseRequest request, FuseOpenIn args) => RefuseAsync(request, Errno.ENOSYS);

    /// <summary>Names after a cookie. Answer: data of a <see cref="FuseDirectoryWriter"/>; empty at the end.</summary>
    ValueTask ReadDirAsync(FuseRequest request, FuseReadIn args) => RefuseAsync(request, Errno.EOPNOTSUPP);

    /// <summary>The same with an entry for each name; only with DoReaddirplus.</summary>
    ValueTask ReadDirPlusAsync(FuseRequest request, FuseReadIn args) => RefuseAsync(request, Errno.EOPNOTSUPP);

    /// <summary>The open directory is no more. Answer: ok.</summary>
    ValueTask ReleaseDirAsync(FuseRequest request, FuseReleaseIn args) => AcceptAsync(request);

    /// <summary>fsync(2) of a directory. Answer: ok. ENOSYS: nothing to do, never asked again.</summary>
    ValueTask FSyncDirAsync(FuseRequest request, FuseFsyncIn args) => RefuseAsync(request, Errno.ENOSYS);

    /// <summary>Space. Answer: statfs.</summary>
    ValueTask StatFsAsync(FuseRequest request)
    {
        request.Reply.StatFs(new FuseKstatfs { Bsize = 4096, Frsize = 4096, Namelen = 255 });
        return default;
    }

    /// <summary>syncfs(2); never sent to a plain mount (Linux 6.18). Answer: ok. ENOSYS: never asked again.</summary>
    ValueTask SyncFsAsync(FuseRequest request) => RefuseAsync(request, Errno.ENOSYS);

    /// <summary>Sets an attribute. Answer: ok. ENOSYS: there are none, never asked again.</summary>
    ValueTask SetXattrAsync(
        FuseRequest request, FuseSetxattrIn args, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> value) =>
        RefuseAsync(request, Errno.ENOSYS);

    /// <summary>An attribute's value. Answer: data, or with size 0 xattr size. ENOSYS: never asked again.</summary>
    ValueTask GetXattrAsync(FuseRequest request, FuseGetxattrIn args, ReadOnlyMemory<byte> name) =>
        RefuseAsync(request, Errno.ENOSYS);

    /// <summary>Names, each ended by NUL. Answer: data, or with size 0 xattr size. ENOSYS: never asked again.</summary>
    ValueTask ListXattrAsync(FuseRequest request, FuseGetxattrIn args) => RefuseAsync(request, Errno.ENOSYS);

    /// <summary>Removes an attribute. Answer: ok. ENOSYS: never asked again.</summary>
    ValueTask RemoveXattrAsync(FuseRequest request, ReadOnlyMemory<byte> name) => RefuseAsync(request, Errno.ENOSYS);

    /// <summary>Who is in the way of a lock; only with PosixLocks. Answer: lock.</summary>
    ValueTask GetLockAsync(FuseRequest request, FuseLkIn args) => RefuseAsync(request, Errno.ENOLCK);

    /// <summary>Locks or unlocks, or EAGAIN; only with PosixLocks or FlockLocks. Answer: ok.</summary>
    ValueTask SetLockAsync(FuseRequest request, FuseLkIn args) => RefuseAsync(request, Errno.ENOLCK);

    /// <summary>Locks, waiting for it; EINTR when interrupted. Answer: ok.</summary>
    ValueTask SetLockWaitAsync(FuseRequest request, FuseLkIn args) => RefuseAsync(request, Errno.ENOLCK);

    /// <summary>fallocate(2). Answer: ok. ENOSYS: never asked again.</summary>
    ValueTask FallocateAsync(FuseRequest request, FuseFallocateIn args) => RefuseAsync(request, Errno.ENOSYS);

    /// <summary>SEEK_DATA and SEEK_HOLE. Answer: position. ENOSYS: everything is data, never asked again.</summary>
    ValueTask LSeekAsync(FuseRequest request, FuseLseekIn args) => RefuseAsync(request, Errno.ENOSYS);

    /// <summary>copy_file_range(2). Answer: copied. ENOSYS: programs copy themselves, never asked again.</summary>
    ValueTask CopyFileRangeAsync(FuseRequest request, FuseCopyFileRangeIn args) => RefuseAsync(request, Errno.ENOSYS);

    /// <summary>ioctl(2). Answer: ioctl. ENOTTY at once: some programs ask at every open.</summary>
    ValueTask IoctlAsync(FuseRequest request, FuseIoctlIn args, ReadOnlyMemory<byte> input) =>
        RefuseAsync(request, Errno.ENOTTY);

    /// <summary>poll(2). Answer: poll. ENOSYS: always ready, never asked again.</summary>
    ValueTask PollAsync(FuseRequest request, FusePollIn args) => RefuseAsync(request, Errno.ENOSYS);

    /// <summary>Where a block is; fuseblk only. Answer: position. ENOSYS: never asked again.</summary>
    ValueTask BMapAsync(FuseRequest request, FuseBmapIn args) => RefuseAsync(request, Errno.ENOSYS);

    /// <summary>A DAX mapping; virtiofs only.</summary>
    ValueTask SetupMappingAsync(FuseRequest request, FuseSetupmappingIn args) => RefuseAsync(request, Errno.EOPNOTSUPP);

    /// <summary>Ends DAX mappings, pairs of offset and length; virtiofs only.</summary>
    ValueTask RemoveMappingAsync(FuseRequest request, ReadOnlyMemory<byte> mappings) =>
        RefuseAsync(request, Errno.EOPNOTSUPP);

    private static ValueTask RefuseAsync(FuseRequest request, Errno errno)
    {
        request.Reply.Error(errno);
        return default;
    }

    private static ValueTask AcceptAsync(FuseRequest request)
    {
        request.Reply.Ok();
        return default;
    }
}
