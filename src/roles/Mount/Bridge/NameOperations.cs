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
    private static readonly byte[] Parent = [(byte)'.', (byte)'.'];

    internal async ValueTask LookupAsync(FuseRequest request, ReadOnlyMemory<byte> name)
    {
        if (IsRelation(name.Span))
        {
            await LookupRelationAsync(request, isParent: name.Length == 2);
            return;
        }

        var parent = context.Inode(request.NodeId);
        var found = await context.FileSystem.FindAsync(parent, name, BridgeContext.Interrupt(request));
        if (!found.IsOk)
        {
            request.Reply.Error(found.Errno);
            return;
        }

        using var giving = context.Kernel.Give();
        if (!found.Value.IsAbsent)
        {
            request.Reply.Entry(giving.Entry(parent, name.Span, found.Value.Attributes));
            return;
        }

        var valid = giving.Absent(parent, name.Span);
        if (valid > TimeSpan.Zero) request.Reply.Entry(Replies.Absent(valid));
        else request.Reply.Error(Errno.ENOENT);
    }

    /// <summary>Whether a look-up is no name: what open_by_handle_at(2) leads to where the kernel has forgotten the inode.</summary>
    internal static bool IsRelation(ReadOnlySpan<byte> name) => name.SequenceEqual("."u8) || name.SequenceEqual(".."u8);

    internal ValueTask SymlinkAsync(FuseRequest request, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> target) =>
        Begins(request, out var begun)
            ? EndEntryAsync(begun, name, context.FileSystem.MakeSymlinkAsync(
                context.Inode(request.NodeId), name, target, UserId(request), GroupId(request)))
            : RepeatEntryAsync(begun, name);

    internal ValueTask MkNodAsync(FuseRequest request, FuseMknodIn args, ReadOnlyMemory<byte> name) =>
        Begins(request, out var begun)
            ? EndEntryAsync(begun, name, context.FileSystem.MakeNodeAsync(
                context.Inode(request.NodeId), name, args.Mode, args.Rdev, UserId(request), GroupId(request), Umask(args.Umask)))
            : RepeatEntryAsync(begun, name);

    internal ValueTask MkDirAsync(FuseRequest request, FuseMkdirIn args, ReadOnlyMemory<byte> name) =>
        Begins(request, out var begun)
            ? EndEntryAsync(begun, name, context.FileSystem.MakeDirectoryAsync(
                context.Inode(request.NodeId), name, args.Mode, UserId(request), GroupId(request), Umask(args.Umask)))
            : RepeatEntryAsync(begun, name);

    internal ValueTask LinkAsync(FuseRequest request, ulong oldNodeId, ReadOnlyMemory<byte> newName) =>
        Begins(request, out var begun)
            ? EndEntryAsync(begun, newName, context.FileSystem.LinkAsync(
                context.Inode(oldNodeId), context.Inode(request.NodeId), newName))
            : RepeatEntryAsync(begun, newName);

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
            ? EndRenameAsync(begun, args, oldName, newName)
            : RepeatAsync(begun);
    }

    internal ValueTask CreateAsync(FuseRequest request, FuseCreateIn args, ReadOnlyMemory<byte> name) =>
        Begins(request, out var begun)
            ? EndCreateAsync(begun, args.Flags, name, context.FileSystem.CreateAsync(
                context.Inode(request.NodeId), name, args.Mode & Core.FileMode.PermissionMask, UserId(request), GroupId(request),
                (OpenFlags)args.Flags, Umask(args.Umask), (args.OpenFlags & FuseOpenIn.KillSuidGid) != 0))
            : RepeatCreateAsync(begun, name);

    internal ValueTask TmpFileAsync(FuseRequest request, FuseCreateIn args) =>
        Begins(request, out var begun)
            ? EndCreateAsync(begun, args.Flags, default, context.FileSystem.CreateUnnamedAsync(
                context.Inode(request.NodeId), args.Mode, UserId(request), GroupId(request), (OpenFlags)args.Flags,
                Umask(args.Umask)))
            : RepeatCreateAsync(begun, default);

    // FUSE_EXPORT_SUPPORT: "." is the node itself, of whatever type, and ".." a directory's parent. ESTALE when it is gone.
    private async ValueTask LookupRelationAsync(FuseRequest request, bool isParent)
    {
        var files = context.FileSystem;
        var inode = context.Inode(request.NodeId);
        var found = isParent
            ? await files.LookupAsync(inode, Parent, BridgeContext.Interrupt(request))
            : await files.GetAttributesAsync(inode, BridgeContext.Interrupt(request));
        // Who asks has forgotten it, so nobody has it open here: what has no name any more is gone, though the server may keep it a while.
        if (!found.IsOk || found.Value.LinkCount == 0)
        {
            request.Reply.Error(found.IsOk ? Errno.ESTALE : found.Errno);
            return;
        }

        using var giving = context.Kernel.Give();
        var valid = giving.Resolve(found.Value, out var now);
        var entry = Replies.Entry(now, valid, TimeSpan.Zero);
        request.Reply.Entry(now.Inode == files.Root ? entry with { NodeId = InodeId.Root.Value } : entry);
    }

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

    private ValueTask EndRenameAsync(
        Begun begun, FuseRename2In args, ReadOnlyMemory<byte> oldName, ReadOnlyMemory<byte> newName)
    {
        var request = begun.Request;
        var (from, into) = (context.Inode(request.NodeId), context.Inode(args.NewDir));

        // The kernel moves what it has, and looks nothing up.
        context.Kernel.Moved(into, newName.Span);
        if ((args.Flags & FuseRename2In.Exchange) != 0) context.Kernel.Moved(from, oldName.Span);
        return EndAsync(begun, context.FileSystem.RenameAsync(
            from, oldName, into, newName, (RenameFlags)args.Flags, UserId(request), GroupId(request)));
    }

    private async ValueTask EndEntryAsync(Begun begun, ReadOnlyMemory<byte> name, ValueTask<Result<Attributes>> operation)
    {
        using var change = begun.Change;
        var (made, isAwaited) = await context.WaitAsync(begun.Request, operation);
        context.Requests.End(begun.Slot, made.Errno, made.IsOk ? made.Value.Inode : InodeId.None);
        if (isAwaited) AnswerEntry(begun.Request, name, made);
    }

    private async ValueTask EndCreateAsync(
        Begun begun, uint flags, ReadOnlyMemory<byte> name, ValueTask<Result<OpenResult>> operation)
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
            AnswerCreate(begun.Request, name, opened.Attributes, opened.Handle, opened.IsShared);
            return;
        }

        _ = context.FileSystem.Release(opened.Handle);
        if (isAwaited) begun.Request.Reply.Error(errno);
    }

    private void AnswerEntry(FuseRequest request, ReadOnlyMemory<byte> name, in Result<Attributes> found)
    {
        if (!found.IsOk)
        {
            request.Reply.Error(found.Errno);
            return;
        }

        using var giving = context.Kernel.Give();
        request.Reply.Entry(giving.Entry(context.Inode(request.NodeId), name.Span, found.Value));
    }

    private void AnswerCreate(
        FuseRequest request, ReadOnlyMemory<byte> name, in Attributes attributes, ulong handle, bool isShared)
    {
        // A file that was there and is opened now may have pages of an older state in the kernel, so nothing is kept.
        var opened = new FuseOpenOut { Fh = handle, OpenFlags = isShared ? FuseOpenFlags.DirectIo : FuseOpenFlags.None };
        bool taken;
        using (var giving = context.Kernel.Give())
        {
            taken = request.Reply.Create(giving.Entry(context.Inode(request.NodeId), name.Span, attributes), opened);
        }

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

    private async ValueTask RepeatEntryAsync(Begun begun, ReadOnlyMemory<byte> name)
    {
        if (begun.Executed.Errno != 0) begun.Request.Reply.Error((Errno)begun.Executed.Errno);
        else AnswerEntry(begun.Request, name, await AttributesAsync(begun));
    }

    private async ValueTask RepeatCreateAsync(Begun begun, ReadOnlyMemory<byte> name)
    {
        if (begun.Executed.Errno != 0)
        {
            begun.Request.Reply.Error((Errno)begun.Executed.Errno);
            return;
        }

        var attributes = await AttributesAsync(begun);
        if (!attributes.IsOk)
        {
            begun.Request.Reply.Error(attributes.Errno);
            return;
        }

        var handle = begun.Executed.ResultValue;
        AnswerCreate(begun.Request, name, attributes.Value, handle, context.FileSystem.IsShared(handle));
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
