using FlexFs.Core;
using FlexFs.Fuse;
using FlexFs.Fuse.Protocol;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Mount.Bridge;

/// <summary>Ranges of open files: fallocate, SEEK_HOLE and SEEK_DATA, copy_file_range.</summary>
/// <remarks>The kernel has written its dirty pages of the range before it asks, and drops its pages of what was changed.</remarks>
internal sealed class RangeOperations(BridgeContext context)
{
    internal async ValueTask FallocateAsync(FuseRequest request, FuseFallocateIn args)
    {
        const uint Known = FuseFallocateIn.KeepSize | FuseFallocateIn.PunchHole | FuseFallocateIn.ZeroRange;
        var isPunch = (args.Mode & FuseFallocateIn.PunchHole) != 0;
        var isZeroed = isPunch || (args.Mode & FuseFallocateIn.ZeroRange) != 0;
        var keepsSize = (args.Mode & FuseFallocateIn.KeepSize) != 0;

        // fallocate(2): EOPNOTSUPP for a mode that is not supported. A hole is only punched with KEEP_SIZE, which the kernel checks too.
        if ((args.Mode & ~Known) != 0 || (isPunch && !keepsSize))
        {
            request.Reply.Error(Errno.EOPNOTSUPP);
            return;
        }

        using var change = context.Changes.Begin();
        var errno = await ClearSetIdAsync(request, request.NodeId);
        if (errno == Errno.OK)
        {
            errno = await context.FileSystem.FallocateAsync(
                args.Fh, (long)args.Offset, (long)args.Length, isZeroed, keepsSize);
        }

        request.Reply.Error(errno);
    }

    internal async ValueTask LSeekAsync(FuseRequest request, FuseLseekIn args)
    {
        // lseek(2): EINVAL for another whence. The kernel does the others by itself.
        if (args.Whence is not (FuseLseekIn.SeekData or FuseLseekIn.SeekHole))
        {
            request.Reply.Error(Errno.EINVAL);
            return;
        }

        // What was stored through a mapping may be in the kernel's pages alone, where a hole would be: it writes back what it drops.
        if (context.FileSystem.IsOpenForWriting(context.Inode(request.NodeId))) await context.DropPagesAsync(request.NodeId, 0, 0);
        var found = await context.FileSystem.SeekAsync(args.Fh, (long)args.Offset, args.Whence == FuseLseekIn.SeekHole);
        if (found.IsOk) request.Reply.Position((ulong)found.Value);
        else request.Reply.Error(found.Errno);
    }

    internal async ValueTask CopyFileRangeAsync(FuseRequest request, FuseCopyFileRangeIn args)
    {
        // The older form of the answer has 32 bits: fewer bytes than asked for are no error.
        const ulong OlderMax = 1UL << 31;
        var length = request.Opcode == FuseOpcode.CopyFileRange ? Math.Min(args.Len, OlderMax) : args.Len;
        using var change = context.Changes.Begin();
        if (await ClearSetIdAsync(request, args.NodeIdOut) is not Errno.OK and var refusal)
        {
            request.Reply.Error(refusal);
            return;
        }

        var copied = await context.FileSystem.CopyRangeAsync(
            args.FhIn, (long)args.OffIn, args.FhOut, (long)args.OffOut, (long)Math.Min(length, long.MaxValue),
            request.InterruptToken);
        if (copied.IsOk) request.Reply.Copied((ulong)copied.Value);
        else request.Reply.Error(copied.Errno);
    }

    // inode(7): what somebody without CAP_FSETID changes loses set-user-ID. The kernel says so of writes, and nothing of these two: a user
    // who is not root is taken for one without it.
    private async ValueTask<Errno> ClearSetIdAsync(FuseRequest request, ulong nodeId)
    {
        if (context.Ownership.IsPrivileged(request)) return Errno.OK;
        var inode = context.Inode(nodeId);
        var found = await context.FileSystem.GetAttributesAsync(inode);
        if (!found.IsOk) return found.Errno;
        if ((found.Value.Mode & (Core.FileMode.SetUid | Core.FileMode.SetGid)) == 0) return Errno.OK;
        var cleared = await context.FileSystem.SetAttributesAsync(inode, new AttributeChange { Mask = AttributeMask.ClearSetId });
        context.DropAttributes(nodeId);
        return cleared.Errno;
    }
}
