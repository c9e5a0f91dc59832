using FlexFs.Core;
using FlexFs.Metadata.Operations.Internal;
using FlexFs.Metadata.Records;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Tests.Operations;

public sealed class SetAttributesTests
{
    private readonly EngineHarness _h = new();

    [Fact]
    public void The_size_of_a_directory_is_EISDIR_of_others_EINVAL_and_never_negative()
    {
        var link = _h.Create(InodeId.Root, "l", FileType.Symlink, target: "t").Reply.Attributes!.Value.Inode;
        Assert.Equal(Errno.EISDIR, _h.Truncate(InodeId.Root, 0).Errno);
        Assert.Equal(Errno.EINVAL, _h.Truncate(link, 0).Errno);
        Assert.Equal(Errno.EINVAL, _h.Truncate(_h.MakeFile("f"), -1).Errno);
        Assert.Equal(Errno.ESTALE, _h.Truncate(new InodeId(999), 0).Errno);
        Assert.Equal(Errno.EINVAL, _h.Set(link, new AttributeChange { Mask = (AttributeMask)0x8000 }).Errno);
        Assert.Equal(Errno.EINVAL, _h.Set(link, new AttributeChange { Mask = AttributeMask.Mode, Mode = 0x1000 }).Errno);
    }

    [Fact]
    public void Truncation_to_the_same_size_marks_times_but_not_the_contents()
    {
        var file = _h.MakeFile("f");
        _h.Commit();
        _h.Now = _h.Now.Plus(TimeSpan.FromSeconds(1));
        var before = _h.AttributesOf(file);
        _h.Truncate(file, 0);
        var after = _h.AttributesOf(file);
        Assert.Equal((_h.Now, _h.Now, before.DataVersion), (after.ModifiedAt, after.ChangedAt, after.DataVersion));
        Assert.True(_h.Truncate(file, 1).Reply.Attributes!.Value.DataVersion > before.DataVersion);
    }

    [Fact]
    public void Set_id_bits_are_cleared_but_set_group_id_only_with_group_execute()
    {
        var file = _h.Create(InodeId.Root, "f", permissions: 0xC00 | 0x1E8).Reply.Attributes!.Value.Inode;
        var change = new AttributeChange { Mask = AttributeMask.ClearSetId };
        Assert.Equal(0x1E8u, _h.Set(file, change).Reply.Attributes!.Value.Mode & FileMode.PermissionMask);
        var locking = _h.Create(InodeId.Root, "g", permissions: 0xC00 | 0x1A4).Reply.Attributes!.Value.Inode;
        Assert.Equal(0x400u | 0x1A4, _h.Set(locking, change).Reply.Attributes!.Value.Mode & FileMode.PermissionMask);
    }

    [Fact]
    public void A_new_owner_is_charged_and_the_old_no_more()
    {
        var file = _h.MakeFile("f");
        _h.Set(file, new AttributeChange { Mask = AttributeMask.UserId | AttributeMask.GroupId, UserId = 5, GroupId = 6 });
        Assert.Equal(default, _h.UsageOf(Keys.UserUsage(1000)));
        Assert.Equal((1L, 1L), (_h.UsageOf(Keys.UserUsage(5)).Inodes, _h.UsageOf(Keys.GroupUsage(6)).Inodes));
    }

    [Fact]
    public void Times_are_given_ones_or_now()
    {
        var file = _h.MakeFile("f");
        var change = new AttributeChange
        {
            Mask = AttributeMask.AccessedAt | AttributeMask.ModifiedNow,
            AccessedAt = new Instant(-5),
        };
        var after = _h.Set(file, change).Reply.Attributes!.Value;
        Assert.Equal((new Instant(-5), after.ChangedAt), (after.AccessedAt, after.ModifiedAt));
    }
}
