using FlexFs.Core;
using FlexFs.Fuse;
using FlexFs.Fuse.Protocol;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Mount.Bridge;

/// <summary>Attributes, symlink targets and space.</summary>
internal sealed class AttributeOperations(BridgeContext context)
{
    private const uint FragmentBytes = 4096;

    internal async ValueTask GetAttrAsync(FuseRequest request)
    {
        var found = await FindAsync(request);
        if (found.IsOk) Answer(request, found.Value);
        else request.Reply.Error(found.Errno);
    }

    internal async ValueTask StatxAsync(FuseRequest request)
    {
        var found = await FindAsync(request);
        if (found.IsOk)
        {
            using var giving = context.Kernel.Give();
            var valid = giving.Resolve(found.Value, out var now);
            request.Reply.Statx(Replies.Statx(now, valid));
            return;
        }

        request.Reply.Error(found.Errno);
    }

    internal async ValueTask SetAttrAsync(FuseRequest request, FuseSetattrIn args)
    {
        var inode = context.Inode(request.NodeId);
        var change = ChangeOf(args);
        using var counted = context.Changes.Begin();
        // A SETATTR that changes nothing may come with FUSE_HANDLE_KILLPRIV_V2: the answer is what is.
        var (changed, isAwaited) = await context.WaitAsync(request, change.Mask == AttributeMask.None
            ? context.FileSystem.GetAttributesAsync(inode)
            : context.FileSystem.SetAttributesAsync(inode, change));
        if (changed.IsOk) context.OpenDirectories.Learn(changed.Value);
        if (!isAwaited) return;
        if (changed.IsOk) Answer(request, changed.Value);
        else request.Reply.Error(changed.Errno);
    }

    private void Answer(FuseRequest request, in Attributes attributes)
    {
        using var giving = context.Kernel.Give();
        var valid = giving.Resolve(attributes, out var now);
        request.Reply.Attr(Replies.Attributes(now, valid));
    }

    internal async ValueTask ReadLinkAsync(FuseRequest request)
    {
        var target = await context.FileSystem.ReadSymlinkAsync(
            context.Inode(request.NodeId), BridgeContext.Interrupt(request));
        if (target.IsOk) request.Reply.Data(target.Value.Span);
        else request.Reply.Error(target.Errno);
    }

    internal async ValueTask StatFsAsync(FuseRequest request)
    {
        var found = await context.FileSystem.StatVolumeAsync(
            context.Inode(request.NodeId), BridgeContext.Interrupt(request));
        if (!found.IsOk)
        {
            request.Reply.Error(found.Errno);
            return;
        }

        var volume = found.Value;
        var free = (volume.TotalBytes - Math.Min(volume.UsedBytes, volume.TotalBytes)) / FragmentBytes;
        request.Reply.StatFs(new FuseKstatfs
        {
            Blocks = volume.TotalBytes / FragmentBytes,
            Bfree = free,
            Bavail = free,
            Files = volume.TotalInodes,
            Ffree = volume.TotalInodes - Math.Min(volume.UsedInodes, volume.TotalInodes),
            Bsize = 1u << context.FileSystem.BlockSizeLog2,
            Frsize = FragmentBytes,
            Namelen = Limits.NameBytesMax,
        });
    }

    private async ValueTask<Result<Attributes>> FindAsync(FuseRequest request)
    {
        var inode = context.Inode(request.NodeId);
        var found = await context.FileSystem.GetAttributesAsync(inode, BridgeContext.Interrupt(request));
        if (found.IsOk) context.OpenDirectories.Learn(found.Value);
        return found.Errno == Errno.ESTALE && context.OpenDirectories.TryGetRemoved(inode, out var removed) ? removed : found;
    }

    private static AttributeChange ChangeOf(in FuseSetattrIn args)
    {
        var mask = AttributeMask.None;
        if (Has(args, FuseSetattrValid.Mode)) mask |= AttributeMask.Mode;
        if (Has(args, FuseSetattrValid.Uid)) mask |= AttributeMask.UserId;
        if (Has(args, FuseSetattrValid.Gid)) mask |= AttributeMask.GroupId;
        if (Has(args, FuseSetattrValid.Size)) mask |= AttributeMask.Size;
        if (Has(args, FuseSetattrValid.AtimeNow)) mask |= AttributeMask.AccessedNow;
        else if (Has(args, FuseSetattrValid.Atime)) mask |= AttributeMask.AccessedAt;
        if (Has(args, FuseSetattrValid.MtimeNow)) mask |= AttributeMask.ModifiedNow;
        else if (Has(args, FuseSetattrValid.Mtime)) mask |= AttributeMask.ModifiedAt;
        if (Has(args, FuseSetattrValid.KillSuidGid)) mask |= AttributeMask.ClearSetId;
        return new AttributeChange
        {
            Mask = mask,
            Mode = args.Mode & Core.FileMode.PermissionMask,
            UserId = args.Uid,
            GroupId = args.Gid,
            SizeBytes = (long)args.Size,
            AccessedAt = Instant.FromTimespec((long)args.Atime, args.AtimeNsec),
            ModifiedAt = Instant.FromTimespec((long)args.Mtime, args.MtimeNsec),
        };
    }

    private static bool Has(in FuseSetattrIn args, FuseSetattrValid bit) => (args.Valid & bit) != 0;
}
