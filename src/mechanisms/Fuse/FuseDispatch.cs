using System.Runtime.CompilerServices;
using FlexFs.Core;
using FlexFs.Fuse.Memory;
using FlexFs.Fuse.Protocol;

namespace FlexFs.Fuse;

/// <summary>Parses a request's body and calls the operation; what does not fit its structure is EINVAL.</summary>
internal static unsafe class FuseDispatch
{
    /// <summary>Calls the handler; a malformed body is answered here.</summary>
    public static ValueTask InvokeAsync(IFuseFileSystem fs, RequestSlot slot, FuseRequest request)
    {
        switch (slot.Header.Opcode)
        {
            case FuseOpcode.Lookup:
                return Name(slot, 0, out var name) ? fs.LookupAsync(request, name) : MalformedAsync(slot, request);
            case FuseOpcode.GetAttr:
                return Body(slot, out FuseGetattrIn getattr) ? fs.GetAttrAsync(request, getattr) : MalformedAsync(slot, request);
            case FuseOpcode.SetAttr:
                return Body(slot, out FuseSetattrIn setattr) ? fs.SetAttrAsync(request, setattr) : MalformedAsync(slot, request);
            case FuseOpcode.Statx:
                return Body(slot, out FuseStatxIn statx) ? fs.StatxAsync(request, statx) : MalformedAsync(slot, request);
            case FuseOpcode.Access:
                return Body(slot, out FuseAccessIn access) ? fs.AccessAsync(request, access) : MalformedAsync(slot, request);
            case FuseOpcode.ReadLink:
                return fs.ReadLinkAsync(request);
            case FuseOpcode.Read:
                return Body(slot, out FuseReadIn read) && Fits(slot, read.Size)
                    ? fs.ReadAsync(request, read)
                    : MalformedAsync(slot, request);
            case FuseOpcode.Write:
                return Body(slot, out FuseWriteIn write) && write.Size == slot.BodyLength - sizeof(FuseWriteIn)
                    ? fs.WriteAsync(request, write, slot.BodyMemory(sizeof(FuseWriteIn), (int)write.Size))
                    : MalformedAsync(slot, request);
            case FuseOpcode.Open:
                return Body(slot, out FuseOpenIn open) ? fs.OpenAsync(request, open) : MalformedAsync(slot, request);
            case FuseOpcode.Create:
                return Body(slot, out FuseCreateIn create) && Name(slot, sizeof(FuseCreateIn), out name)
                    ? fs.CreateAsync(request, create, name)
                    : MalformedAsync(slot, request);
            case FuseOpcode.Flush:
                return Body(slot, out FuseFlushIn flush) ? fs.FlushAsync(request, flush) : MalformedAsync(slot, request);
            case FuseOpcode.Release:
                return Body(slot, out FuseReleaseIn release)
                    ? fs.ReleaseAsync(request, release)
                    : MalformedAsync(slot, request);
            case FuseOpcode.GetXattr:
                return Body(slot, out FuseGetxattrIn getxattr) && Name(slot, sizeof(FuseGetxattrIn), out name)
                    && Fits(slot, getxattr.Size)
                    ? fs.GetXattrAsync(request, getxattr, name)
                    : MalformedAsync(slot, request);
            case FuseOpcode.OpenDir:
                return Body(slot, out open) ? fs.OpenDirAsync(request, open) : MalformedAsync(slot, request);
            case FuseOpcode.ReadDir:
                return Body(slot, out read) && Fits(slot, read.Size)
                    ? fs.ReadDirAsync(request, read)
                    : MalformedAsync(slot, request);
            case FuseOpcode.ReadDirPlus:
                return Body(slot, out read) && Fits(slot, read.Size)
                    ? fs.ReadDirPlusAsync(request, read)
                    : MalformedAsync(slot, request);
            case FuseOpcode.ReleaseDir:
                return Body(slot, out release) ? fs.ReleaseDirAsync(request, release) : MalformedAsync(slot, request);
            default:
                return InvokeNamespaceAsync(fs, slot, request);
        }
    }

    /// <summary>Operations on names.</summary>
    private static ValueTask InvokeNamespaceAsync(IFuseFileSystem fs, RequestSlot slot, FuseRequest request)
    {
        ReadOnlyMemory<byte> name;
        switch (slot.Header.Opcode)
        {
            case FuseOpcode.Symlink:
                return Names(slot, 0, out name, out var target)
                    ? fs.SymlinkAsync(request, name, target)
                    : MalformedAsync(slot, request);
            case FuseOpcode.MkNod:
                return Body(slot, out FuseMknodIn mknod) && Name(slot, sizeof(FuseMknodIn), out name)
                    ? fs.MkNodAsync(request, mknod, name)
                    : MalformedAsync(slot, request);
            case FuseOpcode.MkDir:
                return Body(slot, out FuseMkdirIn mkdir) && Name(slot, sizeof(FuseMkdirIn), out name)
                    ? fs.MkDirAsync(request, mkdir, name)
                    : MalformedAsync(slot, request);
            case FuseOpcode.Unlink:
                return Name(slot, 0, out name) ? fs.UnlinkAsync(request, name) : MalformedAsync(slot, request);
            case FuseOpcode.RmDir:
                return Name(slot, 0, out name) ? fs.RmDirAsync(request, name) : MalformedAsync(slot, request);
            case FuseOpcode.Rename:
                return Body(slot, out FuseRenameIn rename) && Names(slot, sizeof(FuseRenameIn), out name, out target)
                    ? fs.RenameAsync(request, new FuseRename2In { NewDir = rename.NewDir }, name, target)
                    : MalformedAsync(slot, request);
            case FuseOpcode.Rename2:
                return Body(slot, out FuseRename2In rename2) && Names(slot, sizeof(FuseRename2In), out name, out target)
                    ? fs.RenameAsync(request, rename2, name, target)
                    : MalformedAsync(slot, request);
            case FuseOpcode.Link:
                return Body(slot, out FuseLinkIn link) && Name(slot, sizeof(FuseLinkIn), out name)
                    ? fs.LinkAsync(request, link.OldNodeId, name)
                    : MalformedAsync(slot, request);
            case FuseOpcode.TmpFile:
                return Body(slot, out FuseCreateIn create) ? fs.TmpFileAsync(request, create) : MalformedAsync(slot, request);
            case FuseOpcode.SetXattr:
                return InvokeSetXattrAsync(fs, slot, request);
            case FuseOpcode.ListXattr:
                return Body(slot, out FuseGetxattrIn list) && Fits(slot, list.Size)
                    ? fs.ListXattrAsync(request, list)
                    : MalformedAsync(slot, request);
            case FuseOpcode.RemoveXattr:
                return Name(slot, 0, out name) ? fs.RemoveXattrAsync(request, name) : MalformedAsync(slot, request);
            default:
                return InvokeRestAsync(fs, slot, request);
        }
    }

    private static ValueTask InvokeRestAsync(IFuseFileSystem fs, RequestSlot slot, FuseRequest request)
    {
        switch (slot.Header.Opcode)
        {
            case FuseOpcode.StatFs:
                return fs.StatFsAsync(request);
            case FuseOpcode.SyncFs:
                return fs.SyncFsAsync(request);
            case FuseOpcode.FSync:
                return Body(slot, out FuseFsyncIn fsync) ? fs.FSyncAsync(request, fsync) : MalformedAsync(slot, request);
            case FuseOpcode.FSyncDir:
                return Body(slot, out fsync) ? fs.FSyncDirAsync(request, fsync) : MalformedAsync(slot, request);
            case FuseOpcode.GetLk:
                return Body(slot, out FuseLkIn lk) ? fs.GetLockAsync(request, lk) : MalformedAsync(slot, request);
            case FuseOpcode.SetLk:
                return Body(slot, out lk) ? fs.SetLockAsync(request, lk) : MalformedAsync(slot, request);
            case FuseOpcode.SetLkW:
                return Body(slot, out lk) ? fs.SetLockWaitAsync(request, lk) : MalformedAsync(slot, request);
            case FuseOpcode.Fallocate:
                return Body(slot, out FuseFallocateIn fallocate)
                    ? fs.FallocateAsync(request, fallocate)
                    : MalformedAsync(slot, request);
            case FuseOpcode.LSeek:
                return Body(slot, out FuseLseekIn lseek) ? fs.LSeekAsync(request, lseek) : MalformedAsync(slot, request);
            case FuseOpcode.CopyFileRange:
            case FuseOpcode.CopyFileRange64:
                return Body(slot, out FuseCopyFileRangeIn copy)
                    ? fs.CopyFileRangeAsync(request, copy)
                    : MalformedAsync(slot, request);
            case FuseOpcode.Ioctl:
                return Body(slot, out FuseIoctlIn ioctl)
                    && ioctl.InSize == slot.BodyLength - sizeof(FuseIoctlIn) && Fits(slot, ioctl.OutSize)
                    ? fs.IoctlAsync(request, ioctl, slot.BodyMemory(sizeof(FuseIoctlIn), (int)ioctl.InSize))
                    : MalformedAsync(slot, request);
            case FuseOpcode.Poll:
                return Body(slot, out FusePollIn poll) ? fs.PollAsync(request, poll) : MalformedAsync(slot, request);
            case FuseOpcode.BMap:
                return Body(slot, out FuseBmapIn bmap) ? fs.BMapAsync(request, bmap) : MalformedAsync(slot, request);
            case FuseOpcode.SetupMapping:
                return Body(slot, out FuseSetupmappingIn setup)
                    ? fs.SetupMappingAsync(request, setup)
                    : MalformedAsync(slot, request);
            case FuseOpcode.RemoveMapping:
                return fs.RemoveMappingAsync(request, slot.BodyMemory(0, slot.BodyLength));
            case FuseOpcode.Destroy:
                request.Reply.Ok();
                return default;
            default:
                // Opcodes that this protocol minor does not have, or that are answered before: never to be asked again.
                request.Reply.Error(Errno.ENOSYS);
                return default;
        }
    }

    private static ValueTask InvokeSetXattrAsync(IFuseFileSystem fs, RequestSlot slot, FuseRequest request)
    {
        bool extended = slot.Server.Connection.Negotiation.Has(FuseCapabilities.SetxattrExt);
        int head = extended ? sizeof(FuseSetxattrIn) : FuseSetxattrIn.BytesWithoutExt;
        if (slot.BodyLength < head) return MalformedAsync(slot, request);
        FuseSetxattrIn args = default;
        Unsafe.CopyBlockUnaligned(&args, slot.Body, (uint)head);
        int at = head;
        if (!NextName(slot, ref at, out var name) || args.Size != slot.BodyLength - at) return MalformedAsync(slot, request);
        return fs.SetXattrAsync(request, args, name, slot.BodyMemory(at, (int)args.Size));
    }

    private static ValueTask MalformedAsync(RequestSlot slot, FuseRequest request)
    {
        slot.Server.Counters.CountMalformed();
        request.Reply.Error(Errno.EINVAL);
        return default;
    }

    /// <summary>Whether an answer of that size has room in a reply buffer: so handlers need not ask.</summary>
    private static bool Fits(RequestSlot slot, uint size) => size <= (uint)slot.Server.Buffers.BufferBytes;

    private static bool Body<T>(RequestSlot slot, out T body)
        where T : unmanaged
    {
        if (slot.BodyLength < sizeof(T))
        {
            body = default;
            return false;
        }
        body = Unsafe.ReadUnaligned<T>(slot.Body);
        return true;
    }

    private static bool Name(RequestSlot slot, int at, out ReadOnlyMemory<byte> name) =>
        NextName(slot, ref at, out name) && at == slot.BodyLength;

    private static bool Names(RequestSlot slot, int at, out ReadOnlyMemory<byte> first, out ReadOnlyMemory<byte> second)
    {
        second = default;
        return NextName(slot, ref at, out first) && Name(slot, at, out second);
    }

    /// <summary>A string up to its NUL, which must be inside the body.</summary>
    private static bool NextName(RequestSlot slot, ref int at, out ReadOnlyMemory<byte> name)
    {
        name = default;
        if (at >= slot.BodyLength) return false;
        int length = new ReadOnlySpan<byte>(slot.Body + at, slot.BodyLength - at).IndexOf((byte)0);
        if (length <= 0) return false;
        name = slot.BodyMemory(at, length);
        at += length + 1;
        return true;
    }
}
