using System.Collections.Immutable;
using FlexFs.Client.Handles;
using FlexFs.Client.Inodes;
using FlexFs.Client.Leases;
using FlexFs.Client.Locks;
using FlexFs.Client.Reading;
using FlexFs.Client.Session;
using FlexFs.Client.Writing;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;
using FlexFs.Protocol.Sessions;
using Microsoft.Extensions.Logging;

namespace FlexFs.Client;

/// <summary>A volume as a file system: what a mount, a tool or a test uses. One object is one session.</summary>
/// <remarks>
/// Any thread, or one synchronization context. With leases what a call has done is seen by every later
/// call of any client, and what is known is answered without asking; without them coherence is close-to-open, and opening and asking
/// for attributes ask the server. Answers are a value
/// or an <see cref="Errno"/>; nothing is thrown but <see cref="InvariantException"/>, for a bug. Names are bytes, 1 to 255
/// of them; names and values that are passed in are read before the call returns its task. While the server cannot be
/// reached, calls wait; a change is repeated after a reconnect and has one effect.
/// </remarks>
public sealed class FileSystem : IAsyncDisposable
{
    private readonly FileSystemOptions _options;
    private readonly ILogger _log;
    private readonly MetadataSession _session;
    private readonly InodeCache _cache;
    private readonly CloseQueue _closes;
    private readonly OpenInodes _open;
    private readonly Fence _fence;
    private readonly Uploader _uploader;
    private readonly WritePath _writes;
    private readonly WriteBehind _behind;
    private readonly AccessTimes _accesses;
    private readonly Files _files;
    private readonly ClientLeases _leases;
    private readonly Names _names;
    private readonly NameChanges _changes;
    private readonly ExtendedAttributes _xattrs;
    private readonly RecallHandler _recalls;
    private bool _isEnded;

    private FileSystem(
        FileSystemOptions options, FileSystemParts parts, SessionWelcome welcome, Joined joined, Random chance)
    {
        (_session, _cache, _closes, _open, _fence) = (joined.Session, joined.Cache, joined.Closes, joined.Open, joined.Fence);
        _leases = joined.Leases;
        _options = options;
        _log = parts.Log;
        Volume = welcome.Volume;
        Root = welcome.Root;
        BlockSizeLog2 = welcome.BlockSizeLog2;
        var objects = parts.Objects(welcome);
        var budget = new DirtyBudget(parts.DirtyMemory, parts.Waits);
        var reader = new FileReader(_session, _leases, objects, BlockSizeLog2, parts.Waits, parts.Log);
        _uploader = new Uploader(objects, joined.Ids, budget, reader, options, parts.Time, parts.Waits, chance, parts.Log);
        var committer = new Committer(_session, joined.Ids, _uploader, reader, parts.Log);
        _writes = new WritePath(_open, _leases, budget, _uploader, committer, reader, _session, BlockSizeLog2);
        _recalls = new RecallHandler(_leases, _session, _cache, _writes, parts.Time, parts.Log);
        _behind = new WriteBehind(_open, _closes, _writes, budget, _session, options, parts.Time, parts.Log);
        var ranges = new RangeChanges(_open, _leases, _writes, reader, _session, BlockSizeLog2);
        _accesses = new AccessTimes(_session, options.NoAccessTimes || options.IsReadOnly) { OnWork = () => _behind.Wake() };
        _files = new Files(
            _session, _leases, _open, _closes, reader, _writes, ranges, new HoleFinder(_session), _accesses, joined.Locks, options);
        Locks = new HandleLocks(_files);
        _behind.Accesses = _accesses;
        _accesses.OnTold = OnAccessTold;
        _uploader.OnStored = _behind.Stored;
        _writes.OnMemoryFull = _behind.Press;
        _open.OnWork = _behind.Wake;
        _files.OnUncovered = _recalls.Drop;
        _names = new Names(_session, _leases, _cache, _accesses);
        _changes = new NameChanges(_session, _leases, _names, _cache, _open, _writes, _fence);
        _xattrs = new ExtendedAttributes(_session, _cache, _leases, _writes, _names);
        _session.OnRecall = _recalls.Take;
        _session.Leases = _leases.All;
        _leases.Begin(
            (welcome.Features & SessionFeatures.Leases) != 0, TimeSpan.FromMilliseconds(welcome.LeaseTermMilliseconds));
        _behind.Start();
    }

    /// <summary>
    /// Told, when the server ended the session and another one begins, of the inodes in memory: nothing that was given out of them holds
    /// any more. Set once; called by the connection's loop, so it may not block.
    /// </summary>
    public Action<IReadOnlyCollection<InodeId>> OnFenced
    {
        set => _fence.OnRaised = value;
    }

    /// <summary>What keeps answers of this client and gives them to programs by itself. Set once, before the first call.</summary>
    public IKernelCaches KernelCaches
    {
        set => _recalls.Kernel = _leases.Releases.Kernel = value;
    }

    /// <summary>For how long an answer with a lease may be kept outside of this client, as of now.</summary>
    public TimeSpan LeaseLeft => _leases.Left;

    /// <summary>Whether answers come with leases.</summary>
    public bool UsesLeases => _leases.IsOn;

    /// <summary>The volume.</summary>
    public VolumeId Volume { get; }

    /// <summary>The directory that is this session's root.</summary>
    public InodeId Root { get; }

    /// <summary>Block size of the volume as a power of two.</summary>
    public int BlockSizeLog2 { get; }

    /// <summary>
    /// What the server last said of the session: its id and key are what a successor of this process resumes it with.
    /// </summary>
    public SessionWelcome Session => _session.Welcome;

    /// <summary>Connections of the session so far.</summary>
    public ulong Incarnation => _session.Incarnation;

    /// <summary>Inodes with something that is not committed.</summary>
    public int DirtyInodes => _open.Dirty().Length;

    /// <summary>Most objects that were on their way to the store at once.</summary>
    internal int UploadsMaxSeen => _uploader.Window.InsideMax;

    /// <summary>fcntl(2) and flock(2).</summary>
    public HandleLocks Locks { get; }

    /// <summary>Joins a volume.</summary>
    /// <exception cref="FileSystemConnectException">The server refused or cannot be reached.</exception>
    public static async ValueTask<FileSystem> ConnectAsync(
        FileSystemOptions options, FileSystemParts parts, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(parts);
        var chance = new Random(parts.Seed);
        var joined = new Joined(options, parts);
        try
        {
            var welcome = await joined.Session.ConnectAsync(parts.Connector, parts.Waits.Watch(parts.Rpc), chance, cancellationToken);
            return new FileSystem(options, parts, welcome, joined, chance);
        }
        catch
        {
            await joined.Session.DisposeAsync();
            throw;
        }
    }

    /// <summary>Which inode a name is.</summary>
    public async ValueTask<Result<Attributes>> LookupAsync(
        InodeId parent, ReadOnlyMemory<byte> name, CancellationToken cancellationToken = default)
    {
        var found = await FindAsync(parent, name, cancellationToken);
        if (!found.IsOk) return found.Errno;
        return found.Value.IsAbsent ? Errno.ENOENT : found.Value.Attributes;
    }

    /// <summary>Which inode a name is, or that there is none, and whether that may be kept.</summary>
    public ValueTask<Result<Found>> FindAsync(
        InodeId parent, ReadOnlyMemory<byte> name, CancellationToken cancellationToken = default)
    {
        if (name.Length > Limits.NameBytesMax) return new(Errno.ENAMETOOLONG);
        return _names.FindAsync(parent, name, cancellationToken);
    }

    /// <summary>The attributes as they are now, with what was written here and is not committed.</summary>
    public ValueTask<Result<Attributes>> GetAttributesAsync(
        InodeId inode, CancellationToken cancellationToken = default) => _names.GetAttributesAsync(inode, cancellationToken);

    /// <summary>
    /// The attributes as they are now, if they may be given to caches that are told when that ends, for <see cref="LeaseLeft"/> at
    /// most (<see cref="KernelCaches"/>): whoever asks this gives the answer before such a cache could be told.
    /// </summary>
    public bool TryGive(InodeId inode, out Attributes attributes) => _names.TryGive(inode, out attributes);

    /// <summary>The same of a name, which is an inode, or <see cref="InodeId.None"/>.</summary>
    public bool MayGive(InodeId parent, ReadOnlySpan<byte> name, InodeId inode) => _names.MayGive(parent, name, inode);

    /// <summary>
    /// Changes attributes. Of a file with bytes that are not committed, they go with those, at its flush at the latest.
    /// </summary>
    public async ValueTask<Result<Attributes>> SetAttributesAsync(InodeId inode, AttributeChange change)
    {
        if (Refusal() is not Errno.OK and var refusal) return refusal;
        if ((change.Mask & (AttributeMask.AccessedAt | AttributeMask.AccessedNow)) != 0) await _accesses.BeforeChangeAsync(inode);
        if ((change.Mask & AttributeMask.Size) != 0)
        {
            if (change.SizeBytes < 0) return Errno.EINVAL;
            var file = _open.Pin(inode);
            try
            {
                return await _writes.ResizeAsync(file, change);
            }
            finally
            {
                _open.Unpin(file);
            }
        }

        if (_cache.Find(inode) is { } cached && await _writes.DeferAsync(cached, change) is { } deferred) return deferred;
        using var own = _leases.BeginChange(inode);
        var reply = await _session.MutateAsync(
            Opcode.SetAttributes, new SetAttributesRequest { Inode = inode, Change = change });
        return _names.Changed(reply, own);
    }

    /// <summary>
    /// Makes a regular file and opens it; without <see cref="OpenFlags.Exclusive"/> an existing one is opened.
    /// </summary>
    /// <param name="parent">The directory.</param>
    /// <param name="name">The name.</param>
    /// <param name="permissions">Bits 07777.</param>
    /// <param name="userId">Owner.</param>
    /// <param name="groupId">Group, unless the directory is set-group-ID.</param>
    /// <param name="flags">How it is opened.</param>
    /// <param name="umask">Bits that are not given, unless the directory has a default ACL.</param>
    /// <param name="clearsSetId">Whether O_TRUNC ends set-user-ID and set-group-ID (FUSE_OPEN_KILL_SUIDGID).</param>
    /// <param name="cancellationToken">Ends the wait for an open; a file that was made stays.</param>
    public async ValueTask<Result<OpenResult>> CreateAsync(
        InodeId parent, ReadOnlyMemory<byte> name, uint permissions, uint userId, uint groupId, OpenFlags flags,
        uint umask = 0, bool clearsSetId = false, CancellationToken cancellationToken = default)
    {
        if (Refusal(name) is not Errno.OK and var refusal) return refusal;
        var request = Making(parent, name, FileType.Regular, permissions, userId, groupId, umask);
        return await _files.CreateAsync(request, flags, clearsSetId, cancellationToken);
    }

    /// <summary>Makes a regular file without a name and opens it (O_TMPFILE): gone with its last close, unless it is linked.</summary>
    /// <param name="directory">The directory that it would be in.</param>
    /// <param name="permissions">Bits 07777.</param>
    /// <param name="userId">Owner.</param>
    /// <param name="groupId">Group, unless the directory is set-group-ID.</param>
    /// <param name="flags">How it is opened.</param>
    /// <param name="umask">Bits that are not given, unless the directory has a default ACL.</param>
    public ValueTask<Result<OpenResult>> CreateUnnamedAsync(
        InodeId directory, uint permissions, uint userId, uint groupId, OpenFlags flags, uint umask = 0)
    {
        if (Refusal() is not Errno.OK and var refusal) return new(refusal);
        var request = new CreateUnnamedRequest
        {
            Directory = directory,
            Mode = permissions & Core.FileMode.PermissionMask,
            UserId = userId,
            GroupId = groupId,
            Umask = umask,
        };
        return _files.CreateUnnamedAsync(request, flags);
    }

    /// <summary>Makes a directory.</summary>
    public ValueTask<Result<Attributes>> MakeDirectoryAsync(
        InodeId parent, ReadOnlyMemory<byte> name, uint permissions, uint userId, uint groupId, uint umask = 0) =>
        MakeAsync(Making(parent, name, FileType.Directory, permissions, userId, groupId, umask));

    /// <summary>Makes a file, device, FIFO or socket without opening it.</summary>
    /// <param name="parent">The directory.</param>
    /// <param name="name">The name.</param>
    /// <param name="mode">st_mode: type and permissions.</param>
    /// <param name="device">st_rdev.</param>
    /// <param name="userId">Owner.</param>
    /// <param name="groupId">Group, unless the directory is set-group-ID.</param>
    /// <param name="umask">Bits that are not given, unless the directory has a default ACL.</param>
    public ValueTask<Result<Attributes>> MakeNodeAsync(
        InodeId parent, ReadOnlyMemory<byte> name, uint mode, uint device, uint userId, uint groupId, uint umask = 0) =>
        MakeAsync(Making(parent, name, Core.FileMode.TypeOf(mode), mode, userId, groupId, umask) with { Device = device });

    /// <summary>Makes a symlink.</summary>
    public ValueTask<Result<Attributes>> MakeSymlinkAsync(
        InodeId parent, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> target, uint userId, uint groupId) =>
        target.Length is 0 or > Limits.SymlinkBytesMax
            ? new(target.IsEmpty ? Errno.ENOENT : Errno.ENAMETOOLONG)
            : MakeAsync(Making(parent, name, FileType.Symlink, 0x1FF, userId, groupId) with { SymlinkTarget = target });

    /// <summary>Gives an inode one more name.</summary>
    public ValueTask<Result<Attributes>> LinkAsync(InodeId inode, InodeId newParent, ReadOnlyMemory<byte> newName) =>
        Refusal(newName) is not Errno.OK and var refusal
            ? new(refusal)
            : _changes.LinkAsync(new LinkRequest { Inode = inode, NewParent = newParent, NewName = newName });

    /// <summary>Removes a name that is not a directory's.</summary>
    public ValueTask<Errno> UnlinkAsync(InodeId parent, ReadOnlyMemory<byte> name) =>
        Refusal(name) is not Errno.OK and var refusal
            ? new(refusal)
            : _changes.RemoveAsync(Opcode.Unlink, new UnlinkRequest { Parent = parent, Name = name }, parent, name);

    /// <summary>Removes an empty directory.</summary>
    public ValueTask<Errno> RemoveDirectoryAsync(InodeId parent, ReadOnlyMemory<byte> name) =>
        Refusal(name) is not Errno.OK and var refusal
            ? new(refusal)
            : _changes.RemoveAsync(
                Opcode.RemoveDirectory, new RemoveDirectoryRequest { Parent = parent, Name = name }, parent, name);

    /// <summary>Moves a name.</summary>
    /// <param name="oldParent">The directory of the old name.</param>
    /// <param name="oldName">The old name.</param>
    /// <param name="newParent">The directory of the new name.</param>
    /// <param name="newName">The new name.</param>
    /// <param name="flags">What to do with the target.</param>
    /// <param name="userId">Owner of a whiteout.</param>
    /// <param name="groupId">Group of a whiteout, unless the directory is set-group-ID.</param>
    public ValueTask<Errno> RenameAsync(
        InodeId oldParent, ReadOnlyMemory<byte> oldName, InodeId newParent, ReadOnlyMemory<byte> newName,
        RenameFlags flags = RenameFlags.None, uint userId = 0, uint groupId = 0)
    {
        if (Refusal(oldName) is not Errno.OK and var refusal) return new(refusal);
        if (Refusal(newName) is not Errno.OK and var newRefusal) return new(newRefusal);
        return _changes.RenameAsync(new RenameRequest
        {
            OldParent = oldParent,
            OldName = oldName,
            NewParent = newParent,
            NewName = newName,
            Flags = flags,
            UserId = userId,
            GroupId = groupId,
        });
    }

    /// <summary>A page of a directory, in cookie order, without <c>.</c> and <c>..</c>.</summary>
    /// <param name="inode">The directory.</param>
    /// <param name="afterCookie">0, or the cookie of the last entry seen.</param>
    /// <param name="entriesMax">Bounded by <see cref="Limits.ReadDirectoryEntriesMax"/>.</param>
    /// <param name="withAttributes">Whether entries come with attributes.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask<Result<ReadDirectoryReply>> ReadDirectoryAsync(
        InodeId inode, ulong afterCookie, int entriesMax, bool withAttributes,
        CancellationToken cancellationToken = default) =>
        _names.ListAsync(
            new ReadDirectoryRequest
            {
                Inode = inode,
                AfterCookie = afterCookie,
                EntriesMax = (uint)Math.Clamp(entriesMax, 1, Limits.ReadDirectoryEntriesMax),
                WithAttributes = withAttributes,
            },
            cancellationToken);

    /// <summary>The target of a symlink.</summary>
    public async ValueTask<Result<ReadOnlyMemory<byte>>> ReadSymlinkAsync(
        InodeId inode, CancellationToken cancellationToken = default) =>
        Bytes(await _session.AskAsync<ReadSymlinkRequest, BytesReply>(
            Opcode.ReadSymlink, new ReadSymlinkRequest { Inode = inode }, cancellationToken));

    /// <summary>
    /// Opens a file: asks the server what it is now, and whether what this client knows of it is still true.
    /// </summary>
    /// <param name="inode">The file.</param>
    /// <param name="flags">How.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask<Result<OpenResult>> OpenAsync(
        InodeId inode, OpenFlags flags, CancellationToken cancellationToken = default) =>
        OpenAsync(inode, flags, clearsSetId: false, cancellationToken);

    /// <inheritdoc cref="OpenAsync(InodeId, OpenFlags, CancellationToken)"/>
    /// <param name="inode">The file.</param>
    /// <param name="flags">How.</param>
    /// <param name="clearsSetId">Whether O_TRUNC ends set-user-ID and set-group-ID (FUSE_OPEN_KILL_SUIDGID).</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public ValueTask<Result<OpenResult>> OpenAsync(
        InodeId inode, OpenFlags flags, bool clearsSetId, CancellationToken cancellationToken = default) =>
        _files.OpenAsync(inode, flags, cancellationToken, clearsSetId);

    /// <summary>A directory is listed, or a symlink read: its access time moves as relatime has it.</summary>
    /// <param name="known">As it was told.</param>
    public void NoteAccess(in Attributes known) => _accesses.Note(known);

    /// <summary>Reads bytes, those that were written here and are not committed included.</summary>
    /// <returns>Bytes read, fewer only at the end of the file; EIO for bytes that are damaged or missing, never other
    /// bytes.</returns>
    public ValueTask<Result<int>> ReadAsync(
        ulong handle, long offset, Memory<byte> destination, CancellationToken cancellationToken = default) =>
        _files.ReadAsync(handle, offset, destination, ReadTarget.Caller, cancellationToken);

    /// <summary>The same, of which pages may be kept that <see cref="KernelCaches"/> is told to drop.</summary>
    public ValueTask<Result<int>> ReadAsync(
        ulong handle, long offset, Memory<byte> destination, ReadTarget target, CancellationToken cancellationToken = default) =>
        _files.ReadAsync(handle, offset, destination, target, cancellationToken);

    /// <summary>Whether no pages may be kept of what goes through a handle (<see cref="OpenResult.IsShared"/>).</summary>
    public bool IsShared(ulong handle) => _files.IsShared(handle);

    /// <summary>Whether pages of the file may be kept (<see cref="ReadTarget.Pages"/>).</summary>
    public bool MayHavePages(ulong handle) => _files.MayHavePages(handle);

    /// <summary>Whether a handle of the inode is open here.</summary>
    public bool IsOpen(InodeId inode) => _open.IsOpen(inode);

    /// <summary>Inodes of which pages may be kept, with what is just being read of each into such pages.</summary>
    public IReadOnlyCollection<(InodeId Inode, ImmutableArray<FileRange> BeingRead)> Paged()
    {
        var paged = new List<(InodeId, ImmutableArray<FileRange>)>();
        foreach (var inode in _cache.All())
        {
            lock (inode.Gate)
            {
                if (inode.MayHavePages) paged.Add((inode.Id, inode.Fills.UnderWay));
            }
        }

        return paged;
    }

    /// <summary>Copies bytes into dirty memory; waits only while that is full.</summary>
    /// <param name="handle">Open for writing.</param>
    /// <param name="offset">In the file.</param>
    /// <param name="data">Unchanged until this ends.</param>
    /// <param name="clearsSetId">Whether the write ends set-user-ID and set-group-ID (FUSE_WRITE_KILL_SUIDGID).</param>
    /// <param name="origin">Where the bytes come from.</param>
    /// <param name="cancellationToken">Ends the wait for memory.</param>
    /// <returns>Bytes written: all, or fewer when the store has no space; ENOSPC when none was.</returns>
    public ValueTask<Result<int>> WriteAsync(
        ulong handle, long offset, ReadOnlyMemory<byte> data, bool clearsSetId, WriteOrigin origin,
        CancellationToken cancellationToken = default) =>
        Refusal() is not Errno.OK and var refusal
            ? new(refusal)
            : _files.WriteAsync(handle, offset, data, clearsSetId, origin, cancellationToken);

    /// <inheritdoc cref="WriteAsync(ulong, long, ReadOnlyMemory{byte}, bool, WriteOrigin, CancellationToken)"/>
    public ValueTask<Result<int>> WriteAsync(
        ulong handle, long offset, ReadOnlyMemory<byte> data, bool clearsSetId = false,
        CancellationToken cancellationToken = default) =>
        WriteAsync(handle, offset, data, clearsSetId, WriteOrigin.Unlocked, cancellationToken);

    /// <summary>Copies bytes into dirty memory at the end of the file, wherever that is on any host (O_APPEND).</summary>
    /// <param name="handle">Open for writing.</param>
    /// <param name="data">Unchanged until this ends.</param>
    /// <param name="clearsSetId">Whether the write ends set-user-ID and set-group-ID.</param>
    /// <param name="origin">Where the bytes come from.</param>
    /// <param name="cancellationToken">Ends the wait for memory.</param>
    /// <returns>EINTR, and nothing written, when another host's wish came first for pages that the kernel holds meanwhile.</returns>
    public ValueTask<Result<Appended>> AppendAsync(
        ulong handle, ReadOnlyMemory<byte> data, bool clearsSetId = false, WriteOrigin origin = WriteOrigin.Unlocked,
        CancellationToken cancellationToken = default) =>
        Refusal() is not Errno.OK and var refusal
            ? new(refusal)
            : _files.AppendAsync(handle, data, clearsSetId, origin, cancellationToken);

    /// <summary>fallocate(2): a longer file, or a range of zeros that takes no space. Space is never reserved.</summary>
    /// <param name="handle">Open for writing.</param>
    /// <param name="offset">In the file.</param>
    /// <param name="length">Bytes, at least 1.</param>
    /// <param name="isZeroed">Whether the range becomes zeros (FALLOC_FL_PUNCH_HOLE, FALLOC_FL_ZERO_RANGE).</param>
    /// <param name="keepsSize">Whether the size stays (FALLOC_FL_KEEP_SIZE).</param>
    public ValueTask<Errno> FallocateAsync(ulong handle, long offset, long length, bool isZeroed, bool keepsSize) =>
        Refusal() is not Errno.OK and var refusal ? new(refusal) : _files.FallocateAsync(handle, offset, length, isZeroed, keepsSize);

    /// <summary>Whether a handle of this client is open for writing: only then can it be stored to through a mapping.</summary>
    public bool IsOpenForWriting(InodeId inode)
    {
        if (_cache.Find(inode) is not { } cached) return false;
        lock (cached.Gate) return cached.IsOpenForWriting;
    }

    /// <summary>lseek(2) with SEEK_DATA and SEEK_HOLE: what was written and is not committed is data.</summary>
    /// <returns>ENXIO at and behind the end, and where no data follows.</returns>
    public ValueTask<Result<long>> SeekAsync(
        ulong handle, long offset, bool isHole, CancellationToken cancellationToken = default) =>
        _files.SeekAsync(handle, offset, isHole, cancellationToken);

    /// <summary>copy_file_range(2): by extents where that can be, else as bytes.</summary>
    /// <param name="from">Open for reading.</param>
    /// <param name="offset">In the source.</param>
    /// <param name="to">Open for writing; perhaps the same file, then the ranges do not overlap (EINVAL).</param>
    /// <param name="toOffset">In the target.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="cancellationToken">Ends it between two parts.</param>
    /// <returns>Bytes copied: fewer than asked for is no end, 0 is the end of the source.</returns>
    public ValueTask<Result<long>> CopyRangeAsync(
        ulong from, long offset, ulong to, long toOffset, long length, CancellationToken cancellationToken = default) =>
        Refusal() is not Errno.OK and var refusal ? new(refusal) : _files.CopyAsync(from, offset, to, toOffset, length, cancellationToken);

    /// <summary>close(2): what was written through this handle is stored and committed when this ends well.</summary>
    /// <returns>ENOSPC or EIO when it could not be yet (the bytes are kept), or once the error by which bytes were
    /// lost.</returns>
    public ValueTask<Errno> FlushAsync(ulong handle) => _files.FlushAsync(handle, always: false);

    /// <summary>fsync(2): everything of the file is stored and committed when this ends well.</summary>
    public ValueTask<Errno> FsyncAsync(ulong handle) => _files.FlushAsync(handle, always: true);

    /// <summary>Forgets a handle. Its inode lives on at the server until what is dirty of it is committed.</summary>
    public Errno Release(ulong handle) => _files.Release(handle);

    /// <summary>The value of an extended attribute.</summary>
    public ValueTask<Result<ReadOnlyMemory<byte>>> GetXattrAsync(
        InodeId inode, ReadOnlyMemory<byte> name, CancellationToken cancellationToken = default) =>
        _xattrs.GetAsync(inode, name, cancellationToken);

    /// <summary>The names of all extended attributes, each ended by a zero.</summary>
    public ValueTask<Result<ReadOnlyMemory<byte>>> ListXattrsAsync(InodeId inode, CancellationToken cancellationToken = default) =>
        _xattrs.ListAsync(inode, cancellationToken);

    /// <summary>Sets an extended attribute.</summary>
    /// <param name="inode">The inode.</param>
    /// <param name="name">With its namespace.</param>
    /// <param name="value">The value.</param>
    /// <param name="how">What to do when it is there.</param>
    /// <param name="clearsSetGroupId">Of an access ACL: whether set-group-ID goes.</param>
    public ValueTask<Errno> SetXattrAsync(
        InodeId inode, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> value, XattrMode how, bool clearsSetGroupId = false) =>
        Refusal() is not Errno.OK and var refusal ? new(refusal) : _xattrs.SetAsync(inode, name, value, how, clearsSetGroupId);

    /// <summary>Removes an extended attribute.</summary>
    public ValueTask<Errno> RemoveXattrAsync(InodeId inode, ReadOnlyMemory<byte> name) =>
        Refusal() is not Errno.OK and var refusal ? new(refusal) : _xattrs.RemoveAsync(inode, name);

    /// <summary>Space and inodes, as statfs(2) shows them.</summary>
    public ValueTask<Result<StatVolumeReply>> StatVolumeAsync(
        InodeId inode, CancellationToken cancellationToken = default) =>
        _session.AskAsync<StatVolumeRequest, StatVolumeReply>(
            Opcode.StatVolume, new StatVolumeRequest { Inode = inode }, cancellationToken);

    /// <summary>Stores and commits everything.</summary>
    /// <returns>The first failure; the bytes are kept.</returns>
    public async ValueTask<Errno> SyncAsync()
    {
        if (_session.IsRefused) return DirtyInodes > 0 ? Errno.EIO : Errno.OK;
        var flushes = new List<Task<Errno>>();
        foreach (var writer in _open.Dirty()) flushes.Add(_writes.FlushAsync(writer.Inode).AsTask());
        var result = Errno.OK;
        foreach (var flush in flushes)
        {
            var errno = await flush;
            if (result == Errno.OK) result = errno;
        }

        return result;
    }

    /// <summary>A clean unmount: everything is stored and committed, and the session ends.</summary>
    /// <returns>What could not be stored is lost with the dirty memory; the answer says why.</returns>
    public async ValueTask<Errno> UnmountAsync()
    {
        if (_isEnded) return Errno.OK;
        _isEnded = true;
        var errno = await SyncAsync();
        if (_session.IsRefused)
        {
            // Nothing of it can be committed any more: the rescue has it, and whoever still waits is answered EIO.
            _fence.Raise(Session.Session, _session.Now);
            await _session.DisposeAsync();
        }

        _uploader.Stop();
        await _behind.DisposeAsync();
        if (errno != Errno.OK) ClientLog.LeftBehind(_log, DirtyInodes, errno);
        await _fence.SavedAsync();
        await _session.EndAsync();
        await _session.DisposeAsync();
        _uploader.Dispose();
        return errno;
    }

    /// <summary>Unmounts if that was not done.</summary>
    public async ValueTask DisposeAsync() => await UnmountAsync();

    private ValueTask<Result<Attributes>> MakeAsync(CreateRequest request) =>
        Refusal(request.Name) is not Errno.OK and var refusal ? new(refusal) : _changes.MakeAsync(request);

    private static CreateRequest Making(
        InodeId parent, ReadOnlyMemory<byte> name, FileType type, uint permissions, uint userId, uint groupId, uint umask = 0) => new()
        {
            Umask = umask,
            Parent = parent,
            Name = name,
            Mode = Core.FileMode.Of(type, permissions),
            UserId = userId,
            GroupId = groupId,
        };

    private Errno Refusal(ReadOnlyMemory<byte> name) => Refusal() is not Errno.OK and var refusal ? refusal
        : name.Length > Limits.NameBytesMax ? Errno.ENAMETOOLONG : Errno.OK;

    // Of changes. A refused mount's are EIO: EACCES would read as if the program's user had no permission.
    private Errno Refusal() => _options.IsReadOnly ? Errno.EROFS : _session.IsRefused ? Errno.EIO : Errno.OK;

    // Attributes that are kept under a lease go on showing what the server was told.
    private void OnAccessTold(InodeId id, Instant at)
    {
        if (_cache.Find(id) is not { } inode) return;
        lock (inode.Gate) inode.NoteAccessed(at);
    }

    private static Result<ReadOnlyMemory<byte>> Bytes(in Result<BytesReply> reply) =>
        reply.IsOk ? reply.Value.Bytes : reply.Errno;
}
