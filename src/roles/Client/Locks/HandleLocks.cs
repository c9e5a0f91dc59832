using FlexFs.Client.Handles;
using FlexFs.Core;

namespace FlexFs.Client.Locks;

/// <summary>Locks through open files: fcntl(2) and flock(2) between programs of all hosts.</summary>
public sealed class HandleLocks
{
    private readonly Files _files;

    internal HandleLocks(Files files) => _files = files;

    /// <summary>
    /// Locks bytes or the file. Afterwards this client shows what the last holder of the lock wrote. A conversion of flock(2) lets the
    /// old lock go first.
    /// </summary>
    /// <param name="handle">Open; the lock ends with it at the latest.</param>
    /// <param name="spec">What, and for whom.</param>
    /// <param name="waits">Whether to wait while another has it; without, that is EAGAIN.</param>
    /// <param name="cancellationToken">Ends the wait: EINTR, unless the lock was granted before.</param>
    /// <returns>EAGAIN, EINTR, EDEADLK, ENOLCK (too many locks), EIO (a lock of this handle was lost).</returns>
    public ValueTask<Result<LockGrant>> LockAsync(
        ulong handle, LockSpec spec, bool waits, CancellationToken cancellationToken = default) =>
        _files.LockAsync(handle, spec, waits, cancellationToken);

    /// <summary>Unlocks. What was written before is committed first, so that whoever locks next reads it.</summary>
    public ValueTask<Errno> UnlockAsync(ulong handle, LockSpec spec) => _files.UnlockAsync(handle, spec);

    /// <summary>close(2) by a process: what was written through this handle is stored, and its record locks of the file end.</summary>
    /// <param name="handle">Open.</param>
    /// <param name="lockOwner">The process, as in <see cref="LockSpec.Owner"/>.</param>
    /// <returns>As of <see cref="FileSystem.FlushAsync"/>.</returns>
    public ValueTask<Errno> CloseAsync(ulong handle, ulong lockOwner) => _files.CloseAsync(handle, lockOwner);

    /// <summary>Lets go of a lock that was granted to a program which is gone; its handle may be, too.</summary>
    public ValueTask<Errno> DropAsync(InodeId inode, LockSpec spec) => _files.DropLockAsync(inode, spec);

    /// <summary>Who is in the way of a lock: the first, or nobody.</summary>
    public ValueTask<Result<LockInTheWay?>> TestAsync(
        ulong handle, LockSpec spec, CancellationToken cancellationToken = default) =>
        _files.TestLockAsync(handle, spec, cancellationToken);
}
