using FlexFs.Core;
using FlexFs.Metadata.Records;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Operations;

/// <summary>What statfs(2) shows: without quotas the volume is unlimited, and what the root has below it is used.</summary>
internal static class StatVolume
{
    /// <summary>Bytes, and inodes, of what has no limit.</summary>
    public const ulong Unlimited = 1UL << 50;

    public static Outcome Run(OperationContext c, in StatVolumeRequest request)
    {
        c.Transaction.TryGet<UsageRecord>(Keys.DirectoryUsage(InodeId.Root), out var usage);
        if (!c.TryGetInode(request.Inode, out _)) return Errno.ESTALE;
        return c.Reply(new StatVolumeReply
        {
            TotalBytes = Unlimited,
            UsedBytes = (ulong)usage.AllocatedBytes,
            TotalInodes = Unlimited,
            UsedInodes = (ulong)usage.Inodes,
        });
    }
}
