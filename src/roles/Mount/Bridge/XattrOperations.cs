using FlexFs.Core;
using FlexFs.Fuse;
using FlexFs.Fuse.Protocol;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Mount.Bridge;

/// <summary>Extended attributes, POSIX ACLs among them.</summary>
/// <remarks>
/// The kernel checks who may (xattr(7)): trusted and security attributes are root's, user attributes of files and directories follow
/// their permissions. It parses ACLs and enforces them; the server keeps them together with the permission bits.
/// </remarks>
internal sealed class XattrOperations(BridgeContext context, bool withXattrs, bool withAcls)
{
    internal async ValueTask GetAsync(FuseRequest request, uint size, ReadOnlyMemory<byte> name)
    {
        if (IsRefused(request, name)) return;
        Answer(request, size, await context.FileSystem.GetXattrAsync(
            context.Inode(request.NodeId), name, BridgeContext.Interrupt(request)));
    }

    internal async ValueTask ListAsync(FuseRequest request, uint size)
    {
        if (IsRefused(request, default)) return;
        var isPrivileged = context.Ownership.IsPrivileged(request);
        var found = await context.FileSystem.ListXattrsAsync(
            context.Inode(request.NodeId), BridgeContext.Interrupt(request));
        if (found.IsOk) found = Visible(found.Value, isPrivileged);
        Answer(request, size, found);
    }

    internal async ValueTask SetAsync(
        FuseRequest request, FuseSetxattrIn args, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> value)
    {
        if (IsRefused(request, name)) return;
        var how = args.Flags switch
        {
            0 => XattrMode.Any,
            FuseSetxattrIn.Create => XattrMode.Create,
            FuseSetxattrIn.Replace => XattrMode.Replace,
            _ => (XattrMode?)null,
        };
        if (how is not { } mode)
        {
            request.Reply.Error(Errno.EINVAL);
            return;
        }

        using var change = context.Changes.Begin();
        var clearsSetGroupId = (args.SetxattrFlags & FuseSetxattrIn.AclKillSgid) != 0;
        var (errno, isAwaited) = await context.WaitAsync(
            request, context.FileSystem.SetXattrAsync(context.Inode(request.NodeId), name, value, mode, clearsSetGroupId));
        if (isAwaited) request.Reply.Error(errno);
    }

    internal async ValueTask RemoveAsync(FuseRequest request, ReadOnlyMemory<byte> name)
    {
        if (IsRefused(request, name)) return;
        using var change = context.Changes.Begin();
        var (errno, isAwaited) = await context.WaitAsync(
            request, context.FileSystem.RemoveXattrAsync(context.Inode(request.NodeId), name));
        if (isAwaited) request.Reply.Error(errno);
    }

    // Without attributes the kernel is told so once, and does not ask again.
    private bool IsRefused(FuseRequest request, ReadOnlyMemory<byte> name)
    {
        if (!withXattrs) request.Reply.Error(Errno.ENOSYS);
        else if (!withAcls && name.Span.StartsWith("system."u8)) request.Reply.Error(Errno.EOPNOTSUPP);
        else return false;
        return true;
    }

    // xattr(7): who has no privileges does not see trusted attributes.
    private ReadOnlyMemory<byte> Visible(ReadOnlyMemory<byte> names, bool isPrivileged)
    {
        var visible = new List<byte>(names.Length);
        while (!names.IsEmpty)
        {
            var length = names.Span.IndexOf((byte)0) + 1;
            var name = names.Span[..length];
            var isHidden = (!isPrivileged && name.StartsWith("trusted."u8)) || (!withAcls && name.StartsWith("system."u8));
            if (!isHidden) visible.AddRange(name);
            names = names[length..];
        }

        return visible.ToArray();
    }

    // getxattr(2): size 0 asks how much there is; ERANGE when the buffer is too small.
    private static void Answer(FuseRequest request, uint size, in Result<ReadOnlyMemory<byte>> found)
    {
        if (!found.IsOk) request.Reply.Error(found.Errno);
        else if (size == 0) request.Reply.XattrSize((uint)found.Value.Length);
        else if (found.Value.Length > size) request.Reply.Error(Errno.ERANGE);
        else request.Reply.Data(found.Value.Span);
    }
}
