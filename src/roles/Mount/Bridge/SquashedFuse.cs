using FlexFs.Core;
using FlexFs.Fuse;
using FlexFs.Fuse.Protocol;

namespace FlexFs.Mount.Bridge;

/// <summary>A file system in which root has no more rights than the user that it is squashed to.</summary>
/// <remarks>
/// The kernel checks all others by itself and lets uid 0 pass; so requests of uid 0, and only these, are checked here, as an NFS server
/// with root_squash does. Names must have no validity in the kernel, or root would walk through what others have looked up. What is
/// asked through an open file was checked when it was opened.
/// </remarks>
internal sealed class SquashedFuse(IFuseFileSystem inner, BridgeContext context, SquashedAccess access) : IFuseFileSystem
{
    private const uint AccessMode = 3;
    private const uint WriteOnly = 1;
    private const uint Truncate = 0x200;

    // FMODE_EXEC of the kernel: opened to be executed.
    private const uint ToExecute = 0x20;

    public void Attached(FuseConnection connection) => inner.Attached(connection);

    public void Detached() => inner.Detached();

    public void Forget(ulong nodeId, ulong lookups) => inner.Forget(nodeId, lookups);

    public void Retrieved(ulong notifyUnique, ulong nodeId, ulong offset, ReadOnlySpan<byte> data) =>
        inner.Retrieved(notifyUnique, nodeId, offset, data);

    public ValueTask LookupAsync(FuseRequest request, ReadOnlyMemory<byte> name) => IsRoot(request)
        ? IfAsync(request, access.CheckAsync(Node(request), SquashedAccess.Execute), () => inner.LookupAsync(request, name))
        : inner.LookupAsync(request, name);

    public ValueTask SetAttrAsync(FuseRequest request, FuseSetattrIn args) => IsRoot(request)
        ? IfAsync(request, MayChangeAsync(Node(request), args), () => inner.SetAttrAsync(request, args))
        : inner.SetAttrAsync(request, args);

    public ValueTask SymlinkAsync(FuseRequest request, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> target) => IsRoot(request)
        ? IfAsync(request, access.CheckNamesAsync(Node(request)), () => inner.SymlinkAsync(request, name, target))
        : inner.SymlinkAsync(request, name, target);

    public ValueTask MkNodAsync(FuseRequest request, FuseMknodIn args, ReadOnlyMemory<byte> name) => IsRoot(request)
        ? IfAsync(request, MayMakeAsync(Node(request), args), () => inner.MkNodAsync(request, args, name))
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
            request, MayRenameAsync(Node(request), oldName, context.Inode(args.NewDir), newName),
            () => inner.RenameAsync(request, args, oldName, newName))
        : inner.RenameAsync(request, args, oldName, newName);

    public ValueTask LinkAsync(FuseRequest request, ulong oldNodeId, ReadOnlyMemory<byte> newName) => IsRoot(request)
        ? IfAsync(request, access.CheckNamesAsync(Node(request)), () => inner.LinkAsync(request, oldNodeId, newName))
        : inner.LinkAsync(request, oldNodeId, newName);

    public ValueTask OpenAsync(FuseRequest request, FuseOpenIn args) => IsRoot(request)
        ? IfAsync(request, access.CheckAsync(Node(request), BitsOf(args.Flags)), () => inner.OpenAsync(request, args))
        : inner.OpenAsync(request, args);

    public ValueTask CreateAsync(FuseRequest request, FuseCreateIn args, ReadOnlyMemory<byte> name) => IsRoot(request)
        ? IfAsync(request, MayCreateAsync(Node(request), name, args.Flags), () => inner.CreateAsync(request, args, name))
        : inner.CreateAsync(request, args, name);

    public ValueTask TmpFileAsync(FuseRequest request, FuseCreateIn args) => IsRoot(request)
        ? IfAsync(request, access.CheckNamesAsync(Node(request)), () => inner.TmpFileAsync(request, args))
        : inner.TmpFileAsync(request, args);

    public ValueTask OpenDirAsync(FuseRequest request, FuseOpenIn args) => IsRoot(request)
        ? IfAsync(request, access.CheckAsync(Node(request), SquashedAccess.Read), () => inner.OpenDirAsync(request, args))
        : inner.OpenDirAsync(request, args);

    public ValueTask SetXattrAsync(
        FuseRequest request, FuseSetxattrIn args, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> value) => IsRoot(request)
        ? IfAsync(request, MaySetXattrAsync(Node(request), name), () => inner.SetXattrAsync(request, args, name, value))
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

    public ValueTask WriteAsync(FuseRequest request, FuseWriteIn args, ReadOnlyMemory<byte> data) =>
        inner.WriteAsync(request, args, data);

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

    private async ValueTask<Errno> MayCreateAsync(InodeId directory, ReadOnlyMemory<byte> name, uint flags)
    {
        var found = await context.FileSystem.LookupAsync(directory, name);
        if (!found.IsOk) return await access.CheckNamesAsync(directory);
        var errno = await access.CheckAsync(directory, SquashedAccess.Execute);
        return errno != Errno.OK ? errno : await access.CheckAsync(found.Value, BitsOf(flags));
    }

    // mknod(2): EPERM for a device by who has no CAP_MKNOD.
    private ValueTask<Errno> MayMakeAsync(InodeId directory, in FuseMknodIn args) =>
        Core.FileMode.TypeOf(args.Mode) is FileType.CharacterDevice or FileType.BlockDevice && args.Rdev != 0
            ? new(Errno.EPERM)
            : access.CheckNamesAsync(directory);

    private async ValueTask<Errno> MayRenameAsync(
        InodeId oldParent, ReadOnlyMemory<byte> oldName, InodeId newParent, ReadOnlyMemory<byte> newName)
    {
        var errno = await access.CheckNamesAsync(oldParent, oldName);
        return errno != Errno.OK ? errno : await access.CheckNamesAsync(newParent, newName);
    }

    // chmod(2), chown(2), utimensat(2), truncate(2): what who has no privileges may.
    private async ValueTask<Errno> MayChangeAsync(InodeId inode, FuseSetattrIn args)
    {
        var found = await context.FileSystem.GetAttributesAsync(inode);
        if (!found.IsOk) return found.Errno;
        var now = found.Value;
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

    private ValueTask<Errno> MayGetXattrAsync(InodeId inode, ReadOnlyMemory<byte> name) =>
        name.Span.StartsWith("user."u8) ? access.CheckAsync(inode, SquashedAccess.Read) : new(Errno.OK);

    // xattr(7): user attributes by who may write, ACLs by the owner, the others by who has privileges.
    private ValueTask<Errno> MaySetXattrAsync(InodeId inode, ReadOnlyMemory<byte> name)
    {
        if (name.Span.StartsWith("user."u8)) return access.CheckAsync(inode, SquashedAccess.Write);
        return name.Span.StartsWith("system."u8) ? access.CheckOwnerAsync(inode) : new(Errno.EPERM);
    }
}
