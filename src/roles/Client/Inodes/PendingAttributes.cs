using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Client.Inodes;

/// <summary>
/// Attribute changes that wait for the next commit of their inode: how two become one, and what stat(2) shows
/// meanwhile.
/// </summary>
internal static class PendingAttributes
{
    private const AttributeMask Modified = AttributeMask.ModifiedAt | AttributeMask.ModifiedNow;
    private const AttributeMask Accessed = AttributeMask.AccessedAt | AttributeMask.AccessedNow;
    private const AttributeMask Owner = AttributeMask.UserId | AttributeMask.GroupId;

    /// <summary>
    /// One change with the effect of <paramref name="first"/> and then <paramref name="then"/>. Neither has a size.
    /// </summary>
    public static AttributeChange Merge(in AttributeChange first, in AttributeChange then)
    {
        Check.That(((first.Mask | then.Mask) & AttributeMask.Size) == 0);
        var mask = first.Mask;
        var mode = first.Mode;
        if ((then.Mask & AttributeMask.Mode) != 0)
        {
            // A new mode says all of it, so an earlier clearing of its bits is void.
            mask = (mask | AttributeMask.Mode) & ~AttributeMask.ClearSetId;
            mode = then.Mode;
        }

        if ((then.Mask & AttributeMask.ClearSetId) != 0)
        {
            if ((mask & AttributeMask.Mode) != 0) mode = WithoutSetId(mode);
            else mask |= AttributeMask.ClearSetId;
        }

        if ((then.Mask & Modified) != 0) mask = (mask & ~Modified) | (then.Mask & Modified);
        if ((then.Mask & Accessed) != 0) mask = (mask & ~Accessed) | (then.Mask & Accessed);
        mask |= then.Mask & Owner;
        return new AttributeChange
        {
            Mask = mask,
            Mode = mode,
            UserId = (then.Mask & AttributeMask.UserId) != 0 ? then.UserId : first.UserId,
            GroupId = (then.Mask & AttributeMask.GroupId) != 0 ? then.GroupId : first.GroupId,
            ModifiedAt = (then.Mask & AttributeMask.ModifiedAt) != 0 ? then.ModifiedAt : first.ModifiedAt,
            AccessedAt = (then.Mask & AttributeMask.AccessedAt) != 0 ? then.AccessedAt : first.AccessedAt,
        };
    }

    /// <summary>Times of now become given times, so that the commit sets what stat(2) showed.</summary>
    public static AttributeChange WithTimes(in AttributeChange change, Instant now)
    {
        var result = change;
        if ((change.Mask & AttributeMask.ModifiedNow) != 0)
        {
            result = result with { ModifiedAt = now, Mask = (result.Mask & ~Modified) | AttributeMask.ModifiedAt };
        }

        if ((change.Mask & AttributeMask.AccessedNow) != 0)
        {
            result = result with { AccessedAt = now, Mask = (result.Mask & ~Accessed) | AttributeMask.AccessedAt };
        }

        return result;
    }

    /// <summary>A write came after the change: its time is the modification time now.</summary>
    public static AttributeChange AfterWrite(in AttributeChange change) =>
        change with { Mask = change.Mask & ~Modified };

    /// <summary>What stat(2) shows while <paramref name="change"/> waits.</summary>
    public static Attributes Apply(in Attributes attributes, in AttributeChange change)
    {
        var mode = attributes.Mode;
        if ((change.Mask & AttributeMask.Mode) != 0)
        {
            mode = (mode & Core.FileMode.TypeMask) | (change.Mode & Core.FileMode.PermissionMask);
        }

        if ((change.Mask & AttributeMask.ClearSetId) != 0) mode = WithoutSetId(mode);
        return attributes with
        {
            Mode = mode,
            UserId = (change.Mask & AttributeMask.UserId) != 0 ? change.UserId : attributes.UserId,
            GroupId = (change.Mask & AttributeMask.GroupId) != 0 ? change.GroupId : attributes.GroupId,
            ModifiedAt = (change.Mask & AttributeMask.ModifiedAt) != 0 ? change.ModifiedAt : attributes.ModifiedAt,
            AccessedAt = (change.Mask & AttributeMask.AccessedAt) != 0 ? change.AccessedAt : attributes.AccessedAt,
        };
    }

    private static uint WithoutSetId(uint mode)
    {
        mode &= ~Core.FileMode.SetUid;
        return (mode & Core.FileMode.GroupExecute) != 0 ? mode & ~Core.FileMode.SetGid : mode;
    }
}
