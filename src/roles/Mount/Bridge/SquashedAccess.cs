using System.Text;
using FlexFs.Client;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Mount.Bridge;

/// <summary>What somebody without privileges may do, by permission bits and ACL: asked for uid 0 where root is squashed.</summary>
/// <remarks>The kernel lets root pass, so this is asked in its place, of the server each time. In no group but its own.</remarks>
internal sealed class SquashedAccess(FileSystem fileSystem, uint userId, uint groupId)
{
    internal const uint Read = 4;
    internal const uint Write = 2;
    internal const uint Execute = 1;
    private static readonly byte[] AclName = Encoding.ASCII.GetBytes(PosixAcl.AccessName);

    internal uint UserId => userId;

    internal uint GroupId => groupId;

    /// <summary>EACCES when one of the bits is not given.</summary>
    internal async ValueTask<Errno> CheckAsync(InodeId inode, uint bits)
    {
        var found = await fileSystem.GetAttributesAsync(inode);
        return found.IsOk ? await CheckAsync(found.Value, bits) : found.Errno;
    }

    /// <inheritdoc cref="CheckAsync(InodeId, uint)"/>
    internal async ValueTask<Errno> CheckAsync(Attributes attributes, uint bits)
    {
        if ((attributes.Flags & InodeFlags.HasAccessAcl) != 0)
        {
            var value = await fileSystem.GetXattrAsync(attributes.Inode, AclName);
            if (value.IsOk && PosixAcl.TryParse(value.Value.Span, out var acl))
            {
                return acl.Allows(bits, attributes.UserId, attributes.GroupId, userId, id => id == groupId)
                    ? Errno.OK
                    : Errno.EACCES;
            }

            if (!value.IsOk && value.Errno != Errno.ENODATA) return value.Errno;
        }

        var shift = attributes.UserId == userId ? 6 : attributes.GroupId == groupId ? 3 : 0;
        return ((attributes.Mode >> shift) & bits) == bits ? Errno.OK : Errno.EACCES;
    }

    /// <summary>Whether names may be made in, or taken from, a directory. unlink(2): in a sticky one only one's own (EPERM).</summary>
    internal async ValueTask<Errno> CheckNamesAsync(InodeId directory, ReadOnlyMemory<byte> removed = default)
    {
        var found = await fileSystem.GetAttributesAsync(directory);
        if (!found.IsOk) return found.Errno;
        if (await CheckAsync(found.Value, Write | Execute) is not Errno.OK and var refusal) return refusal;
        if (removed.IsEmpty || (found.Value.Mode & Core.FileMode.Sticky) == 0 || found.Value.UserId == userId) return Errno.OK;
        var child = await fileSystem.LookupAsync(directory, removed);
        return child.IsOk && child.Value.UserId != userId ? Errno.EPERM : Errno.OK;
    }

    /// <summary>EPERM for who is not the owner.</summary>
    internal async ValueTask<Errno> CheckOwnerAsync(InodeId inode)
    {
        var found = await fileSystem.GetAttributesAsync(inode);
        return !found.IsOk ? found.Errno : found.Value.UserId == userId ? Errno.OK : Errno.EPERM;
    }
}
