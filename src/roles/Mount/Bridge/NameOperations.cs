using FlexFs.Client.Handles;
using FlexFs.Core;
using FlexFs.Fuse;
using FlexFs.Fuse.Protocol;
using FlexFs.Mount.State;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Mount.Bridge;

/// <summary>Names: looking up, making, linking, moving and removing them. One request to the metadata server each.</summary>
/// <remarks>
/// What has an effect is recorded in the <see cref="RequestTable"/> before and after, so that a request which the kernel sends again
/// gets its first outcome: a second MKDIR would say EEXIST to a program whose first one worked (fuse-notes: repeated CREATE, MKDIR,
/// UNLINK, RENAME are not harmless).
/// </remarks>
internal sealed class NameOperations(BridgeContext context)
{
    internal async ValueTask LookupAsync(FuseRequest request, ReadOnlyMemory<byte> name)
    {
        var found = await context.FileSystem.LookupAsync(context.Inode(request.NodeId), name, default);
        AnswerEntry(request, found);
    }

    internal async ValueTask SymlinkAsync(FuseRequest request, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> target)
    {
        if (!Begins(request, out var slot, out var executed))
        {
            await RepeatEntryAsync(request, executed);
            return;
        }

        using var change = context.Changes.Begin();
        var made = await context.FileSystem.MakeSymlinkAsync(
            context.Inode(request.NodeId), name, target, request.Uid, request.Gid);
        EndEntry(request, slot, made);
    }

    internal async ValueTask MkNodAsync(FuseRequest request, FuseMknodIn args, ReadOnlyMemory<byte> name)
    {
        if (!Begins(request, out var slot, out var executed))
        {
            await RepeatEntryAsync(request, executed);
            return;
        }

        using var change = context.Changes.Begin();
        var made = await context.FileSystem.MakeNodeAsync(
            context.Inode(request.NodeId), name, args.Mode, args.Rdev, request.Uid, request.Gid);
        EndEntry(request, slot, made);
    }

    internal async ValueTask MkDirAsync(FuseRequest request, FuseMkdirIn args, ReadOnlyMemory<byte> name)
    {
        if (!Begins(request, out var slot, out var executed))
        {
            await RepeatEntryAsync(request, executed);
            return;
        }

        using var change = context.Changes.Begin();
        var made = await context.FileSystem.MakeDirectoryAsync(
            context.Inode(request.NodeId), name, args.Mode, request.Uid, request.Gid);
        EndEntry(request, slot, made);
    }

    internal async ValueTask LinkAsync(FuseRequest request, ulong oldNodeId, ReadOnlyMemory<byte> newName)
    {
        if (!Begins(request, out var slot, out var executed))
        {
            await RepeatEntryAsync(request, executed);
            return;
        }

        using var change = context.Changes.Begin();
        var linked = await context.FileSystem.LinkAsync(
            context.Inode(oldNodeId), context.Inode(request.NodeId), newName);
        EndEntry(request, slot, linked);
    }

    internal async ValueTask UnlinkAsync(FuseRequest request, ReadOnlyMemory<byte> name)
    {
        if (!Begins(request, out var slot, out var executed))
        {
            request.Reply.Error((Errno)executed.Errno);
            return;
        }

        using var change = context.Changes.Begin();
        End(request, slot, await context.FileSystem.UnlinkAsync(context.Inode(request.NodeId), name));
    }

    internal async ValueTask RmDirAsync(FuseRequest request, ReadOnlyMemory<byte> name)
    {
        if (!Begins(request, out var slot, out var executed))
        {
            request.Reply.Error((Errno)executed.Errno);
            return;
        }

        using var change = context.Changes.Begin();
        End(request, slot, await context.FileSystem.RemoveDirectoryAsync(context.Inode(request.NodeId), name));
    }

    internal async ValueTask RenameAsync(
        FuseRequest request, FuseRename2In args, ReadOnlyMemory<byte> oldName, ReadOnlyMemory<byte> newName)
    {
        // rename(2): EINVAL when the file system does not support a flag.
        const uint Known = FuseRename2In.NoReplace | FuseRename2In.Exchange | FuseRename2In.Whiteout;
        if ((args.Flags & ~Known) != 0)
        {
            request.Reply.Error(Errno.EINVAL);
            return;
        }

        if (!Begins(request, out var slot, out var executed))
        {
            request.Reply.Error((Errno)executed.Errno);
            return;
        }

        using var change = context.Changes.Begin();
        var errno = await context.FileSystem.RenameAsync(
            context.Inode(request.NodeId), oldName, context.Inode(args.NewDir), newName, (RenameFlags)args.Flags, request.Uid,
            request.Gid);
        End(request, slot, errno);
    }

    internal async ValueTask CreateAsync(FuseRequest request, FuseCreateIn args, ReadOnlyMemory<byte> name)
    {
        if (!Begins(request, out var slot, out var executed))
        {
            await RepeatCreateAsync(request, executed);
            return;
        }

        using var change = context.Changes.Begin();
        var made = await context.FileSystem.CreateAsync(
            context.Inode(request.NodeId), name, args.Mode & Core.FileMode.PermissionMask, request.Uid, request.Gid,
            (OpenFlags)args.Flags);
        EndCreate(request, slot, args.Flags, made);
    }

    internal async ValueTask TmpFileAsync(FuseRequest request, FuseCreateIn args)
    {
        if (!Begins(request, out var slot, out var executed))
        {
            await RepeatCreateAsync(request, executed);
            return;
        }

        var made = await context.FileSystem.CreateUnnamedAsync(
            context.Inode(request.NodeId), args.Mode, request.Uid, request.Gid, (OpenFlags)args.Flags);
        EndCreate(request, slot, args.Flags, made);
    }

    private void EndCreate(FuseRequest request, int slot, uint flags, in Result<OpenResult> made)
    {
        if (!made.IsOk)
        {
            End(request, slot, made.Errno);
            return;
        }

        var opened = made.Value;
        var errno = context.Handles.Add(opened.Handle, opened.Attributes.Inode, flags);
        context.Requests.End(slot, errno, opened.Attributes.Inode, opened.Handle);
        if (errno != Errno.OK)
        {
            _ = context.FileSystem.Release(opened.Handle);
            request.Reply.Error(errno);
            return;
        }

        AnswerCreate(request, opened.Attributes, opened.Handle);
    }

    private bool Begins(FuseRequest request, out int slot, out RequestSlot executed)
    {
        slot = context.Requests.Begin(
            request.Unique, (uint)request.Opcode, context.Inode(request.NodeId), out var found);
        executed = found.GetValueOrDefault();
        return found is null;
    }

    private void End(FuseRequest request, int slot, Errno errno)
    {
        context.Requests.End(slot, errno);
        request.Reply.Error(errno);
    }

    private void EndEntry(FuseRequest request, int slot, in Result<Attributes> made)
    {
        context.Requests.End(slot, made.Errno, made.IsOk ? made.Value.Inode : InodeId.None);
        AnswerEntry(request, made);
    }

    private void AnswerEntry(FuseRequest request, in Result<Attributes> found)
    {
        if (found.IsOk) request.Reply.Entry(context.Replies.Entry(found.Value));
        else request.Reply.Error(found.Errno);
    }

    private void AnswerCreate(FuseRequest request, in Attributes attributes, ulong handle)
    {
        // A file that was there and is opened now may have pages of an older state in the kernel, so nothing is kept.
        var taken = request.Reply.Create(
            context.Replies.Entry(attributes), new FuseOpenOut { Fh = handle, OpenFlags = FuseOpenFlags.None });
        if (taken) return;
        // The program was killed meanwhile: nobody will release what nobody got.
        context.Handles.Remove(handle);
        _ = context.FileSystem.Release(handle);
    }

    private async ValueTask RepeatEntryAsync(FuseRequest request, RequestSlot executed)
    {
        if (executed.Errno != 0) request.Reply.Error((Errno)executed.Errno);
        else AnswerEntry(request, await context.FileSystem.GetAttributesAsync(new InodeId(executed.ResultInode)));
    }

    private async ValueTask RepeatCreateAsync(FuseRequest request, RequestSlot executed)
    {
        if (executed.Errno != 0)
        {
            request.Reply.Error((Errno)executed.Errno);
            return;
        }

        var attributes = await context.FileSystem.GetAttributesAsync(new InodeId(executed.ResultInode));
        if (attributes.IsOk) AnswerCreate(request, attributes.Value, executed.ResultValue);
        else request.Reply.Error(attributes.Errno);
    }
}
