using FlexFs.Core;
using FlexFs.Metadata.Operations.Internal;
using FlexFs.Metadata.Records;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Tests.Operations;

public sealed class LinkAndUnlinkTests
{
    private readonly EngineHarness _h = new();

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
