using FlexFs.Core;
using FlexFs.Metadata.Records;

namespace FlexFs.Metadata.Operations.Internal;

/// <summary>Makes the volume, once.</summary>
internal static class CreateVolume
{
    public static Outcome Run(OperationContext c, in CreateVolumeRequest request)
    {
        if (request.BlockSizeLog2 is < Limits.BlockSizeLog2Min or > Limits.BlockSizeLog2Max) return Errno.EINVAL;
        if ((request.RootMode & ~FileMode.PermissionMask) != 0) return Errno.EINVAL;
        c.AddOwnerUsage(request.RootUserId, request.RootGroupId, 0, 1);
        if (c.Volume != default)
        {
            c.Discard();
            return c.Volume.Volume == request.Volume ? Outcome.Of(InodeId.Root) : Errno.EINVAL;
        }

        c.PutVolume(new VolumeRecord
        {
            Volume = request.Volume,
            BlockSizeLog2 = request.BlockSizeLog2,
            NextInode = InodeId.Root.Value + 1,
            NextObject = Protocol.Metadata.AllocateIdsRequest.Count,
            NextSession = 1,
            BornAt = c.Now,
        });
        c.PutInode(InodeId.Root, new InodeRecord
        {
            Mode = FileMode.Of(FileType.Directory, request.RootMode),
            UserId = request.RootUserId,
            GroupId = request.RootGroupId,
            LinkCount = 2,
            AccessedAt = c.Now,
            ModifiedAt = c.Now,
            ChangedAt = c.Now,
            BornAt = c.Now,
            DataVersion = 1,
            NextCookie = Directories.FirstCookie,
        });
        c.Transaction.Put(Keys.DirectoryUsage(InodeId.Root), new UsageRecord { Inodes = 1 });
        return Outcome.Of(InodeId.Root);
    }

    public static Outcome Get(OperationContext c, in GetVolumeRequest request) =>
        c.Transaction.TryGet<VolumeRecord>(Keys.Volume(), out var volume) ? c.Reply(volume) : Errno.ENOENT;
}
