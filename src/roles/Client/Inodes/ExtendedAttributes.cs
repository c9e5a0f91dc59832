using FlexFs.Client.Leases;
using FlexFs.Client.Session;
using FlexFs.Client.Writing;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Client.Inodes;

/// <summary>Extended attributes: nothing of them is kept here, the server is asked each time.</summary>
/// <remarks>
/// An ACL is one with the permission bits, so a chmod that waits for a commit, together with bytes, is committed before an ACL is read or
/// changed. Then what was passed in is copied, since the call goes on later.
/// </remarks>
internal sealed class ExtendedAttributes(
    MetadataSession session, InodeCache cache, ClientLeases leases, WritePath writes, Names names)
{
    public async ValueTask<Result<ReadOnlyMemory<byte>>> GetAsync(
        InodeId inode, ReadOnlyMemory<byte> name, CancellationToken cancellationToken)
    {
        if (WaitingBefore(inode, name) is { } file)
        {
            name = name.ToArray();
            if (await writes.FlushAsync(file) is not Errno.OK and var errno) return errno;
        }

        return Bytes(await session.AskAsync<GetXattrRequest, BytesReply>(
            Opcode.GetXattr, new GetXattrRequest { Inode = inode, Name = name }, cancellationToken));
    }

    public async ValueTask<Result<ReadOnlyMemory<byte>>> ListAsync(InodeId inode, CancellationToken cancellationToken) =>
        Bytes(await session.AskAsync<ListXattrRequest, BytesReply>(
            Opcode.ListXattr, new ListXattrRequest { Inode = inode }, cancellationToken));

    public async ValueTask<Errno> SetAsync(
        InodeId inode, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> value, XattrMode how, bool clearsSetGroupId)
    {
        if (name.Length is 0 or > Limits.NameBytesMax) return Errno.ERANGE;
        if (value.Length > Limits.XattrValueBytesMax) return Errno.E2BIG;
        if (WaitingBefore(inode, name) is { } file)
        {
            (name, value) = (name.ToArray(), value.ToArray());
            if (await writes.FlushAsync(file) is not Errno.OK and var errno) return errno;
        }

        var request = new SetXattrRequest { Inode = inode, Name = name, Value = value, How = how, ClearsSetGroupId = clearsSetGroupId };
        using var own = leases.BeginChange(inode);
        return names.Noted(await session.MutateAsync(Opcode.SetXattr, request));
    }

    public async ValueTask<Errno> RemoveAsync(InodeId inode, ReadOnlyMemory<byte> name)
    {
        if (WaitingBefore(inode, name) is { } file)
        {
            name = name.ToArray();
            if (await writes.FlushAsync(file) is not Errno.OK and var errno) return errno;
        }

        using var own = leases.BeginChange(inode);
        return names.Noted(await session.MutateAsync(Opcode.RemoveXattr, new RemoveXattrRequest { Inode = inode, Name = name }));
    }

    private CachedInode? WaitingBefore(InodeId inode, ReadOnlyMemory<byte> name)
    {
        if (!name.Span.StartsWith("system."u8) || cache.Find(inode) is not { } file) return null;
        lock (file.Gate) return file.Writer is { HasAttributes: true } ? file : null;
    }

    private static Result<ReadOnlyMemory<byte>> Bytes(in Result<BytesReply> reply) => reply.IsOk ? reply.Value.Bytes : reply.Errno;
}
