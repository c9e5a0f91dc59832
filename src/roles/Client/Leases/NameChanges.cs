using FlexFs.Client.Inodes;
using FlexFs.Client.Session;
using FlexFs.Client.Writing;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Client.Leases;

/// <summary>Changes of names: one round trip each. What they make known is kept, as far as leases let it.</summary>
/// <remarks>Names that are passed in are read before the call returns its task.</remarks>
internal sealed class NameChanges(
    MetadataSession session, ClientLeases leases, Names names, InodeCache cache, OpenInodes open, WritePath writes, Fence fence)
{
    /// <summary>Makes an inode with a name, without opening it.</summary>
    public async ValueTask<Result<Attributes>> MakeAsync(CreateRequest request)
    {
        var since = leases.Clock.Begin();
        using var named = leases.BeginChange(request.Parent, request.Name);
        var reply = await session.MutateAsync(Opcode.Create, request);
        if (!reply.IsOk) return reply.Errno;
        if (reply.Value.Attributes is not { } made) return Errno.ESTALE;
        named?.Take(reply.Value, made.Inode);
        return names.Take(made, since);
    }

    /// <summary>Gives an inode one more name.</summary>
    public async ValueTask<Result<Attributes>> LinkAsync(LinkRequest request)
    {
        using var own = leases.BeginChange(request.Inode);
        own?.AgeLinkCount();
        using var named = leases.BeginChange(request.NewParent, request.NewName);
        var reply = await session.MutateAsync(Opcode.Link, request);
        if (reply.IsOk) named?.Take(reply.Value, request.Inode);

        // It has no name any more (link(2): ENOENT). That may be news to who does not have it open: another host replaced the name since
        // it was looked up, and where a name was all the time nobody may see ENOENT. With ESTALE the kernel looks the path up once more.
        return reply.Errno == Errno.ENOENT && !open.IsOpen(request.Inode) ? Errno.ESTALE : names.Changed(reply, own);
    }

    /// <summary>Removes a name.</summary>
    public async ValueTask<Errno> RemoveAsync<TRequest>(
        Opcode opcode, TRequest request, InodeId parent, ReadOnlyMemory<byte> name)
        where TRequest : Wire.IWireRecord<TRequest>
    {
        using var named = leases.BeginChange(parent, name, removes: true);
        var reply = await session.MutateAsync(opcode, request);
        if (reply.IsOk) named?.Take(reply.Value, InodeId.None);
        if (reply.IsOk && reply.Value.Value != 0) names.Forget(new InodeId(reply.Value.Value));
        return names.Noted(reply);
    }

    /// <summary>Moves a name.</summary>
    public async ValueTask<Errno> RenameAsync(RenameRequest request)
    {
        if (open.Dirty().Length > 0 || fence.HasLost)
        {
            // The caller's memory is not looked at any more after the first wait.
            request = request with { OldName = request.OldName.ToArray(), NewName = request.NewName.ToArray() };
            if (await FlushBeforeRenameAsync(request.OldParent, request.OldName) is not Errno.OK and var failure) return failure;
        }

        using var from = leases.BeginChange(request.OldParent, request.OldName);
        using var into = leases.BeginChange(request.NewParent, request.NewName, removes: true);
        var reply = await session.MutateAsync(Opcode.Rename, request);

        // What had the new name has lost it, or got the old one.
        if (reply.IsOk && reply.Value.Value != 0) names.Forget(new InodeId(reply.Value.Value));
        return names.Noted(reply);
    }

    // A file that takes another's name has its bytes committed first: after a crash the name never leads to fewer bytes
    // than before.
    // Only files that are still written to are concerned, so with nothing dirty this costs nothing.
    private async ValueTask<Errno> FlushBeforeRenameAsync(InodeId parent, ReadOnlyMemory<byte> name)
    {
        var found = await names.FindAsync(parent, name, CancellationToken.None);
        if (!found.IsOk || found.Value.IsAbsent) return Errno.OK;
        if (cache.Find(found.Value.Attributes.Inode) is not { } inode) return Errno.OK;
        lock (inode.Gate)
        {
            // It lost bytes and nobody was told yet: the program believes that they are there.
            if (inode.Errors.IsUntold) return Errno.EIO;
        }

        return await writes.FlushAsync(inode);
    }
}
