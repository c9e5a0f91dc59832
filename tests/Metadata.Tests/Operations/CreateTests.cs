using FlexFs.Core;
using FlexFs.Metadata.Operations.Internal;
using FlexFs.Metadata.Records;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Tests.Operations;

public sealed class CreateTests
{
    private readonly EngineHarness _h = new();

    [Theory]
    [InlineData("", Errno.EINVAL)]
    [InlineData(".", Errno.EINVAL)]
    [InlineData("..", Errno.EINVAL)]
    [InlineData("a/b", Errno.EINVAL)]
    [InlineData("a\0b", Errno.EINVAL)]
    public void A_name_that_cannot_be_is_refused(string name, Errno errno) =>
        Assert.Equal(errno, _h.Create(InodeId.Root, name).Errno);

    [Fact]
    public void Names_have_up_to_255_bytes()
    {
        Assert.Equal(Errno.OK, _h.Create(InodeId.Root, new string('x', 255)).Errno);
        Assert.Equal(Errno.ENAMETOOLONG, _h.Create(InodeId.Root, new string('x', 256)).Errno);
    }

    [Fact]
    public void An_existing_name_is_EEXIST_or_opened()
    {
        var file = _h.MakeFile("f");
        _h.MakeDirectory("d");
        Assert.Equal(Errno.EEXIST, _h.Create(InodeId.Root, "f").Errno);
        var request = new CreateRequest
        {
            Parent = InodeId.Root,
            Name = EngineHarness.Name("f"),
            Mode = FileMode.Of(FileType.Regular, 0x1A4),
            OpenExisting = true,
        };
        var (errno, reply) = _h.Mutate(Opcode.Create, request);
        Assert.Equal((Errno.OK, file, 0ul), (errno, reply.Attributes!.Value.Inode, reply.Value));
        Assert.Equal(Errno.EEXIST, _h.Mutate(Opcode.Create, request with { Name = EngineHarness.Name("d") }).Errno);
    }

    [Fact]
    public void In_a_file_it_is_ENOTDIR_and_in_what_is_gone_ENOENT()
    {
        Assert.Equal(Errno.ENOTDIR, _h.Create(_h.MakeFile("f"), "x").Errno);
        Assert.Equal(Errno.ENOENT, _h.Create(new InodeId(999), "x").Errno);
    }

    [Fact]
    public void In_a_removed_directory_that_is_open_it_is_ENOENT()
    {
        var directory = _h.MakeDirectory("d");
        _h.Open(directory);
        _h.RemoveDirectory(InodeId.Root, "d");
        Assert.Equal(0u, _h.AttributesOf(directory).LinkCount);
        Assert.Equal(Errno.ENOENT, _h.Create(directory, "x").Errno);
    }

    [Fact]
    public void A_symlink_has_a_target_and_nothing_else_has()
    {
        Assert.Equal(Errno.EINVAL, _h.Create(InodeId.Root, "l", FileType.Symlink).Errno);
        Assert.Equal(Errno.EINVAL, _h.Create(InodeId.Root, "f", target: "t").Errno);
        Assert.Equal(3, _h.Create(InodeId.Root, "l", FileType.Symlink, target: "abc").Reply.Attributes!.Value.SizeBytes);
    }

    [Fact]
    public void A_type_that_is_none_is_EINVAL() =>
        Assert.Equal(Errno.EINVAL, _h.Create(InodeId.Root, "x", FileType.Unknown).Errno);

    [Fact]
    public void In_a_set_group_id_directory_the_group_and_for_directories_the_bit_is_inherited()
    {
        var directory = _h.Create(InodeId.Root, "d", FileType.Directory, 0x5ED, groupId: 5).Reply.Attributes!.Value.Inode;
        var file = _h.Create(directory, "f", groupId: 7).Reply.Attributes!.Value;
        var inner = _h.Create(directory, "i", FileType.Directory, 0x1ED, groupId: 7).Reply.Attributes!.Value;
        Assert.Equal((5u, 0u), (file.GroupId, file.Mode & FileMode.SetGid));
        Assert.Equal((5u, FileMode.SetGid), (inner.GroupId, inner.Mode & FileMode.SetGid));
    }

    [Fact]
    public void The_directory_changes_its_times_and_a_subdirectory_its_link_count()
    {
        _h.Commit();
        var before = _h.AttributesOf(InodeId.Root);
        _h.Now = _h.Now.Plus(TimeSpan.FromSeconds(5));
        _h.MakeDirectory("d");
        var after = _h.AttributesOf(InodeId.Root);
        Assert.Equal((_h.Now, _h.Now), (after.ModifiedAt, after.ChangedAt));
        Assert.Equal(before.LinkCount + 1, after.LinkCount);
        Assert.True(after.DataVersion > before.DataVersion);
    }

    [Fact]
    public void A_file_is_charged_to_all_directories_above_and_to_its_owners()
    {
        var outer = _h.MakeDirectory("o");
        var inner = _h.MakeDirectory("i", outer);
        _h.Create(inner, "f", userId: 42, groupId: 43);
        Assert.Equal(4, _h.UsageOf(Keys.DirectoryUsage(InodeId.Root)).Inodes);
        Assert.Equal(3, _h.UsageOf(Keys.DirectoryUsage(outer)).Inodes);
        Assert.Equal(2, _h.UsageOf(Keys.DirectoryUsage(inner)).Inodes);
        Assert.Equal((1L, 1L), (_h.UsageOf(Keys.UserUsage(42)).Inodes, _h.UsageOf(Keys.GroupUsage(43)).Inodes));
    }
}
