using FlexFs.Core;
using FlexFs.Metadata.Operations.Internal;
using FlexFs.Metadata.Records;
using FlexFs.Metadata.Verify;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Tests.Operations;

public sealed class LinkAndUnlinkTests
{
    private readonly EngineHarness _h = new();

    [Fact]
    public void What_was_removed_in_part_before_a_restart_is_neither_opened_nor_reclaimed_in_the_grace_and_goes_after_it()
    {
        var h = new EngineHarness(new EngineOptions { RemovalStep = 2 });
        var file = h.MakeFile("f");
        var id = h.Mutate(Opcode.AllocateIds, default(AllocateIdsRequest)).Reply.Value;
        for (ulong block = 0; block < 5; block++)
        {
            var target = new ObjectId(id + block);
            Assert.Equal(Errno.OK, h.Mutate(Opcode.CommitWrite, new CommitWriteRequest
            {
                Inode = file,
                Blocks = [new BlockExtents { Index = block, Extents = [new Extent { Object = target, LengthBytes = 10 }] }],
                Objects = [new ObjectDescriptor { Object = target, PlainBytes = 10, StoredBytes = 10, FrameIndex = new byte[] { 1 } }],
                SizeAtLeastBytes = (long)(block * EngineHarness.BlockBytes) + 10,
            }).Errno);
        }

        // Changes that are not durable are removed at once, whatever their number.
        h.Commit();
        h.Restart();
        Assert.Equal(Errno.OK, h.Unlink(InodeId.Root, "f").Errno);
        h.Commit();
        Assert.Equal(Errno.OK, h.Stat(file).Errno);
        h.Restart();
        h.Engine.AreAllOpensKnown = false;
        Assert.Equal(Errno.ESTALE, h.Open(file).Errno);
        h.Read<ReclaimRequest, EmptyReply>(Opcode.Reclaim, new ReclaimRequest { OpenInodes = [file], IsLast = true });
        Assert.Equal(0, h.Engine.Totals.Opens);
        h.Engine.AreAllOpensKnown = true;
        for (ulong after = 0; ;)
        {
            var pass = h.Query<ListRequest, RemoveOrphansReply>(
                InternalOpcode.RemoveOrphans, new ListRequest { After = after, Limit = 10 }).Reply;
            if (pass.IsEnd) break;
            after = pass.Next;
        }

        Assert.Equal(Errno.ESTALE, h.Stat(file).Errno);
        h.Commit();
        Assert.Empty(VolumeVerifier.Verify(h.Store.Pairs));
    }

    [Fact]
    public void A_directory_cannot_be_linked_or_unlinked()
    {
        var d = _h.MakeDirectory("d");
        Assert.Equal(Errno.EPERM, _h.Link(d, InodeId.Root, "e").Errno);
        Assert.Equal(Errno.EISDIR, _h.Unlink(InodeId.Root, "d").Errno);
    }

    [Fact]
    public void A_link_to_what_is_gone_is_ESTALE_and_onto_a_name_EEXIST()
    {
        var file = _h.MakeFile("f");
        Assert.Equal(Errno.EEXIST, _h.Link(file, InodeId.Root, "f").Errno);
        _h.Unlink(InodeId.Root, "f");
        Assert.Equal(Errno.ESTALE, _h.Link(file, InodeId.Root, "g").Errno);
    }

    [Fact]
    public void An_open_file_without_names_cannot_be_linked_again()
    {
        var file = _h.MakeFile("f", open: true);
        _h.Unlink(InodeId.Root, "f");
        Assert.Equal(Errno.ENOENT, _h.Link(file, InodeId.Root, "g").Errno);
    }

    [Fact]
    public void A_file_made_without_a_name_can_get_one_while_it_is_open_and_only_its_first()
    {
        var made = _h.Mutate(Opcode.CreateUnnamed, Unnamed(InodeId.Root)).Reply.Attributes!.Value;
        Assert.Equal((0u, FileMode.Of(FileType.Regular, 0x180)), (made.LinkCount, made.Mode));
        Assert.Equal(1, _h.UsageOf(Keys.DirectoryUsage(InodeId.Root)).Inodes);
        Assert.Equal(Errno.OK, _h.Link(made.Inode, InodeId.Root, "f").Errno);
        Assert.Equal((2L, 1u), (_h.UsageOf(Keys.DirectoryUsage(InodeId.Root)).Inodes, _h.AttributesOf(made.Inode).LinkCount));
        _h.AssertSound();
        Assert.Equal(Errno.OK, _h.Unlink(InodeId.Root, "f").Errno);
        Assert.Equal(Errno.ENOENT, _h.Link(made.Inode, InodeId.Root, "g").Errno);
        _h.Close(made.Inode);
        Assert.Equal(Errno.ESTALE, _h.Stat(made.Inode).Errno);
    }

    [Fact]
    public void A_file_made_without_a_name_is_gone_with_its_last_close_and_lives_through_a_restart_while_it_is_open()
    {
        var made = _h.Mutate(Opcode.CreateUnnamed, Unnamed(InodeId.Root)).Reply.Attributes!.Value.Inode;
        _h.Commit();
        _h.Restart();
        _h.Read<ReclaimRequest, EmptyReply>(Opcode.Reclaim, new ReclaimRequest { OpenInodes = [made], IsLast = true });
        Assert.Equal(0u, _h.AttributesOf(made).LinkCount);
        _h.Close(made);
        Assert.Equal(Errno.ESTALE, _h.Stat(made).Errno);
        Assert.Equal(default, _h.UsageOf(Keys.UserUsage(1000)));
    }

    [Fact]
    public void What_a_create_without_an_answer_made_is_open_again_before_the_create_is_repeated()
    {
        var unnamed = Unnamed(InodeId.Root);
        var made = _h.Mutate(Opcode.CreateUnnamed, unnamed).Reply.Attributes!.Value.Inode;
        _h.Commit();
        _h.Restart();
        Reclaim(slot: 0, number: 1);
        Assert.Equal(0u, RemoveOrphans());
        Assert.Equal(0u, _h.Repeat(Opcode.CreateUnnamed, unnamed).Reply.Attributes!.Value.LinkCount);
        Assert.Equal(1, _h.Engine.Totals.Opens);
        _h.Close(made);
        Assert.Equal(Errno.ESTALE, _h.Stat(made).Errno);
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(1, 1)]
    [InlineData(Limits.RpcSlotsMax, 1)]
    public void What_another_request_made_is_not_open_again(uint slot, ulong number)
    {
        _h.Mutate(Opcode.CreateUnnamed, Unnamed(InodeId.Root));
        _h.Commit();
        _h.Restart();
        Reclaim(slot, number);
        Assert.Equal(0, _h.Engine.Totals.Opens);
        Assert.Equal(1u, RemoveOrphans());
    }

    private void Reclaim(uint slot, ulong number)
    {
        var told = new ReclaimRequest
        {
            UnansweredCreates = [new UnansweredRequest { Slot = slot, Number = number }],
            IsLast = true,
        };
        Assert.Equal(Errno.OK, _h.Read<ReclaimRequest, EmptyReply>(Opcode.Reclaim, told).Errno);
    }

    private uint RemoveOrphans() =>
        _h.Query<ListRequest, RemoveOrphansReply>(InternalOpcode.RemoveOrphans, new ListRequest { Limit = 10 }).Reply.Removed;

    [Fact]
    public void A_file_made_without_a_name_has_the_group_of_a_set_group_ID_directory()
    {
        var shared = _h.MakeDirectory("shared");
        _h.Set(shared, new AttributeChange
        {
            Mask = AttributeMask.Mode | AttributeMask.GroupId,
            Mode = FileMode.SetGid | 0x1ED,
            GroupId = 77,
        });
        Assert.Equal(77u, _h.Mutate(Opcode.CreateUnnamed, Unnamed(shared)).Reply.Attributes!.Value.GroupId);
        Assert.Equal(Errno.ENOTDIR, _h.Mutate(Opcode.CreateUnnamed, Unnamed(_h.MakeFile("f"))).Errno);
        Assert.Equal(Errno.ENOENT, _h.Mutate(Opcode.CreateUnnamed, Unnamed(new InodeId(999))).Errno);
    }

    private static CreateUnnamedRequest Unnamed(InodeId directory) =>
        new() { Directory = directory, Mode = 0x180, UserId = 1000, GroupId = 1000 };

    [Fact]
    public void An_unlinked_open_file_is_charged_to_its_owner_until_its_last_close()
    {
        var other = _h.BeginSession();
        var file = _h.MakeFile("f", open: true);
        _h.Open(file, other);
        var reply = _h.Unlink(InodeId.Root, "f").Reply;
        Assert.Equal(0u, reply.Attributes!.Value.LinkCount);
        Assert.Equal(1, _h.UsageOf(Keys.DirectoryUsage(InodeId.Root)).Inodes);
        Assert.Equal(1, _h.UsageOf(Keys.UserUsage(1000)).Inodes);
        _h.Close(file);
        Assert.Equal(Errno.OK, _h.Stat(file).Errno);
        _h.Close(file, other);
        Assert.Equal(Errno.ESTALE, _h.Stat(file).Errno);
        Assert.Equal(default, _h.UsageOf(Keys.UserUsage(1000)));
    }

    [Fact]
    public void Unlink_of_no_name_is_ENOENT_and_rmdir_of_a_file_ENOTDIR()
    {
        _h.MakeFile("f");
        Assert.Equal(Errno.ENOENT, _h.Unlink(InodeId.Root, "g").Errno);
        Assert.Equal(Errno.ENOTDIR, _h.RemoveDirectory(InodeId.Root, "f").Errno);
        Assert.Equal(Errno.ENOENT, _h.RemoveDirectory(InodeId.Root, "g").Errno);
    }

    [Fact]
    public void Rmdir_of_a_nonempty_directory_is_ENOTEMPTY()
    {
        _h.MakeFile("f", _h.MakeDirectory("d"));
        Assert.Equal(Errno.ENOTEMPTY, _h.RemoveDirectory(InodeId.Root, "d").Errno);
    }

    [Fact]
    public void A_file_without_a_name_is_opened_again_by_who_has_it_open_and_is_ESTALE_for_others()
    {
        var other = _h.BeginSession();
        var file = _h.MakeFile("f", open: true);
        Assert.Equal(Errno.OK, _h.Unlink(InodeId.Root, "f").Errno);
        Assert.Equal(Errno.OK, _h.Open(file).Errno);
        Assert.Equal(Errno.ESTALE, _h.Open(file, other).Errno);
    }

    [Fact]
    public void What_is_being_removed_part_by_part_cannot_be_opened()
    {
        var h = new EngineHarness(new EngineOptions { RemovalStep = 1 });
        var file = h.MakeFile("f");
        var id = h.Mutate(Opcode.AllocateIds, default(AllocateIdsRequest)).Reply.Value;
        foreach (var block in (ulong[])[0, 1, 2])
        {
            Assert.Equal(Errno.OK, h.Mutate(Opcode.CommitWrite, new CommitWriteRequest
            {
                Inode = file,
                Blocks = [new BlockExtents { Index = block, Extents = [new Extent { Object = new ObjectId(id + block), LengthBytes = 10 }] }],
                Objects = [new ObjectDescriptor { Object = new ObjectId(id + block), PlainBytes = 10, StoredBytes = 10 }],
                SizeAtLeastBytes = (long)(block * EngineHarness.BlockBytes) + 10,
            }).Errno);
        }

        h.Commit();
        h.Unlink(InodeId.Root, "f");
        Assert.Equal(Errno.OK, h.Stat(file).Errno);
        Assert.Equal(Errno.ESTALE, h.Open(file).Errno);
    }

    [Fact]
    public void After_a_restart_orphans_that_are_not_reclaimed_are_removed()
    {
        var (kept, gone) = (_h.MakeFile("a", open: true), _h.MakeFile("b", open: true));
        _h.Unlink(InodeId.Root, "a");
        _h.Unlink(InodeId.Root, "b");
        _h.Commit();
        _h.Restart();
        _h.Read<ReclaimRequest, EmptyReply>(Opcode.Reclaim, new ReclaimRequest { OpenInodes = [kept], IsLast = true });
        var reply = _h.Query<ListRequest, RemoveOrphansReply>(InternalOpcode.RemoveOrphans, new ListRequest { Limit = 10 }).Reply;
        Assert.Equal((1u, true), (reply.Removed, reply.IsEnd));
        Assert.Equal(Errno.OK, _h.Stat(kept).Errno);
        Assert.Equal(Errno.ESTALE, _h.Stat(gone).Errno);
    }
}
