using FlexFs.Client.Inodes;
using FlexFs.Client.Leases;
using FlexFs.Client.Locks;
using FlexFs.Client.Reading;
using FlexFs.Client.Session;
using FlexFs.Client.Writing;
using FlexFs.Core;
using FlexFs.Core.Locks;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Client.Handles;

/// <summary>Files that are open: opening, reading, writing, flushing, releasing.</summary>
/// <remarks>Round trips: one for an open, none for a release (it is told later, many at once).</remarks>
internal sealed class Files(
    MetadataSession session,
    ClientLeases leases,
    OpenInodes open,
    CloseQueue closes,
    FileReader reader,
    WritePath writes,
    RangeChanges ranges,
    HoleFinder holes,
    AccessTimes accesses,
    FileLocks locks,
    FileSystemOptions options)
{
    private const int CreateAttemptsMax = 16;
    private readonly HandleTable _handles = new();
    private readonly AsyncWindow _prefetching = new(options.PrefetchesMax);

    /// <summary>Bytes were read without a lease, and no recall will come for them: the kernel must not keep them. Set once.</summary>
    public Action<CachedInode> OnUncovered { get; set; } = static _ => { };

    /// <summary>Open handles.</summary>
    public int Count => _handles.Count;

    /// <summary>Opens an inode and learns what it is now.</summary>
    public async ValueTask<Result<OpenResult>> OpenAsync(
        InodeId id, OpenFlags flags, CancellationToken cancellationToken, bool clearsSetId = false)
    {
        if (session.IsRefused) return Errno.EACCES;
        if (options.IsReadOnly && (flags & OpenFlags.AccessMask) != OpenFlags.ReadOnly) return Errno.EROFS;
        var isForWriting = (flags & OpenFlags.AccessMask) != OpenFlags.ReadOnly;
        var inode = open.BeginOpen(id, isForWriting);
        try
        {
            await closes.BeforeOpenAsync(id, cancellationToken);
            var since = leases.Clock.Begin();
            var asking = AskAsync(id, isForWriting);
            if (!await IsAwaitedAsync(asking, cancellationToken))
            {
                _ = EndWhenAnsweredAsync(inode, asking);
                return Errno.EINTR;
            }

            var reply = await asking;
            if (!reply.IsOk)
            {
                open.EndOpen(inode);
                return reply.Errno;
            }

            bool unchanged;
            Attributes attributes;
            lock (inode.Gate)
            {
                unchanged = inode.LearnOpened(reply.Value.Attributes);
                leases.TakeAttributes(inode, reply.Value.Attributes, since);
                if ((reply.Value.Attributes.Flags & InodeFlags.IsInline) != 0)
                {
                    inode.LearnInline(reply.Value.InlineData, reply.Value.Attributes.DataVersion);
                }

                attributes = inode.Writer?.Show(inode.Known) ?? inode.Known;
            }

            if ((flags & OpenFlags.Truncate) != 0)
            {
                var mask = AttributeMask.Size | (clearsSetId ? AttributeMask.ClearSetId : AttributeMask.None);
                var resized = await writes.ResizeAsync(inode, new AttributeChange { Mask = mask });
                if (!resized.IsOk)
                {
                    open.EndOpen(inode);
                    return resized.Errno;
                }

                attributes = resized.Value;
                unchanged = false;
            }

            // Pages that the kernel keeps are read without a word to this client.
            var mayRead = (flags & OpenFlags.AccessMask) != OpenFlags.WriteOnly;
            var isNoted = unchanged && mayRead && (flags & OpenFlags.NoAccessTime) == 0 && accesses.Note(inode);

            // Appends need the end of the file, and with it the lease, before they can be taken.
            var isShared = leases.IsOn && isForWriting
                && (reply.Value.IsWrittenElsewhere || (flags & OpenFlags.Append) != 0);
            return new OpenResult(AddHandle(inode, flags, isShared), attributes, unchanged, WasCreated: false, isShared, isNoted);
        }
        catch (OperationCanceledException)
        {
            open.EndOpen(inode);
            return Errno.EINTR;
        }
    }

    /// <summary>Makes a regular file, or opens the one that has the name, and opens it.</summary>
    public async ValueTask<Result<OpenResult>> CreateAsync(
        CreateRequest request, OpenFlags flags, bool clearsSetId, CancellationToken cancellationToken)
    {
        var exclusive = (flags & OpenFlags.Exclusive) != 0;
        using var named = leases.BeginChange(request.Parent, request.Name);
        for (var attempt = 1; ; attempt++)
        {
            var since = leases.Clock.Begin();
            var reply = await session.MutateAsync(Opcode.Create, request with { Open = true, OpenExisting = !exclusive });
            if (!reply.IsOk) return reply.Errno;
            if (reply.Value.Attributes is not { } attributes) return Errno.ESTALE;
            if (exclusive || reply.Value.Value != 0)
            {
                named?.Take(reply.Value, attributes.Inode);
                return Made(attributes, flags, since);
            }

            // An existing file may have a close of this session under way, and its inline bytes are wanted: open it as any
            // other. If its name is gone meanwhile, the name is free again, or another file's.
            var opened = await OpenAsync(attributes.Inode, flags, cancellationToken, clearsSetId);
            if (opened.Errno != Errno.ESTALE || attempt == CreateAttemptsMax) return opened;
        }
    }

    /// <summary>Makes a regular file without a name, and opens it.</summary>
    public async ValueTask<Result<OpenResult>> CreateUnnamedAsync(CreateUnnamedRequest request, OpenFlags flags)
    {
        var since = leases.Clock.Begin();
        var reply = await session.MutateAsync(Opcode.CreateUnnamed, request);
        if (!reply.IsOk) return reply.Errno;
        return reply.Value.Attributes is { } attributes ? Made(attributes, flags, since) : Errno.ESTALE;
    }

    private OpenResult Made(Attributes attributes, OpenFlags flags, long since)
    {
        var inode = open.BeginOpen(attributes.Inode, isForWriting: true);
        lock (inode.Gate)
        {
            inode.LearnOpened(attributes);
            var lease = leases.TakeAttributes(inode, attributes, since);
            attributes = inode.Known with { Lease = lease };
        }

        var isShared = leases.IsOn && (flags & OpenFlags.Append) != 0;
        return new OpenResult(AddHandle(inode, flags, isShared), attributes, DataUnchanged: true, WasCreated: true, isShared, IsAccessNoted: false);
    }

    /// <summary>Whether no pages are kept of what goes through a handle.</summary>
    public bool IsShared(ulong handle) => _handles.TryGet(handle, out var file) && file.IsShared;

    /// <summary>Whether the kernel may have pages of the file.</summary>
    public bool MayHavePages(ulong handle)
    {
        if (!_handles.TryGet(handle, out var file)) return false;
        lock (file.Inode.Gate) return file.Inode.MayHavePages;
    }

    /// <summary>Reads; fewer bytes only at the end of the file.</summary>
    public async ValueTask<Result<int>> ReadAsync(
        ulong handle, long offset, Memory<byte> destination, ReadTarget target, CancellationToken cancellationToken)
    {
        if (!_handles.TryGet(handle, out var file)) return Errno.EBADF;
        if (offset < 0) return Errno.EINVAL;
        if (session.IsRefused) return Errno.EACCES;
        if (locks.IsLost(handle)) return Errno.EIO;
        var inode = file.Inode;
        if (file.NotesAccess) accesses.Note(inode);
        if (options.ReadaheadBytesMax > 0)
        {
            long size;
            lock (inode.Gate) size = inode.Known.AllocatedBytes == 0 || inode.IsInline ? 0 : inode.Known.SizeBytes;
            if (size > 0)
            {
                var (from, to) = file.Readahead.Next(offset, destination.Length, size);
                if (to > from) _ = reader.PrefetchAsync(inode, from, to, _prefetching, CancellationToken.None).AsTask();
            }
        }

        return leases.IsOn && target == ReadTarget.Pages
            ? await FillAsync(inode, offset, destination, cancellationToken)
            : await reader.ReadAsync(inode, offset, destination, cancellationToken);
    }

    private async ValueTask<Result<int>> FillAsync(
        CachedInode inode, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        var range = new FileRange(offset, Math.Min(offset, long.MaxValue - destination.Length) + destination.Length);
        bool isNoted;
        while (true)
        {
            Task opened;
            lock (inode.Gate)
            {
                inode.MayHavePages = true;
                if (inode.Fills.TryBegin(range, out isNoted)) break;
                opened = inode.Fills.Opened;
            }

            try
            {
                await opened.WaitAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return Errno.EINTR;
            }
        }

        var isCovered = false;
        try
        {
            (var read, isCovered) = await reader.ReadUnderLeaseAsync(inode, offset, destination, cancellationToken);
            return read;
        }
        finally
        {
            lock (inode.Gate) inode.Fills.End(range);
            if (!isCovered && !isNoted) OnUncovered(inode);
        }
    }

    /// <summary>Writes into dirty memory.</summary>
    public ValueTask<Result<int>> WriteAsync(
        ulong handle, long offset, ReadOnlyMemory<byte> data, bool clearsSetId, WriteOrigin origin,
        CancellationToken cancellationToken)
    {
        if (!_handles.TryGet(handle, out var file) || !file.IsWritable) return new(Errno.EBADF);
        if (offset < 0) return new(Errno.EINVAL);
        if (offset > Limits.FileBytesMax - data.Length) return new(Errno.EFBIG);
        if (locks.IsLost(handle)) return new(Errno.EIO);
        file.HasWritten = true;
        if (origin != WriteOrigin.Unlocked && NotePages(file, origin) is not Errno.OK and var refusal) return new(refusal);
        return writes.WriteAsync(file.Inode, offset, data, clearsSetId, origin, cancellationToken);
    }

    /// <summary>Writes at the end of the file, wherever that is.</summary>
    /// <returns>Where, and how many bytes.</returns>
    public async ValueTask<Result<Appended>> AppendAsync(
        ulong handle, ReadOnlyMemory<byte> data, bool clearsSetId, WriteOrigin origin, CancellationToken cancellationToken)
    {
        if (!_handles.TryGet(handle, out var file) || !file.IsWritable) return Errno.EBADF;
        if (locks.IsLost(handle)) return Errno.EIO;
        file.HasWritten = true;
        var inode = file.Inode;
        if (origin == WriteOrigin.Unlocked) return await AppendInTurnAsync(inode, data, clearsSetId, cancellationToken);

        // O_APPEND came by fcntl(2): the kernel holds pages, which a recall may wait for, while where the end is may have to wait for that
        // recall. The program is told to try again.
        if (NotePages(file, origin) is not Errno.OK and var refusal) return refusal;
        Task recall;
        lock (inode.Gate) recall = inode.Held.RecallBegan;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var appending = AppendInTurnAsync(inode, data, clearsSetId, ending.Token).AsTask();
        if (await Task.WhenAny(appending, recall) != appending) await ending.CancelAsync();
        return await appending;
    }

    private async ValueTask<Result<Appended>> AppendInTurnAsync(
        CachedInode inode, ReadOnlyMemory<byte> data, bool clearsSetId, CancellationToken cancellationToken)
    {

        // One after the other, so that the end stays where it was while a writer waits for memory.
        try
        {
            await inode.Appending.EnterAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return Errno.EINTR;
        }

        try
        {
            return await writes.AppendAsync(inode, data, clearsSetId, cancellationToken);
        }
        finally
        {
            inode.Appending.Exit();
        }
    }

    /// <summary>fallocate(2).</summary>
    public async ValueTask<Errno> FallocateAsync(ulong handle, long offset, long length, bool isZeroed, bool keepsSize)
    {
        if (!_handles.TryGet(handle, out var file) || !file.IsWritable) return Errno.EBADF;
        if (offset < 0 || length <= 0) return Errno.EINVAL;
        if (offset > Limits.FileBytesMax - length) return Errno.EFBIG;
        file.HasWritten = true;
        return await ranges.FallocateAsync(file.Inode, offset, length, isZeroed, keepsSize);
    }

    /// <summary>lseek(2) with SEEK_DATA and SEEK_HOLE.</summary>
    public async ValueTask<Result<long>> SeekAsync(
        ulong handle, long offset, bool isHole, CancellationToken cancellationToken) =>
        session.IsRefused ? Errno.EACCES : _handles.TryGet(handle, out var file)
            ? await holes.FindAsync(file.Inode, offset, isHole, cancellationToken)
            : Errno.EBADF;

    /// <summary>copy_file_range(2).</summary>
    public async ValueTask<Result<long>> CopyAsync(
        ulong from, long offset, ulong to, long toOffset, long length, CancellationToken cancellationToken)
    {
        if (!_handles.TryGet(from, out var source)) return Errno.EBADF;
        if (!_handles.TryGet(to, out var target) || !target.IsWritable) return Errno.EBADF;
        if (offset < 0 || toOffset < 0 || length < 0) return Errno.EINVAL;
        if (length == 0) return 0;
        if (toOffset > Limits.FileBytesMax - length) return Errno.EFBIG;
        if (ReferenceEquals(source.Inode, target.Inode) && Math.Abs(offset - toOffset) < length) return Errno.EINVAL;
        target.HasWritten = true;
        return await ranges.CopyAsync(source.Inode, offset, target.Inode, toOffset, length, cancellationToken);
    }

    /// <summary>close(2) and fsync(2): what was written is stored and committed, or the answer says why not.</summary>
    public async ValueTask<Errno> FlushAsync(ulong handle, bool always)
    {
        if (!_handles.TryGet(handle, out var file)) return Errno.EBADF;
        var errno = Errno.OK;
        if (file.HasWritten || always)
        {
            file.HasWritten = false;
            errno = session.IsRefused && IsDirty(file.Inode) ? Errno.EIO : await writes.FlushAsync(file.Inode);
            if (errno != Errno.OK) file.HasWritten = true;
        }

        if (errno == Errno.OK && locks.IsLost(handle)) errno = Errno.EIO;
        lock (file.Inode.Gate)
        {
            var lost = file.IsWritable || always
                ? file.Inode.Errors.Report(ref file.ErrorsSeen)
                : Errno.OK;
            return errno != Errno.OK ? errno : lost;
        }
    }

    /// <summary>The handle is used no more. What is still dirty goes on its way by itself.</summary>
    public Errno Release(ulong handle)
    {
        if (!_handles.TryRemove(handle, out var file)) return Errno.EBADF;
        if (locks.WasUsed(handle)) EndLocks(handle, file.Inode);
        open.EndOpen(file.Inode);
        return Errno.OK;
    }

    private static bool IsDirty(CachedInode inode)
    {
        lock (inode.Gate) return inode.Writer is { } writer && (writer.HasAnything || writer.IsCarrying);
    }

    // A task of its own, so that its continuations stay in the caller's context (those of AsTask would not).
    private async Task<Result<OpenReply>> AskAsync(InodeId id, bool wantsWrite) =>
        await session.CallAsync<OpenRequest, OpenReply>(
            Opcode.Open, new OpenRequest { Inode = id, WithInlineData = true, WantsWrite = wantsWrite }, CancellationToken.None);

    // False when the caller was interrupted first.
    private static async ValueTask<bool> IsAwaitedAsync(Task asking, CancellationToken cancellationToken)
    {
        if (!cancellationToken.CanBeCanceled || asking.IsCompleted) return true;
        try
        {
            await asking.WaitAsync(cancellationToken);
            return true;
        }
        catch (OperationCanceledException)
        {
            return asking.IsCompleted;
        }
    }

    // An open that nobody waits for may be with the server: its close must come behind it, so it waits for the answer.
    private async Task EndWhenAnsweredAsync(CachedInode inode, Task<Result<OpenReply>> asking)
    {
        _ = await asking;
        open.EndOpen(inode);
    }

    /// <summary>close(2) by a process that may have locked the file.</summary>
    public async ValueTask<Errno> CloseAsync(ulong handle, ulong lockOwner)
    {
        var errno = await FlushAsync(handle, always: false);
        if (!_handles.TryGet(handle, out var file) || !locks.Has(file.Inode.Id, LockKind.Record, lockOwner)) return errno;
        await StoreAsync(file.Inode);
        _ = await locks.ReleaseProcessAsync(file.Inode.Id, lockOwner);
        return errno;
    }

    /// <summary>Locks, and learns what the last holder wrote.</summary>
    public async ValueTask<Result<LockGrant>> LockAsync(
        ulong handle, LockSpec spec, bool waits, CancellationToken cancellationToken)
    {
        if (!_handles.TryGet(handle, out var file)) return Errno.EBADF;
        if (!spec.Range.IsValid) return Errno.EINVAL;
        var inode = file.Inode;
        if (locks.LetsGo(inode.Id, spec)) await StoreAsync(inode);
        var errno = await locks.LockAsync(inode.Id, handle, spec, waits, cancellationToken);
        if (errno != Errno.OK) return errno;
        lock (inode.Gate)
        {
            if (leases.HasAttributes(inode)) return new LockGrant(inode.LearnOpened(inode.Known));
        }

        var reply = await session.CallAsync<GetAttributesRequest, AttributesReply>(
            Opcode.GetAttributes, new GetAttributesRequest { Inode = inode.Id }, CancellationToken.None);
        if (!reply.IsOk)
        {
            _ = await locks.UnlockAsync(inode.Id, spec.Kind, spec.Owner, spec.Range);
            return reply.Errno;
        }

        lock (inode.Gate) return new LockGrant(inode.LearnOpened(reply.Value.Attributes));
    }

    /// <summary>Unlocks after what was written is committed.</summary>
    public async ValueTask<Errno> UnlockAsync(ulong handle, LockSpec spec)
    {
        if (!_handles.TryGet(handle, out var file)) return Errno.EBADF;
        if (!spec.Range.IsValid) return Errno.EINVAL;
        if (!locks.Has(file.Inode.Id, spec.Kind, spec.Owner)) return Errno.OK;
        await StoreAsync(file.Inode);
        return await locks.UnlockAsync(file.Inode.Id, spec.Kind, spec.Owner, spec.Range);
    }

    /// <summary>Unlocks what nobody uses any more.</summary>
    public ValueTask<Errno> DropLockAsync(InodeId inode, in LockSpec spec) =>
        locks.UnlockAsync(inode, spec.Kind, spec.Owner, spec.Range);

    /// <summary>Who is in the way of a lock.</summary>
    public async ValueTask<Result<LockInTheWay?>> TestLockAsync(
        ulong handle, LockSpec spec, CancellationToken cancellationToken)
    {
        if (!_handles.TryGet(handle, out var file)) return Errno.EBADF;
        if (!spec.Range.IsValid) return Errno.EINVAL;
        try
        {
            return await locks.TestAsync(file.Inode.Id, handle, spec, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return Errno.EINTR;
        }
    }

    // RELEASE: the last descriptor of the open file is gone. Nobody waits for this but whoever locks the file next.
    private void EndLocks(ulong handle, CachedInode inode)
    {
        open.Pin(inode.Id);
        locks.Release(inode.Id, handle, async () => await StoreAsync(inode), () => open.Unpin(inode));
    }

    // A failure is not the unlock's: the bytes are kept, and the next fsync or close says it.
    private async ValueTask StoreAsync(CachedInode inode) => _ = await writes.FlushAsync(inode);

    // EIO when two hosts would wait for each other's pages.
    private static Errno NotePages(OpenHandle file, WriteOrigin origin)
    {
        lock (file.Inode.Gate)
        {
            if (origin == WriteOrigin.Pages && file.PagedAs != file.Inode.PagedAs) return Errno.EIO;
            file.Inode.MayHavePages = true;
            return Errno.OK;
        }
    }

    private ulong AddHandle(CachedInode inode, OpenFlags flags, bool isShared)
    {
        var handle = new OpenHandle(inode, flags, isShared, new Readahead(options.ReadaheadBytesMax));
        lock (inode.Gate)
        {
            handle.ErrorsSeen = inode.Errors.Seen;
            handle.PagedAs = inode.PagedAs;
        }

        return _handles.Add(handle);
    }
}
