using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FlexFs.Core;
using FlexFs.Fuse.Native;
using FlexFs.Fuse.Protocol;

namespace FlexFs.Fuse;

/// <summary>Tells the kernel what changed, unasked.</summary>
/// <remarks>
/// A notification may wait inside the kernel, unkillably, for a request that this very server has not answered: for READ
/// and WRITE of the inode (a range of data), for what lists or changes the directory (a name). So the methods that say
/// <c>Async</c> run on threads of their own, one per notification that waits, and nothing that answers such a request may
/// await them. The others never wait (seen on Linux 6.18) and run on the caller's thread.
///
/// ENOENT everywhere means that the kernel has nothing of it cached: as good as success. Notifications are not ordered
/// among each other. An answer sent after a notification can bring back what it dropped: stop answering with validity
/// first.
/// </remarks>
public sealed class FuseNotifier : IDisposable
{
    private readonly FuseConnection _connection;
    private readonly NotificationThreads _threads = new();

    // What waits for a directory may wait for long, and its caller may have gone on: pages are not kept waiting by that.
    private readonly NotificationThreads _names = new();

    internal FuseNotifier(FuseConnection connection) => _connection = connection;

    /// <summary>Drops the inode's attributes, ACLs and symlink target. Does not wait.</summary>
    public Errno InvalidateAttributes(ulong nodeId) => SendInode(nodeId, -1, 0);

    /// <summary>
    /// Drops attributes and cached pages from <paramref name="offset"/> on, after dirty ones of mappings were written (WRITE
    /// requests come); of a directory, its cached listing, at once.
    /// </summary>
    /// <param name="nodeId">The inode.</param>
    /// <param name="offset">Bytes from the start, 0 or more.</param>
    /// <param name="length">Bytes; 0 or less: to the end.</param>
    public ValueTask<Errno> InvalidateDataAsync(ulong nodeId, long offset, long length) =>
        _threads.RunAsync(() => SendInode(nodeId, offset, length));

    /// <summary>
    /// Expires a name: the next use asks LOOKUP again; with the same node id, what is below it stays. Where the kernel cannot
    /// (before 7.38), the name and everything below it is dropped, and what is mounted there with it.
    /// </summary>
    public ValueTask<Errno> ExpireEntryAsync(ulong parent, ReadOnlyMemory<byte> name)
    {
        uint flags = _connection.Negotiation.Has(FuseCapabilities.HasExpireOnly) ? FuseNotifyInvalEntryOut.ExpireOnly : 0;
        return _names.RunAsync(() => SendEntry(parent, name, flags));
    }

    /// <summary>Drops a name and everything below it, mounts included.</summary>
    public ValueTask<Errno> InvalidateEntryAsync(ulong parent, ReadOnlyMemory<byte> name) =>
        _names.RunAsync(() => SendEntry(parent, name, 0));

    /// <summary>Drops a name that is known to be removed, if it still is this inode's.</summary>
    public ValueTask<Errno> DeleteAsync(ulong parent, ulong child, ReadOnlyMemory<byte> name) =>
        _names.RunAsync(() => SendNamed(
            FuseNotifyCode.Delete,
            new FuseNotifyDeleteOut { Parent = parent, Child = child, NameLen = (uint)name.Length },
            name.Span));

    /// <summary>Puts bytes into the page cache of an inode the kernel knows.</summary>
    public ValueTask<Errno> StoreAsync(ulong nodeId, ulong offset, ReadOnlyMemory<byte> data) =>
        _threads.RunAsync(() => Send(
            FuseNotifyCode.Store,
            new FuseNotifyStoreOut { NodeId = nodeId, Offset = offset, Size = (uint)data.Length },
            data.Span));

    /// <summary>Asks for cached bytes; they come as <see cref="IFuseFileSystem.Retrieved"/>, and are lost in a crash.</summary>
    /// <param name="notifyUnique">Any number; comes back with the bytes.</param>
    /// <param name="nodeId">An inode the kernel knows.</param>
    /// <param name="offset">Bytes from the start.</param>
    /// <param name="size">Bytes, up to the agreed write size.</param>
    public ValueTask<Errno> RetrieveAsync(ulong notifyUnique, ulong nodeId, ulong offset, uint size) =>
        _threads.RunAsync(() => Send(
            FuseNotifyCode.Retrieve,
            new FuseNotifyRetrieveOut
            {
                NotifyUnique = notifyUnique,
                NodeId = nodeId,
                Offset = offset,
                Size = size,
            },
            default));

    /// <summary>Drops unused inodes; since 7.45, EINVAL before.</summary>
    public ValueTask<Errno> PruneAsync(ReadOnlyMemory<ulong> nodeIds) =>
        _threads.RunAsync(() => Send(
            FuseNotifyCode.Prune,
            new FuseNotifyPruneOut { Count = (uint)nodeIds.Length },
            MemoryMarshal.AsBytes(nodeIds.Span)));

    /// <summary>
    /// Marks every name stale. Takes no lock and does not wait, but each directory is walked anew and what is mounted below
    /// is lost: for "the session is lost", not for leases. Since 7.44, EINVAL before.
    /// </summary>
    public Errno IncrementEpoch() => Send<ulong>(FuseNotifyCode.IncEpoch, default, default, bodyBytes: 0);

    /// <summary>
    /// Brings back every request that was read and not answered, marked as resent. Only when no thread of another server
    /// can answer any more. Needs <see cref="FuseCapabilities.HasResend"/>.
    /// </summary>
    public Errno Resend() => Send<ulong>(FuseNotifyCode.Resend, default, default, bodyBytes: 0);

    /// <summary>Something is ready at the poll handle <paramref name="kh"/> of a POLL. Does not wait.</summary>
    public Errno PollReady(ulong kh) => Send(FuseNotifyCode.Poll, new FuseNotifyPollWakeupOut { Kh = kh }, default);

    /// <summary>Ends the threads when they are done with what they were given.</summary>
    public void Dispose()
    {
        _threads.Dispose();
        _names.Dispose();
    }

    private Errno SendInode(ulong nodeId, long offset, long length) =>
        Send(
            FuseNotifyCode.InvalInode,
            new FuseNotifyInvalInodeOut { Ino = nodeId, Off = offset, Len = length },
            default);

    private Errno SendEntry(ulong parent, ReadOnlyMemory<byte> name, uint flags) =>
        SendNamed(
            FuseNotifyCode.InvalEntry,
            new FuseNotifyInvalEntryOut { Parent = parent, NameLen = (uint)name.Length, Flags = flags },
            name.Span);

    /// <summary>A name goes with its NUL, which its length does not count.</summary>
    private Errno SendNamed<T>(FuseNotifyCode code, in T body, ReadOnlySpan<byte> name)
        where T : unmanaged
    {
        const int NameBytesMax = 1024;
        if (name.Length is 0 or >= NameBytesMax) return Errno.ENAMETOOLONG;
        Span<byte> terminated = stackalloc byte[NameBytesMax];
        name.CopyTo(terminated);
        terminated[name.Length] = 0;
        return Send(code, body, terminated[..(name.Length + 1)]);
    }

    private Errno Send<T>(FuseNotifyCode code, in T body, ReadOnlySpan<byte> data)
        where T : unmanaged => Send(code, body, data, Unsafe.SizeOf<T>());

    private unsafe Errno Send<T>(FuseNotifyCode code, T body, ReadOnlySpan<byte> data, int bodyBytes)
        where T : unmanaged
    {
        var header = new FuseOutHeader
        {
            Len = (uint)(sizeof(FuseOutHeader) + bodyBytes + data.Length),
            Error = (int)code,
        };
        fixed (byte* start = data)
        {
            IoVec* vectors = stackalloc IoVec[3];
            vectors[0] = new IoVec(&header, (nuint)sizeof(FuseOutHeader));
            vectors[1] = new IoVec(&body, (nuint)bodyBytes);
            vectors[2] = new IoVec(start, (nuint)data.Length);
            return Libc.WriteV(_connection.Devices[0], vectors, 3) < 0 ? Libc.LastErrno : Errno.OK;
        }
    }
}
