using System.Text;
using FlexFs.Core;
using FlexFs.Fuse.Protocol;
using FileMode = FlexFs.Core.FileMode;

namespace FlexFs.Fuse.MemoryFs;

/// <summary>A file system in memory: the example of how <see cref="IFuseFileSystem"/> is implemented, and its test.</summary>
/// <remarks>
/// Answers everything at once on the reader's thread, except waiting for flock(2). One lock for names and attributes, one
/// per file for its bytes; names before bytes. An inode lives while it has a name or the kernel remembers it.
/// </remarks>
public sealed class MemoryFileSystem : IFuseFileSystem
{
    /// <summary>What this file system promises beyond the default.</summary>
    public const FuseCapabilities Capabilities = FuseCapabilities.Default | FuseCapabilities.HandleKillprivV2
        | FuseCapabilities.AtomicOTrunc | FuseCapabilities.ExplicitInvalData | FuseCapabilities.DoReaddirplus
        | FuseCapabilities.ReaddirplusAuto | FuseCapabilities.CacheSymlinks | FuseCapabilities.FlockLocks;

    private const uint O_TRUNC = 0x200;
    private const uint O_APPEND = 0x400;

    // Nobody else changes this file system, so the kernel may keep what it is told.
    private const ulong ValidSeconds = 86400;
    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly bool _xattrs;
    private readonly FuseOpenFlags _openFlags;
    private readonly Dictionary<ulong, MemoryInode> _inodes = [];
    private ulong _nextId = 1;
    private FuseNotifier? _notifier;

    /// <param name="time">The clock of file times.</param>
    /// <param name="xattrs">Whether there are extended attributes; without, each new file costs a request less.</param>
    /// <param name="noFlush">Whether close(2) sends no FLUSH; it does nothing here.</param>
    public MemoryFileSystem(TimeProvider time, bool xattrs = true, bool noFlush = true)
    {
        _time = time;
        _xattrs = xattrs;
        _openFlags = FuseOpenFlags.KeepCache | (noFlush ? FuseOpenFlags.NoFlush : 0);
        MemoryInode root = NewInode(FileMode.Of(FileType.Directory, 0x1ED), 0, 0);
        root.Directory = new MemoryDirectory(root);
        root.Nlink = 2;
        root.Lookups = 1;
    }

    private long Now => (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;

    /// <inheritdoc/>
    public void Attached(FuseConnection connection) => _notifier = connection.Notifier;

    /// <inheritdoc/>
    public void Forget(ulong nodeId, ulong lookups)
    {
        lock (_lock)
        {
            if (nodeId == 1 || !_inodes.TryGetValue(nodeId, out MemoryInode? inode)) return;
            inode.Lookups -= Math.Min(lookups, inode.Lookups);
            Reap(inode);
        }
    }

    /// <inheritdoc/>
    public ValueTask LookupAsync(FuseRequest request, ReadOnlyMemory<byte> name)
    {
        lock (_lock)
        {
            if (name.Length > Limits.NameBytesMax) return Refuse(request, Errno.ENAMETOOLONG);
            if (!TryDirectory(request.NodeId, out MemoryDirectory? directory)) return Refuse(request, Errno.ENOENT);
            return Entry(request, directory.TryGet(name.Span, out MemoryInode? inode) ? inode : null);
        }
    }

    /// <inheritdoc/>
    public ValueTask GetAttrAsync(FuseRequest request, FuseGetattrIn args)
    {
        lock (_lock)
        {
            return _inodes.TryGetValue(request.NodeId, out MemoryInode? inode)
                ? Attr(request, inode)
                : Refuse(request, Errno.ENOENT);
        }
    }

    /// <inheritdoc/>
    public ValueTask SetAttrAsync(FuseRequest request, FuseSetattrIn args)
    {
        lock (_lock)
        {
            if (!_inodes.TryGetValue(request.NodeId, out MemoryInode? inode)) return Refuse(request, Errno.ENOENT);
            long now = Now;
            FuseSetattrValid valid = args.Valid;
            if (valid.HasFlag(FuseSetattrValid.KillSuidGid)) inode.ClearSetId();
            if (valid.HasFlag(FuseSetattrValid.Mode))
            {
                inode.Mode = (inode.Mode & FileMode.TypeMask) | (args.Mode & FileMode.PermissionMask);
            }
            if (valid.HasFlag(FuseSetattrValid.Uid)) inode.Uid = args.Uid;
            if (valid.HasFlag(FuseSetattrValid.Gid)) inode.Gid = args.Gid;
            if (valid.HasFlag(FuseSetattrValid.Size))
            {
                lock (inode.DataLock)
                {
                    inode.Data?.Truncate((long)args.Size);
                    inode.Size = (long)args.Size;
                    inode.Mtime = now;
                }
            }
            if (valid.HasFlag(FuseSetattrValid.Atime)) inode.Atime = ToNanoseconds(args.Atime, args.AtimeNsec);
            if (valid.HasFlag(FuseSetattrValid.Mtime)) inode.Mtime = ToNanoseconds(args.Mtime, args.MtimeNsec);
            if (valid.HasFlag(FuseSetattrValid.AtimeNow)) inode.Atime = now;
            if (valid.HasFlag(FuseSetattrValid.MtimeNow)) inode.Mtime = now;
            if (valid != FuseSetattrValid.None) inode.Ctime = now;
            return Attr(request, inode);
        }
    }

    /// <inheritdoc/>
    public ValueTask ReadLinkAsync(FuseRequest request)
    {
        lock (_lock)
        {
            if (!_inodes.TryGetValue(request.NodeId, out MemoryInode? inode) || inode.Target is null)
            {
                return Refuse(request, Errno.EINVAL);
            }
            request.Reply.Data(inode.Target);
            return default;
        }
    }

    /// <inheritdoc/>
    public ValueTask SymlinkAsync(FuseRequest request, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> target)
    {
        lock (_lock)
        {
            Errno errno = Make(request, name.Span, FileMode.Of(FileType.Symlink, 0x1FF), out MemoryInode? inode);
            if (errno != Errno.OK) return Refuse(request, errno);
            inode!.Target = target.ToArray();
            inode.Size = target.Length;
            return Entry(request, inode);
        }
    }

    /// <inheritdoc/>
    public ValueTask MkNodAsync(FuseRequest request, FuseMknodIn args, ReadOnlyMemory<byte> name)
    {
        lock (_lock)
        {
            Errno errno = Make(request, name.Span, args.Mode, out MemoryInode? inode);
            if (errno != Errno.OK) return Refuse(request, errno);
            inode!.Rdev = args.Rdev;
            return Entry(request, inode);
        }
    }

    /// <inheritdoc/>
    public ValueTask MkDirAsync(FuseRequest request, FuseMkdirIn args, ReadOnlyMemory<byte> name)
    {
        lock (_lock)
        {
            Errno errno = Make(request, name.Span, FileMode.Of(FileType.Directory, args.Mode), out MemoryInode? inode);
            return errno == Errno.OK ? Entry(request, inode) : Refuse(request, errno);
        }
    }

    /// <inheritdoc/>
    public ValueTask UnlinkAsync(FuseRequest request, ReadOnlyMemory<byte> name) => Remove(request, name, directory: false);

    /// <inheritdoc/>
    public ValueTask RmDirAsync(FuseRequest request, ReadOnlyMemory<byte> name) => Remove(request, name, directory: true);

    /// <inheritdoc/>
    public ValueTask RenameAsync(
        FuseRequest request, FuseRename2In args, ReadOnlyMemory<byte> oldName, ReadOnlyMemory<byte> newName)
    {
        lock (_lock)
        {
            return Refuse(request, Rename(request, args, oldName.Span, newName.Span));
        }
    }

    /// <inheritdoc/>
    public ValueTask LinkAsync(FuseRequest request, ulong oldNodeId, ReadOnlyMemory<byte> newName)
    {
        lock (_lock)
        {
            if (newName.Length > Limits.NameBytesMax) return Refuse(request, Errno.ENAMETOOLONG);
            if (!TryDirectory(request.NodeId, out MemoryDirectory? directory)
                || !_inodes.TryGetValue(oldNodeId, out MemoryInode? inode))
            {
                return Refuse(request, Errno.ENOENT);
            }
            if (inode.Directory is not null) return Refuse(request, Errno.EPERM);
            if (directory.TryGet(newName.Span, out _)) return Refuse(request, Errno.EEXIST);
            directory.Set(newName.Span, inode);
            inode.Nlink++;
            inode.Ctime = Now;
            Touch(_inodes[request.NodeId]);
            return Entry(request, inode);
        }
    }

    /// <inheritdoc/>
    public ValueTask OpenAsync(FuseRequest request, FuseOpenIn args)
    {
        if ((args.Flags & O_TRUNC) != 0)
        {
            lock (_lock)
            {
                if (!_inodes.TryGetValue(request.NodeId, out MemoryInode? inode)) return Refuse(request, Errno.ENOENT);
                if ((args.OpenFlags & FuseOpenIn.KillSuidGid) != 0) inode.ClearSetId();
                Truncate(inode);
            }
        }
        request.Reply.Open(new FuseOpenOut { OpenFlags = _openFlags });
        return default;
    }

    /// <inheritdoc/>
    public ValueTask CreateAsync(FuseRequest request, FuseCreateIn args, ReadOnlyMemory<byte> name)
    {
        lock (_lock)
        {
            Errno errno = Make(request, name.Span, FileMode.Of(FileType.Regular, args.Mode), out MemoryInode? inode);
            return errno == Errno.OK ? Created(request, inode!) : Refuse(request, errno);
        }
    }

    /// <inheritdoc/>
    public ValueTask TmpFileAsync(FuseRequest request, FuseCreateIn args)
    {
        lock (_lock)
        {
            MemoryInode inode = NewInode(FileMode.Of(FileType.Regular, args.Mode), request.Uid, request.Gid);
            inode.Data = new MemoryData();
            inode.Nlink = 0;
            return Created(request, inode);
        }
    }

    /// <inheritdoc/>
    public ValueTask ReadAsync(FuseRequest request, FuseReadIn args)
    {
        MemoryInode? inode;
        lock (_lock) _inodes.TryGetValue(request.NodeId, out inode);
        if (inode?.Data is null) return Refuse(request, Errno.EBADF);
        ReadOnlyMemory<byte> first = default, second = default;
        lock (inode.DataLock)
        {
            int length = (int)Math.Clamp(inode.Size - (long)args.Offset, 0, args.Size);
            if (length > 0) first = inode.Data.Read((long)args.Offset, length);
            if (length > first.Length)
            {
                second = inode.Data.Read((long)args.Offset + first.Length, length - first.Length);
            }
        }
        request.Reply.Data(first.Span, second.Span);
        return default;
    }

    /// <inheritdoc/>
    public ValueTask WriteAsync(FuseRequest request, FuseWriteIn args, ReadOnlyMemory<byte> data)
    {
        MemoryInode? inode;
        lock (_lock)
        {
            _inodes.TryGetValue(request.NodeId, out inode);
            if (inode is not null && (args.WriteFlags & FuseWriteIn.KillSuidGid) != 0)
            {
                uint mode = inode.Mode;
                inode.ClearSetId();
                // A WRITE's answer has no attributes, and the kernel would show its cached mode until they expire.
                if (mode != inode.Mode) _notifier?.InvalidateAttributes(inode.Id);
            }
        }
        if (inode?.Data is null) return Refuse(request, Errno.EBADF);
        lock (inode.DataLock)
        {
            bool append = (args.Flags & O_APPEND) != 0 && (args.WriteFlags & FuseWriteIn.FromCache) == 0;
            long offset = append ? inode.Size : (long)args.Offset;
            inode.Data.Write(offset, data.Span);
            inode.Size = Math.Max(inode.Size, offset + data.Length);
            inode.Mtime = inode.Ctime = Now;
        }
        request.Reply.Written((uint)data.Length);
        return default;
    }

    /// <inheritdoc/>
    public ValueTask FlushAsync(FuseRequest request, FuseFlushIn args) => Refuse(request, Errno.OK);

    /// <inheritdoc/>
    public ValueTask ReleaseAsync(FuseRequest request, FuseReleaseIn args)
    {
        if ((args.ReleaseFlags & FuseReleaseIn.FlockUnlock) != 0)
        {
            lock (_lock)
            {
                if (_inodes.TryGetValue(request.NodeId, out MemoryInode? inode)) inode.Flock?.Release(args.LockOwner);
            }
        }
        return Refuse(request, Errno.OK);
    }

    /// <inheritdoc/>
    public ValueTask FSyncAsync(FuseRequest request, FuseFsyncIn args) => Refuse(request, Errno.OK);

    /// <inheritdoc/>
    public ValueTask OpenDirAsync(FuseRequest request, FuseOpenIn args)
    {
        request.Reply.Open(new FuseOpenOut { OpenFlags = FuseOpenFlags.KeepCache | FuseOpenFlags.CacheDir });
        return default;
    }

    /// <inheritdoc/>
    public ValueTask ReadDirAsync(FuseRequest request, FuseReadIn args) => List(request, args, plus: false);

    /// <inheritdoc/>
    public ValueTask ReadDirPlusAsync(FuseRequest request, FuseReadIn args) => List(request, args, plus: true);

    /// <inheritdoc/>
    public ValueTask StatFsAsync(FuseRequest request)
    {
        const ulong blocks = 1 << 22;
        lock (_lock)
        {
            var statfs = new FuseKstatfs
            {
                Blocks = blocks,
                Bfree = blocks,
                Bavail = blocks,
                Files = (ulong)_inodes.Count,
                Ffree = 1 << 20,
                Bsize = 4096,
                Frsize = 4096,
                Namelen = Limits.NameBytesMax,
            };
            request.Reply.StatFs(statfs);
        }
        return default;
    }

    /// <inheritdoc/>
    public ValueTask SetXattrAsync(
        FuseRequest request, FuseSetxattrIn args, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> value)
    {
        if (!_xattrs) return Refuse(request, Errno.ENOSYS);
        lock (_lock)
        {
            if (!_inodes.TryGetValue(request.NodeId, out MemoryInode? inode)) return Refuse(request, Errno.ENOENT);
            string key = Encoding.Latin1.GetString(name.Span);
            bool exists = inode.Xattrs?.ContainsKey(key) == true;
            if (exists && (args.Flags & FuseSetxattrIn.Create) != 0) return Refuse(request, Errno.EEXIST);
            if (!exists && (args.Flags & FuseSetxattrIn.Replace) != 0) return Refuse(request, Errno.ENODATA);
            (inode.Xattrs ??= new(StringComparer.Ordinal))[key] = value.ToArray();
            inode.Ctime = Now;
            return Refuse(request, Errno.OK);
        }
    }

    /// <inheritdoc/>
    public ValueTask GetXattrAsync(FuseRequest request, FuseGetxattrIn args, ReadOnlyMemory<byte> name)
    {
        if (!_xattrs) return Refuse(request, Errno.ENOSYS);
        lock (_lock)
        {
            if (!_inodes.TryGetValue(request.NodeId, out MemoryInode? inode)) return Refuse(request, Errno.ENOENT);
            if (inode.Xattrs is null || !inode.Xattrs.TryGetValue(Encoding.Latin1.GetString(name.Span), out byte[]? value))
            {
                return Refuse(request, Errno.ENODATA);
            }
            return Xattr(request, args, value);
        }
    }

    /// <inheritdoc/>
    public ValueTask ListXattrAsync(FuseRequest request, FuseGetxattrIn args)
    {
        if (!_xattrs) return Refuse(request, Errno.ENOSYS);
        lock (_lock)
        {
            if (!_inodes.TryGetValue(request.NodeId, out MemoryInode? inode)) return Refuse(request, Errno.ENOENT);
            string names = string.Concat((inode.Xattrs?.Keys ?? Enumerable.Empty<string>()).Select(name => name + "\0"));
            return Xattr(request, args, Encoding.Latin1.GetBytes(names));
        }
    }

    /// <inheritdoc/>
    public ValueTask RemoveXattrAsync(FuseRequest request, ReadOnlyMemory<byte> name)
    {
        if (!_xattrs) return Refuse(request, Errno.ENOSYS);
        lock (_lock)
        {
            if (!_inodes.TryGetValue(request.NodeId, out MemoryInode? inode)) return Refuse(request, Errno.ENOENT);
            bool removed = inode.Xattrs?.Remove(Encoding.Latin1.GetString(name.Span)) == true;
            return Refuse(request, removed ? Errno.OK : Errno.ENODATA);
        }
    }

    /// <inheritdoc/>
    public ValueTask SetLockAsync(FuseRequest request, FuseLkIn args) => Flock(request, args, wait: false);

    /// <inheritdoc/>
    public ValueTask SetLockWaitAsync(FuseRequest request, FuseLkIn args) => Flock(request, args, wait: true);

    /// <inheritdoc/>
    public ValueTask FallocateAsync(FuseRequest request, FuseFallocateIn args)
    {
        lock (_lock)
        {
            if (!_inodes.TryGetValue(request.NodeId, out MemoryInode? inode) || inode.Data is null)
            {
                return Refuse(request, Errno.EBADF);
            }
            lock (inode.DataLock)
            {
                long end = (long)(args.Offset + args.Length);
                if ((args.Mode & (FuseFallocateIn.PunchHole | FuseFallocateIn.ZeroRange)) != 0)
                {
                    inode.Data.Zero((long)args.Offset, (long)args.Length);
                }
                if ((args.Mode & FuseFallocateIn.KeepSize) == 0) inode.Size = Math.Max(inode.Size, end);
                inode.Mtime = inode.Ctime = Now;
            }
            return Refuse(request, Errno.OK);
        }
    }

    /// <inheritdoc/>
    public ValueTask LSeekAsync(FuseRequest request, FuseLseekIn args)
    {
        lock (_lock)
        {
            if (!_inodes.TryGetValue(request.NodeId, out MemoryInode? inode) || inode.Data is null)
            {
                return Refuse(request, Errno.EBADF);
            }
            lock (inode.DataLock)
            {
                // lseek(2): ENXIO behind the end of the file.
                if ((long)args.Offset >= inode.Size) return Refuse(request, Errno.ENXIO);
                long at = inode.Data.Seek((long)args.Offset, inode.Size, args.Whence == FuseLseekIn.SeekData);
                if (at < 0) return Refuse(request, Errno.ENXIO);
                request.Reply.Position((ulong)at);
                return default;
            }
        }
    }

    private static ValueTask Refuse(FuseRequest request, Errno errno)
    {
        request.Reply.Error(errno);
        return default;
    }

    private static long ToNanoseconds(ulong seconds, uint nanoseconds) => ((long)seconds * 1_000_000_000) + nanoseconds;

    private static ValueTask Attr(FuseRequest request, MemoryInode inode)
    {
        request.Reply.Attr(new FuseAttrOut { AttrValid = ValidSeconds, Attr = inode.Attributes() });
        return default;
    }

    private static ValueTask Xattr(FuseRequest request, FuseGetxattrIn args, byte[] value)
    {
        if (args.Size == 0) request.Reply.XattrSize((uint)value.Length);
        else if (value.Length > args.Size) request.Reply.Error(Errno.ERANGE);
        else request.Reply.Data(value);
        return default;
    }

    private static FuseEntryOut EntryOf(MemoryInode? inode) => inode is null
        ? new FuseEntryOut { EntryValid = ValidSeconds }
        : new FuseEntryOut
        {
            NodeId = inode.Id,
            EntryValid = ValidSeconds,
            AttrValid = ValidSeconds,
            Attr = inode.Attributes(),
        };

    private ValueTask Entry(FuseRequest request, MemoryInode? inode)
    {
        // Counted first: the FORGET for it may come before this returns.
        if (inode is not null) inode.Lookups++;
        if (!request.Reply.Entry(EntryOf(inode)) && inode is not null)
        {
            inode.Lookups--;
            Reap(inode);
        }
        return default;
    }

    private ValueTask Created(FuseRequest request, MemoryInode inode)
    {
        inode.Lookups++;
        if (!request.Reply.Create(EntryOf(inode), new FuseOpenOut { OpenFlags = _openFlags }))
        {
            inode.Lookups--;
            Reap(inode);
        }
        return default;
    }

    private ValueTask Flock(FuseRequest request, FuseLkIn args, bool wait)
    {
        MemoryFlock flock;
        lock (_lock)
        {
            if (!_inodes.TryGetValue(request.NodeId, out MemoryInode? inode)) return Refuse(request, Errno.ENOENT);
            flock = inode.Flock ??= new MemoryFlock();
        }
        flock.Set(request, args, wait);
        return default;
    }

    private ValueTask List(FuseRequest request, FuseReadIn args, bool plus)
    {
        lock (_lock)
        {
            if (!TryDirectory(request.NodeId, out MemoryDirectory? directory)) return Refuse(request, Errno.ENOTDIR);
            var writer = new FuseDirectoryWriter(request.ReplyBuffer((int)args.Size));
            // Cookies: 1 and 2 are "." and "..", then a name's place and three.
            ulong cookie = args.Offset;
            bool room = true;
            for (; room && cookie < 2; cookie += room ? 1u : 0u)
            {
                ulong id = cookie == 0 ? request.NodeId : directory.Parent.Id;
                ReadOnlySpan<byte> name = cookie == 0 ? "."u8 : ".."u8;
                room = plus
                    ? writer.TryAddPlus(name, default, id, cookie + 1, FileType.Directory)
                    : writer.TryAdd(name, id, cookie + 1, FileType.Directory);
            }
            for (; room && cookie - 2 < (ulong)directory.Places; cookie++)
            {
                if (directory.At((int)(cookie - 2)) is not { } entry) continue;
                MemoryInode inode = entry.Inode;
                room = plus
                    ? writer.TryAddPlus(entry.Name, EntryOf(inode), inode.Id, cookie + 1, inode.Type)
                    : writer.TryAdd(entry.Name, inode.Id, cookie + 1, inode.Type);
                if (plus && room) inode.Lookups++;
            }
            request.Reply.Data(writer.Written);
            return default;
        }
    }

    private Errno Rename(FuseRequest request, FuseRename2In args, ReadOnlySpan<byte> oldName, ReadOnlySpan<byte> newName)
    {
        if (newName.Length > Limits.NameBytesMax) return Errno.ENAMETOOLONG;
        if (!TryDirectory(request.NodeId, out MemoryDirectory? from) || !TryDirectory(args.NewDir, out MemoryDirectory? to)
            || !from.TryGet(oldName, out MemoryInode? moved))
        {
            return Errno.ENOENT;
        }
        to.TryGet(newName, out MemoryInode? replaced);
        // rename(2): both names are one inode, so do nothing.
        if (ReferenceEquals(moved, replaced)) return Errno.OK;
        if (replaced is not null && (args.Flags & FuseRename2In.NoReplace) != 0) return Errno.EEXIST;
        MemoryInode fromInode = _inodes[request.NodeId], toInode = _inodes[args.NewDir];
        if ((args.Flags & FuseRename2In.Exchange) != 0)
        {
            if (replaced is null) return Errno.ENOENT;
            from.Set(oldName, replaced);
            to.Set(newName, moved);
            Reparent(replaced, toInode, fromInode);
        }
        else
        {
            if (replaced is not null)
            {
                if (moved.Directory is null && replaced.Directory is not null) return Errno.EISDIR;
                if (moved.Directory is not null && replaced.Directory is null) return Errno.ENOTDIR;
                if (replaced.Directory is { Count: > 0 }) return Errno.ENOTEMPTY;
                to.Remove(newName);
                Drop(replaced, toInode);
            }
            from.Remove(oldName);
            to.Set(newName, moved);
            if ((args.Flags & FuseRename2In.Whiteout) != 0)
            {
                MemoryInode whiteout = NewInode(FileMode.Of(FileType.CharacterDevice, 0), request.Uid, request.Gid);
                from.Set(oldName, whiteout);
            }
        }
        Reparent(moved, fromInode, toInode);
        Touch(fromInode);
        Touch(toInode);
        moved.Ctime = Now;
        return Errno.OK;
    }

    private static void Reparent(MemoryInode moved, MemoryInode from, MemoryInode to)
    {
        if (moved.Directory is null || ReferenceEquals(from, to)) return;
        moved.Directory.Parent = to;
        from.Nlink--;
        to.Nlink++;
    }

    private ValueTask Remove(FuseRequest request, ReadOnlyMemory<byte> name, bool directory)
    {
        lock (_lock)
        {
            if (!TryDirectory(request.NodeId, out MemoryDirectory? parent) || !parent.TryGet(name.Span, out MemoryInode? inode))
            {
                return Refuse(request, Errno.ENOENT);
            }
            if (directory && inode.Directory is null) return Refuse(request, Errno.ENOTDIR);
            if (!directory && inode.Directory is not null) return Refuse(request, Errno.EISDIR);
            if (inode.Directory is { Count: > 0 }) return Refuse(request, Errno.ENOTEMPTY);
            parent.Remove(name.Span);
            Drop(inode, _inodes[request.NodeId]);
            Touch(_inodes[request.NodeId]);
            return Refuse(request, Errno.OK);
        }
    }

    private void Drop(MemoryInode inode, MemoryInode parent)
    {
        if (inode.Directory is not null)
        {
            inode.Nlink = 0;
            parent.Nlink--;
        }
        else
        {
            inode.Nlink--;
        }
        inode.Ctime = Now;
        Reap(inode);
    }

    private Errno Make(FuseRequest request, ReadOnlySpan<byte> name, uint mode, out MemoryInode? inode)
    {
        inode = null;
        if (name.Length > Limits.NameBytesMax) return Errno.ENAMETOOLONG;
        if (!TryDirectory(request.NodeId, out MemoryDirectory? directory)) return Errno.ENOENT;
        if (directory.TryGet(name, out _)) return Errno.EEXIST;
        MemoryInode parent = _inodes[request.NodeId];
        bool inherits = (parent.Mode & FileMode.SetGid) != 0;
        inode = NewInode(mode, request.Uid, inherits ? parent.Gid : request.Gid);
        switch (inode.Type)
        {
            case FileType.Directory:
                inode.Directory = new MemoryDirectory(parent);
                inode.Nlink = 2;
                inode.Mode |= parent.Mode & FileMode.SetGid;
                parent.Nlink++;
                break;
            case FileType.Regular:
                inode.Data = new MemoryData();
                break;
        }
        directory.Set(name, inode);
        Touch(parent);
        return Errno.OK;
    }

    private MemoryInode NewInode(uint mode, uint uid, uint gid)
    {
        var inode = new MemoryInode(_nextId++, mode, uid, gid, Now);
        _inodes.Add(inode.Id, inode);
        return inode;
    }

    private void Reap(MemoryInode inode)
    {
        if (inode.Nlink == 0 && inode.Lookups == 0) _inodes.Remove(inode.Id);
    }

    private void Truncate(MemoryInode inode)
    {
        lock (inode.DataLock)
        {
            inode.Data?.Truncate(0);
            inode.Size = 0;
            inode.Mtime = inode.Ctime = Now;
        }
    }

    private void Touch(MemoryInode inode) => inode.Mtime = inode.Ctime = Now;

    private bool TryDirectory(
        ulong id, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out MemoryDirectory? directory)
    {
        directory = _inodes.TryGetValue(id, out MemoryInode? inode) ? inode.Directory : null;
        return directory is not null;
    }
}
