using FlexFs.Core;
using FlexFs.Metadata.Operations.Internal;
using FlexFs.Metadata.Records;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Tests.Operations;

public sealed class RenameTests
{
    private readonly EngineHarness _h = new();

    [Fact]
    public void Onto_a_nonempty_directory_is_ENOTEMPTY()
    {
        _h.MakeDirectory("a");
        _h.MakeFile("x", _h.MakeDirectory("b"));
        Assert.Equal(Errno.ENOTEMPTY, _h.Rename(InodeId.Root, "a", InodeId.Root, "b").Errno);
    }

    [Fact]
    public void Between_a_directory_and_a_file_it_is_EISDIR_or_ENOTDIR()
    {
        _h.MakeDirectory("d");
        _h.MakeFile("f");
        Assert.Equal(Errno.EISDIR, _h.Rename(InodeId.Root, "f", InodeId.Root, "d").Errno);
        Assert.Equal(Errno.ENOTDIR, _h.Rename(InodeId.Root, "d", InodeId.Root, "f").Errno);
    }

    [Fact]
    public void Into_its_own_subtree_is_EINVAL()
    {
        var a = _h.MakeDirectory("a");
        var b = _h.MakeDirectory("b", a);
        Assert.Equal(Errno.EINVAL, _h.Rename(InodeId.Root, "a", b, "x").Errno);
        Assert.Equal(Errno.EINVAL, _h.Rename(InodeId.Root, "a", a, "x").Errno);
        Assert.Equal(Errno.EINVAL, _h.Rename(a, "b", InodeId.Root, "a", RenameFlags.Exchange).Errno);
    }

    [Fact]
    public void Flags_that_do_not_go_together_are_EINVAL()
    {
        Assert.Equal(
            Errno.EINVAL, _h.Rename(InodeId.Root, "a", InodeId.Root, "b", RenameFlags.NoReplace | RenameFlags.Exchange).Errno);
        Assert.Equal(
            Errno.EINVAL, _h.Rename(InodeId.Root, "a", InodeId.Root, "b", RenameFlags.Whiteout | RenameFlags.Exchange).Errno);
        Assert.Equal(Errno.EINVAL, _h.Rename(InodeId.Root, "a", InodeId.Root, "b", (RenameFlags)8).Errno);
    }

    [Fact]
    public void With_WHITEOUT_the_old_name_becomes_a_character_device_0_0_in_its_place()
    {
        var from = _h.MakeDirectory("from");
        var moved = _h.MakeDirectory("d", from);
        _h.MakeFile("f", from);
        var before = _h.Lookup(InodeId.Root, "from").Attributes;
        Assert.Equal(Errno.OK, _h.Mutate(Opcode.Rename, new RenameRequest
        {
            OldParent = from,
            OldName = EngineHarness.Name("d"),
            NewParent = InodeId.Root,
            NewName = EngineHarness.Name("moved"),
            Flags = RenameFlags.Whiteout | RenameFlags.NoReplace,
            UserId = 7,
            GroupId = 8,
        }).Errno);
        Assert.Equal(moved, _h.Lookup(InodeId.Root, "moved").Attributes.Inode);
        var whiteout = _h.Lookup(from, "d").Attributes;
        Assert.Equal((FileMode.Of(FileType.CharacterDevice, 0), 0u, 1u), (whiteout.Mode, whiteout.Device, whiteout.LinkCount));
        Assert.Equal((7u, 8u), (whiteout.UserId, whiteout.GroupId));
        Assert.Equal((3u, 2u), (before.LinkCount, _h.AttributesOf(from).LinkCount));
        Assert.Equal(3, _h.UsageOf(Keys.DirectoryUsage(from)).Inodes);
        Assert.Equal(5, _h.UsageOf(Keys.DirectoryUsage(InodeId.Root)).Inodes);
        _h.AssertSound();
    }

    [Fact]
    public void With_NOREPLACE_onto_a_name_is_EEXIST_and_EXCHANGE_with_none_is_ENOENT()
    {
        _h.MakeFile("a");
        _h.MakeFile("b");
        Assert.Equal(Errno.EEXIST, _h.Rename(InodeId.Root, "a", InodeId.Root, "b", RenameFlags.NoReplace).Errno);
        Assert.Equal(Errno.ENOENT, _h.Rename(InodeId.Root, "a", InodeId.Root, "c", RenameFlags.Exchange).Errno);
        Assert.Equal(Errno.ENOENT, _h.Rename(InodeId.Root, "c", InodeId.Root, "a").Errno);
    }

    [Fact]
    public void Between_two_names_of_one_inode_does_nothing()
    {
        var file = _h.MakeFile("a");
        _h.Link(file, InodeId.Root, "b");
        Assert.Equal(Errno.OK, _h.Rename(InodeId.Root, "a", InodeId.Root, "b").Errno);
        Assert.Equal(2u, _h.AttributesOf(file).LinkCount);
        Assert.Equal(file, _h.Lookup(InodeId.Root, "a").Attributes.Inode);
    }

    [Fact]
    public void Over_an_open_file_leaves_it_to_who_has_it_open()
    {
        var victim = _h.MakeFile("v", open: true);
        var file = _h.MakeFile("f");
        Assert.Equal(Errno.OK, _h.Rename(InodeId.Root, "f", InodeId.Root, "v").Errno);
        Assert.Equal(0u, _h.AttributesOf(victim).LinkCount);
        Assert.Equal(file, _h.Lookup(InodeId.Root, "v").Attributes.Inode);
        _h.Close(victim);
        Assert.Equal(Errno.ESTALE, _h.Stat(victim).Errno);
    }

    [Fact]
    public void A_directory_takes_its_usage_and_its_parent_link_along()
    {
        var from = _h.MakeDirectory("from");
        var to = _h.MakeDirectory("to");
        _h.MakeFile("f", _h.MakeDirectory("d", from));
        _h.Rename(from, "d", to, "d");
        Assert.Equal(1, _h.UsageOf(Keys.DirectoryUsage(from)).Inodes);
        Assert.Equal(3, _h.UsageOf(Keys.DirectoryUsage(to)).Inodes);
        Assert.Equal((2u, 3u), (_h.AttributesOf(from).LinkCount, _h.AttributesOf(to).LinkCount));
        var d = _h.Lookup(to, "d").Attributes.Inode;
        Assert.Equal(to, _h.Lookup(d, "..").Attributes.Inode);
    }

    [Fact]
    public void A_replaced_name_keeps_its_place_in_the_listing()
    {
        _h.MakeFile("a");
        _h.MakeFile("b");
        var before = List(0)[0].Cookie;
        _h.Rename(InodeId.Root, "b", InodeId.Root, "a");
        Assert.Equal(before, Assert.Single(List(0)).Cookie);
    }

    [Fact]
    public void When_the_oldest_name_moves_the_charge_goes_to_the_next_oldest()
    {
        var (p, q, r) = (_h.MakeDirectory("p"), _h.MakeDirectory("q"), _h.MakeDirectory("r"));
        var file = _h.MakeFile("f", p);
        _h.Commit();
        _h.Link(file, q, "f");
        _h.Commit();
        _h.Rename(p, "f", r, "f");
        Assert.Equal(1, _h.UsageOf(Keys.DirectoryUsage(p)).Inodes);
        Assert.Equal(2, _h.UsageOf(Keys.DirectoryUsage(q)).Inodes);
        Assert.Equal(1, _h.UsageOf(Keys.DirectoryUsage(r)).Inodes);
    }

    private System.Collections.Immutable.ImmutableArray<DirectoryEntry> List(ulong after) => _h.Read<ReadDirectoryRequest, ReadDirectoryReply>(
        Opcode.ReadDirectory,
        new ReadDirectoryRequest { Inode = InodeId.Root, AfterCookie = after, EntriesMax = 100 }).Reply.Entries;
}
