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
/// UNLINK, RENAME are not harmless). So each operation has one shape: it begins, or was executed and its outcome is repeated; and it
/// ends with an errno, an entry, or an open file.
/// </remarks>
internal sealed class NameOperations(BridgeContext context)
{
    internal async ValueTask LookupAsync(FuseRequest request, ReadOnlyMemory<byte> name) => AnswerEntry(
        request, await context.FileSystem.LookupAsync(context.Inode(request.NodeId), name, BridgeContext.Interrupt(request)));

    internal ValueTask SymlinkAsync(FuseRequest request, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> target) =>
        Begins(request, out var begun)
            ? EndEntryAsync(begun, context.FileSystem.MakeSymlinkAsync(
                context.Inode(request.NodeId), name, target, UserId(request), GroupId(request)))
            : RepeatEntryAsync(begun);

    internal ValueTask MkNodAsync(FuseRequest request, FuseMknodIn args, ReadOnlyMemory<byte> name) =>
        Begins(request, out var begun)
            ? EndEntryAsync(begun, context.FileSystem.MakeNodeAsync(
                context.Inode(request.NodeId), name, args.Mode, args.Rdev, UserId(request), GroupId(request), Umask(args.Umask)))
            : RepeatEntryAsync(begun);

    internal ValueTask MkDirAsync(FuseRequest request, FuseMkdirIn args, ReadOnlyMemory<byte> name) =>
        Begins(request, out var begun)
            ? EndEntryAsync(begun, context.FileSystem.MakeDirectoryAsync(
                context.Inode(request.NodeId), name, args.Mode, UserId(request), GroupId(request), Umask(args.Umask)))
            : RepeatEntryAsync(begun);

    internal ValueTask LinkAsync(FuseRequest request, ulong oldNodeId, ReadOnlyMemory<byte> newName) =>
        Begins(request, out var begun)
            ? EndEntryAsync(begun, context.FileSystem.LinkAsync(
                context.Inode(oldNodeId), context.Inode(request.NodeId), newName))
            : RepeatEntryAsync(begun);

    internal ValueTask UnlinkAsync(FuseRequest request, ReadOnlyMemory<byte> name) =>
        Begins(request, out var begun)
            ? EndAsync(begun, context.FileSystem.UnlinkAsync(context.Inode(request.NodeId), name))
            : RepeatAsync(begun);

    internal ValueTask RmDirAsync(FuseRequest request, ReadOnlyMemory<byte> name) =>
        Begins(request, out var begun)
            ? EndAsync(begun, context.FileSystem.RemoveDirectoryAsync(context.Inode(request.NodeId), name))
            : RepeatAsync(begun);

    internal ValueTask RenameAsync(
        FuseRequest request, FuseRename2In args, ReadOnlyMemory<byte> oldName, ReadOnlyMemory<byte> newName)
    {
        // rename(2): EINVAL when the file system does not support a flag.
        const uint Known = FuseRename2In.NoReplace | FuseRename2In.Exchange | FuseRename2In.Whiteout;
        if ((args.Flags & ~Known) != 0)
        {
            request.Reply.Error(Errno.EINVAL);
            return default;
        }

        return Begins(request, out var begun)
            ? EndAsync(begun, context.FileSystem.RenameAsync(
                context.Inode(request.NodeId), oldName, context.Inode(args.NewDir), newName, (RenameFlags)args.Flags,
                UserId(request), GroupId(request)))
            : RepeatAsync(begun);
    }

    internal ValueTask CreateAsync(FuseRequest request, FuseCreateIn args, ReadOnlyMemory<byte> name) =>
        Begins(request, out var begun)
            ? EndCreateAsync(begun, args.Flags, context.FileSystem.CreateAsync(
                context.Inode(request.NodeId), name, args.Mode & Core.FileMode.PermissionMask, UserId(request), GroupId(request),
                (OpenFlags)args.Flags, Umask(args.Umask), (args.OpenFlags & FuseOpenIn.KillSuidGid) != 0))
            : RepeatCreateAsync(begun);

    internal ValueTask TmpFileAsync(FuseRequest request, FuseCreateIn args) =>
        Begins(request, out var begun)
            ? EndCreateAsync(begun, args.Flags, context.FileSystem.CreateUnnamedAsync(
                context.Inode(request.NodeId), args.Mode, UserId(request), GroupId(request), (OpenFlags)args.Flags,
                Umask(args.Umask)))
            : RepeatCreateAsync(begun);

    private uint UserId(FuseRequest request) => context.Ownership.UserId(request);

    private uint GroupId(FuseRequest request) => context.Ownership.GroupId(request);

    private uint Umask(uint callers) => context.Ownership.UmaskOf(callers);

    // False when it was executed before: then its outcome is in what begun.
    private bool Begins(FuseRequest request, out Begun begun)
    {
        var slot = context.Requests.Begin(
            request.Unique, (uint)request.Opcode, context.Inode(request.NodeId), out var executed);
        begun = executed is { } found
            ? new Begun(request, slot, default, found)
            : new Begun(request, slot, context.Changes.Begin(), default);
        return executed is null;
    }

    private async ValueTask EndAsync(Begun begun, ValueTask<Errno> operation)
    {
        using var change = begun.Change;
        var (errno, isAwaited) = await context.WaitAsync(begun.Request, operation);
        context.Requests.End(begun.Slot, errno);
        if (isAwaited) begun.Request.Reply.Error(errno);
    }

    private async ValueTask EndEntryAsync(Begun begun, ValueTask<Result<Attributes>> operation)
    {
        using var change = begun.Change;
        var (made, isAwaited) = await context.WaitAsync(begun.Request, operation);
        context.Requests.End(begun.Slot, made.Errno, made.IsOk ? made.Value.Inode : InodeId.None);
        if (isAwaited) AnswerEntry(begun.Request, made);
    }

    private async ValueTask EndCreateAsync(Begun begun, uint flags, ValueTask<Result<OpenResult>> operation)
    {
        using var change = begun.Change;
        var (made, isAwaited) = await context.WaitAsync(begun.Request, operation);
        if (!made.IsOk)
        {
            context.Requests.End(begun.Slot, made.Errno);
            if (isAwaited) begun.Request.Reply.Error(made.Errno);
            return;
        }

        var opened = made.Value;
        var errno = isAwaited ? context.Handles.Add(opened.Handle, opened.Attributes.Inode, flags) : Errno.EINTR;
        context.Requests.End(begun.Slot, errno, opened.Attributes.Inode, opened.Handle);
        if (errno == Errno.OK)
        {
            AnswerCreate(begun.Request, opened.Attributes, opened.Handle);
            return;
        }

        _ = context.FileSystem.Release(opened.Handle);
        if (isAwaited) begun.Request.Reply.Error(errno);
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

    private static ValueTask RepeatAsync(Begun begun)
    {
        begun.Request.Reply.Error((Errno)begun.Executed.Errno);
        return default;
    }

    private async ValueTask RepeatEntryAsync(Begun begun)
    {
        if (begun.Executed.Errno != 0) begun.Request.Reply.Error((Errno)begun.Executed.Errno);
        else AnswerEntry(begun.Request, await AttributesAsync(begun));
    }

    private async ValueTask RepeatCreateAsync(Begun begun)
    {
        if (begun.Executed.Errno != 0)
        {
            begun.Request.Reply.Error((Errno)begun.Executed.Errno);
            return;
        }

        var attributes = await AttributesAsync(begun);
        if (attributes.IsOk) AnswerCreate(begun.Request, attributes.Value, begun.Executed.ResultValue);
        else begun.Request.Reply.Error(attributes.Errno);
    }

    private ValueTask<Result<Attributes>> AttributesAsync(Begun begun) =>
        context.FileSystem.GetAttributesAsync(new InodeId(begun.Executed.ResultInode));

    /// <summary>An operation that began, or that was executed before.</summary>
    /// <param name="Request">What asks for it.</param>
    /// <param name="Slot">Its place in the table of requests.</param>
    /// <param name="Change">Counts it as a change until it is done.</param>
    /// <param name="Executed">Its outcome, if it was executed before.</param>
    private readonly record struct Begun(FuseRequest Request, int Slot, ChangeCount.Change Change, RequestSlot Executed);
}
