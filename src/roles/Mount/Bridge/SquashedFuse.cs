using FlexFs.Core;
using FlexFs.Fuse;
using FlexFs.Fuse.Protocol;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Mount.Bridge;

/// <summary>A file system in which root has no more rights than the user that it is squashed to.</summary>
/// <remarks>
/// The kernel checks all others by itself and lets uid 0 pass; so requests of uid 0, and only these, are checked here, as an NFS server
/// with root_squash does. Names must have no validity in the kernel, or root would walk through what others have looked up. What is
/// asked through an open file was checked when it was opened. Set-user-ID and set-group-ID go where the kernel would take them from
/// somebody without CAP_FSETID.
/// </remarks>
internal sealed class SquashedFuse(IFuseFileSystem inner, BridgeContext context, SquashedAccess access) : IFuseFileSystem
{
    private const uint AccessMode = 3;
    private const uint WriteOnly = 1;
    private const uint Truncate = 0x200;
    private const uint NoAccessTime = 0x40000;
    private const uint GroupExecutes = 0x8;

    // FMODE_EXEC of the kernel: opened to be executed.
    private const uint ToExecute = 0x20;

    public void Attached(FuseConnection connection) => inner.Attached(connection);

    public void Detached() => inner.Detached();

    public void Forget(ulong nodeId, ulong lookups) => inner.Forget(nodeId, lookups);

    public void Retrieved(ulong notifyUnique, ulong nodeId, ulong offset, ReadOnlySpan<byte> data) =>
        inner.Retrieved(notifyUnique, nodeId, offset, data);

    public ValueTask LookupAsync(FuseRequest request, ReadOnlyMemory<byte> name) => IsRoot(request)
        ? IfAsync(request, MayLookUpAsync(Node(request), name), () => inner.LookupAsync(request, name))
        : inner.LookupAsync(request, name);

    public ValueTask SetAttrAsync(FuseRequest request, FuseSetattrIn args) => IsRoot(request)
        ? ChangeAsync(request, args)
        : inner.SetAttrAsync(request, args);

    public ValueTask SymlinkAsync(FuseRequest request, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> target) => IsRoot(request)
        ? IfAsync(request, access.CheckNamesAsync(Node(request)), () => inner.SymlinkAsync(request, name, target))
        : inner.SymlinkAsync(request, name, target);

    public ValueTask MkNodAsync(FuseRequest request, FuseMknodIn args, ReadOnlyMemory<byte> name) => IsRoot(request)
        ? IfAsync(request, MayMakeAsync(Node(request), args), async () => await inner.MkNodAsync(
            request, args with { Mode = await MadeAsync(Node(request), args.Mode) }, name))
        : inner.MkNodAsync(request, args, name);

    public ValueTask MkDirAsync(FuseRequest request, FuseMkdirIn args, ReadOnlyMemory<byte> name) => IsRoot(request)
        ? IfAsync(request, access.CheckNamesAsync(Node(request)), () => inner.MkDirAsync(request, args, name))
        : inner.MkDirAsync(request, args, name);

    public ValueTask UnlinkAsync(FuseRequest request, ReadOnlyMemory<byte> name) => IsRoot(request)
        ? IfAsync(request, access.CheckNamesAsync(Node(request), name), () => inner.UnlinkAsync(request, name))
        : inner.UnlinkAsync(request, name);

    public ValueTask RmDirAsync(FuseRequest request, ReadOnlyMemory<byte> name) => IsRoot(request)
        ? IfAsync(request, access.CheckNamesAsync(Node(request), name), () => inner.RmDirAsync(request, name))
        : inner.RmDirAsync(request, name);

    public ValueTask RenameAsync(
        FuseRequest request, FuseRename2In args, ReadOnlyMemory<byte> oldName, ReadOnlyMemory<byte> newName) => IsRoot(request)
        ? IfAsync(
            request,
            MayRenameAsync(
                Node(request), oldName, context.Inode(args.NewDir), newName, (args.Flags & FuseRename2In.Exchange) != 0),
            () => inner.RenameAsync(request, args, oldName, newName))
        : inner.RenameAsync(request, args, oldName, newName);

    public ValueTask LinkAsync(FuseRequest request, ulong oldNodeId, ReadOnlyMemory<byte> newName) => IsRoot(request)
        ? IfAsync(request, access.CheckNamesAsync(Node(request)), () => inner.LinkAsync(request, oldNodeId, newName))
        : inner.LinkAsync(request, oldNodeId, newName);

    public ValueTask OpenAsync(FuseRequest request, FuseOpenIn args) => IsRoot(request)
        ? IfAsync(request, MayOpenAsync(Node(request), args.Flags), () => inner.OpenAsync(request, Squashed(args)))
        : inner.OpenAsync(request, args);

    public ValueTask CreateAsync(FuseRequest request, FuseCreateIn args, ReadOnlyMemory<byte> name) => IsRoot(request)
        ? IfAsync(request, MayCreateAsync(Node(request), name, args.Flags), async () => await inner.CreateAsync(
            request, await SquashedAsync(request, args), name))
        : inner.CreateAsync(request, args, name);

    public ValueTask TmpFileAsync(FuseRequest request, FuseCreateIn args) => IsRoot(request)
        ? IfAsync(request, access.CheckNamesAsync(Node(request)), async () => await inner.TmpFileAsync(
            request, await SquashedAsync(request, args)))
        : inner.TmpFileAsync(request, args);

    public ValueTask OpenDirAsync(FuseRequest request, FuseOpenIn args) => IsRoot(request)
        ? IfAsync(request, access.CheckAsync(Node(request), SquashedAccess.Read), () => inner.OpenDirAsync(request, args))
        : inner.OpenDirAsync(request, args);

    public ValueTask SetXattrAsync(
        FuseRequest request, FuseSetxattrIn args, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> value) => IsRoot(request)
        ? IfAsync(request, MaySetXattrAsync(Node(request), name), async () => await inner.SetXattrAsync(
            request, await SquashedAsync(request, args, name), name, value))
        : inner.SetXattrAsync(request, args, name, value);

    public ValueTask GetXattrAsync(FuseRequest request, FuseGetxattrIn args, ReadOnlyMemory<byte> name) => IsRoot(request)
        ? IfAsync(request, MayGetXattrAsync(Node(request), name), () => inner.GetXattrAsync(request, args, name))
        : inner.GetXattrAsync(request, args, name);

    public ValueTask RemoveXattrAsync(FuseRequest request, ReadOnlyMemory<byte> name) => IsRoot(request)
        ? IfAsync(request, MaySetXattrAsync(Node(request), name), () => inner.RemoveXattrAsync(request, name))
        : inner.RemoveXattrAsync(request, name);

    public ValueTask GetAttrAsync(FuseRequest request, FuseGetattrIn args) => inner.GetAttrAsync(request, args);

    public ValueTask StatxAsync(FuseRequest request, FuseStatxIn args) => inner.StatxAsync(request, args);

    public ValueTask AccessAsync(FuseRequest request, FuseAccessIn args) => inner.AccessAsync(request, args);

    public ValueTask ReadLinkAsync(FuseRequest request) => inner.ReadLinkAsync(request);

    public ValueTask ReadAsync(FuseRequest request, FuseReadIn args) => inner.ReadAsync(request, args);

    // Pages that the kernel writes back come as root's, whoever stored to them.
    public ValueTask WriteAsync(FuseRequest request, FuseWriteIn args, ReadOnlyMemory<byte> data)
    {
        if (IsRoot(request) && (args.WriteFlags & FuseWriteIn.FromCache) == 0) args.WriteFlags |= FuseWriteIn.KillSuidGid;
        return inner.WriteAsync(request, args, data);
    }

    public ValueTask FlushAsync(FuseRequest request, FuseFlushIn args) => inner.FlushAsync(request, args);

    public ValueTask ReleaseAsync(FuseRequest request, FuseReleaseIn args) => inner.ReleaseAsync(request, args);

    public ValueTask FSyncAsync(FuseRequest request, FuseFsyncIn args) => inner.FSyncAsync(request, args);

    public ValueTask ReadDirAsync(FuseRequest request, FuseReadIn args) => inner.ReadDirAsync(request, args);

    public ValueTask ReadDirPlusAsync(FuseRequest request, FuseReadIn args) => inner.ReadDirPlusAsync(request, args);

    public ValueTask ReleaseDirAsync(FuseRequest request, FuseReleaseIn args) => inner.ReleaseDirAsync(request, args);

    public ValueTask FSyncDirAsync(FuseRequest request, FuseFsyncIn args) => inner.FSyncDirAsync(request, args);

    public ValueTask StatFsAsync(FuseRequest request) => inner.StatFsAsync(request);

    public ValueTask SyncFsAsync(FuseRequest request) => inner.SyncFsAsync(request);

    public ValueTask ListXattrAsync(FuseRequest request, FuseGetxattrIn args) => inner.ListXattrAsync(request, args);

    public ValueTask GetLockAsync(FuseRequest request, FuseLkIn args) => inner.GetLockAsync(request, args);

    public ValueTask SetLockAsync(FuseRequest request, FuseLkIn args) => inner.SetLockAsync(request, args);

    public ValueTask SetLockWaitAsync(FuseRequest request, FuseLkIn args) => inner.SetLockWaitAsync(request, args);

    public ValueTask FallocateAsync(FuseRequest request, FuseFallocateIn args) => inner.FallocateAsync(request, args);

    public ValueTask LSeekAsync(FuseRequest request, FuseLseekIn args) => inner.LSeekAsync(request, args);

    public ValueTask CopyFileRangeAsync(FuseRequest request, FuseCopyFileRangeIn args) => inner.CopyFileRangeAsync(request, args);

    public ValueTask IoctlAsync(FuseRequest request, FuseIoctlIn args, ReadOnlyMemory<byte> input) =>
        inner.IoctlAsync(request, args, input);

    public ValueTask PollAsync(FuseRequest request, FusePollIn args) => inner.PollAsync(request, args);

    public ValueTask BMapAsync(FuseRequest request, FuseBmapIn args) => inner.BMapAsync(request, args);

    public ValueTask SetupMappingAsync(FuseRequest request, FuseSetupmappingIn args) => inner.SetupMappingAsync(request, args);

    public ValueTask RemoveMappingAsync(FuseRequest request, ReadOnlyMemory<byte> mappings) =>
        inner.RemoveMappingAsync(request, mappings);

    private static bool IsRoot(FuseRequest request) => request.Uid == 0;

    private InodeId Node(FuseRequest request) => context.Inode(request.NodeId);

    private static async ValueTask IfAsync(FuseRequest request, ValueTask<Errno> check, Func<ValueTask> operation)
    {
        var errno = await check;
        if (errno == Errno.OK) await operation();
        else request.Reply.Error(errno);
    }

    private static uint BitsOf(uint flags)
    {
        if ((flags & ToExecute) != 0) return SquashedAccess.Execute;
        var bits = (flags & AccessMode) switch
        {
            0 => SquashedAccess.Read,
            WriteOnly => SquashedAccess.Write,
            _ => SquashedAccess.Read | SquashedAccess.Write,
        };
        return (flags & Truncate) != 0 ? bits | SquashedAccess.Write : bits;
    }

    private static FuseOpenIn Squashed(FuseOpenIn args) => (args.Flags & Truncate) != 0
        ? args with { OpenFlags = args.OpenFlags | FuseOpenIn.KillSuidGid }
        : args;

    private async ValueTask<FuseCreateIn> SquashedAsync(FuseRequest request, FuseCreateIn args)
    {
        var mode = await MadeAsync(Node(request), args.Mode);
        return args with { Mode = mode, OpenFlags = Squashed(new FuseOpenIn { Flags = args.Flags, OpenFlags = args.OpenFlags }).OpenFlags };
    }

    private async ValueTask<FuseSetxattrIn> SquashedAsync(FuseRequest request, FuseSetxattrIn args, ReadOnlyMemory<byte> name)
    {
        if (!name.Span.SequenceEqual("system.posix_acl_access"u8)) return args;
        var found = await context.FileSystem.GetAttributesAsync(Node(request));
        var isOutside = found.IsOk && found.Value.GroupId != access.GroupId;
        return isOutside ? args with { SetxattrFlags = args.SetxattrFlags | FuseSetxattrIn.AclKillSgid } : args;
    }

    // What is made in a set-group-ID directory has its group: whoever is not in it sets no set-group-ID (mode_strip_sgid of the kernel).
    private async ValueTask<uint> MadeAsync(InodeId directory, uint mode)
    {
        const uint Both = Core.FileMode.SetGid | GroupExecutes;
        if ((mode & Both) != Both) return mode;
        var found = await context.FileSystem.GetAttributesAsync(directory);
        var isForeign = found.IsOk && (found.Value.Mode & Core.FileMode.SetGid) != 0 && found.Value.GroupId != access.GroupId;
        return isForeign ? mode & ~Core.FileMode.SetGid : mode;
    }

    // open_by_handle_at(2): EPERM for who has no CAP_DAC_READ_SEARCH.
    private ValueTask<Errno> MayLookUpAsync(InodeId directory, ReadOnlyMemory<byte> name) =>
        NameOperations.IsRelation(name.Span) ? new(Errno.EPERM) : access.CheckAsync(directory, SquashedAccess.Execute);

    // open(2): EPERM for O_NOATIME by who is not the owner.
    private async ValueTask<Errno> MayOpenAsync(InodeId inode, uint flags)
    {
        var errno = await access.CheckAsync(inode, BitsOf(flags));
        return errno == Errno.OK && (flags & NoAccessTime) != 0 ? await access.CheckOwnerAsync(inode) : errno;
    }

    private async ValueTask<Errno> MayCreateAsync(InodeId directory, ReadOnlyMemory<byte> name, uint flags)
    {
        var found = await context.FileSystem.LookupAsync(directory, name);
        if (!found.IsOk) return await access.CheckNamesAsync(directory);
        var errno = await access.CheckAsync(directory, SquashedAccess.Execute);
        return errno != Errno.OK ? errno : await MayOpenAsync(found.Value.Inode, flags);
    }

    // mknod(2): EPERM for a device by who has no CAP_MKNOD. A whiteout is none.
    private ValueTask<Errno> MayMakeAsync(InodeId directory, in FuseMknodIn args)
    {
        var type = Core.FileMode.TypeOf(args.Mode);
        return type == FileType.BlockDevice || (type == FileType.CharacterDevice && args.Rdev != 0)
            ? new(Errno.EPERM)
            : access.CheckNamesAsync(directory);
    }

    private async ValueTask<Errno> MayRenameAsync(
        InodeId oldParent, ReadOnlyMemory<byte> oldName, InodeId newParent, ReadOnlyMemory<byte> newName, bool isExchange)
    {
        var errno = await access.CheckNamesAsync(oldParent, oldName);
        if (errno == Errno.OK) errno = await access.CheckNamesAsync(newParent, newName);
        if (errno != Errno.OK || oldParent == newParent) return errno;
        errno = await MayMoveAsync(oldParent, oldName);
        return errno == Errno.OK && isExchange ? await MayMoveAsync(newParent, newName) : errno;
    }

    // rename(2): EACCES when a directory that gets another parent, and so another "..", may not be written.
    private async ValueTask<Errno> MayMoveAsync(InodeId parent, ReadOnlyMemory<byte> name)
    {
        var found = await context.FileSystem.LookupAsync(parent, name);
        return found.IsOk && found.Value.Type == FileType.Directory
            ? await access.CheckAsync(found.Value, SquashedAccess.Write)
            : Errno.OK;
    }

    private async ValueTask ChangeAsync(FuseRequest request, FuseSetattrIn args)
    {
        var found = await context.FileSystem.GetAttributesAsync(Node(request));
        var errno = found.IsOk ? await MayChangeAsync(found.Value, args) : found.Errno;
        if (errno != Errno.OK)
        {
            request.Reply.Error(errno);
            return;
        }

        // chmod(2): who is not in the file's group sets no set-group-ID. truncate(2): what is shortened loses both.
        if (found.Value.GroupId != access.GroupId) args.Mode &= ~Core.FileMode.SetGid;
        if ((args.Valid & FuseSetattrValid.Size) != 0) args.Valid |= FuseSetattrValid.KillSuidGid;
        await inner.SetAttrAsync(request, args);
    }

    // chmod(2), chown(2), utimensat(2), truncate(2): what who has no privileges may.
    private async ValueTask<Errno> MayChangeAsync(Attributes now, FuseSetattrIn args)
    {
        var isOwner = now.UserId == access.UserId;
        if ((args.Valid & FuseSetattrValid.Mode) != 0 && !isOwner) return Errno.EPERM;
        if ((args.Valid & FuseSetattrValid.Uid) != 0 && (!isOwner || args.Uid != now.UserId)) return Errno.EPERM;
        if ((args.Valid & FuseSetattrValid.Gid) != 0 && (!isOwner || (args.Gid != now.GroupId && args.Gid != access.GroupId)))
        {
            return Errno.EPERM;
        }

        const FuseSetattrValid times = FuseSetattrValid.Atime | FuseSetattrValid.Mtime;
        const FuseSetattrValid ofNow = FuseSetattrValid.AtimeNow | FuseSetattrValid.MtimeNow;
        var setsTimes = (args.Valid & times) != 0 && (args.Valid & FuseSetattrValid.Size) == 0;
        if (setsTimes && !isOwner)
        {
            if ((args.Valid & ofNow) != ofNow) return Errno.EPERM;
            return await access.CheckAsync(now, SquashedAccess.Write);
        }

        var truncates = (args.Valid & FuseSetattrValid.Size) != 0 && (args.Valid & FuseSetattrValid.Fh) == 0;
        return truncates ? await access.CheckAsync(now, SquashedAccess.Write) : Errno.OK;
    }

    // xattr(7): who has no privileges does not see trusted attributes.
    private ValueTask<Errno> MayGetXattrAsync(InodeId inode, ReadOnlyMemory<byte> name) =>
        name.Span.StartsWith("user."u8) ? access.CheckAsync(inode, SquashedAccess.Read)
        : new(name.Span.StartsWith("trusted."u8) ? Errno.ENODATA : Errno.OK);

    // xattr(7): user attributes by who may write, of a sticky directory by its owner; ACLs by the owner, the others by who has privileges.
    private async ValueTask<Errno> MaySetXattrAsync(InodeId inode, ReadOnlyMemory<byte> name)
    {
        if (name.Span.StartsWith("system."u8)) return await access.CheckOwnerAsync(inode);
        if (!name.Span.StartsWith("user."u8)) return Errno.EPERM;
        var found = await context.FileSystem.GetAttributesAsync(inode);
        if (!found.IsOk) return found.Errno;
        var isSticky = found.Value.Type == FileType.Directory && (found.Value.Mode & Core.FileMode.Sticky) != 0;
        return isSticky && found.Value.UserId != access.UserId ? Errno.EPERM : await access.CheckAsync(found.Value, SquashedAccess.Write);
    }
}
