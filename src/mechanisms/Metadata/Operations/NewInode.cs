using FlexFs.Core;
using FlexFs.Metadata.Records;

namespace FlexFs.Metadata.Operations;

/// <summary>What every new inode begins with.</summary>
internal static class NewInode
{
    private const int InodeBits = 48;

    /// <summary>Takes the next id; false when all are used up.</summary>
    public static bool TryTake(OperationContext c, out InodeId inode)
    {
        inode = new InodeId(c.Volume.NextInode);
        if (inode.Value >> InodeBits != 0) return false;
        c.PutVolume(c.Volume with { NextInode = inode.Value + 1 });
        return true;
    }

    /// <summary>A record without a name and a home, of now.</summary>
    public static InodeRecord Record(OperationContext c, uint mode, uint userId, uint groupId) => new()
    {
        Mode = mode,
        UserId = userId,
        GroupId = groupId,
        AccessedAt = c.Now,
        ModifiedAt = c.Now,
        ChangedAt = c.Now,
        BornAt = c.Now,
        DataVersion = 1,
    };

    /// <summary>inode(7): in a set-group-ID directory the group is the directory's.</summary>
    public static uint GroupIn(in InodeRecord directory, uint groupId) =>
        (directory.Mode & FileMode.SetGid) != 0 ? directory.GroupId : groupId;
}
