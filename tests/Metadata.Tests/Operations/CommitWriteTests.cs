using System.Collections.Immutable;
using FlexFs.Core;
using FlexFs.Metadata.Operations.Internal;
using FlexFs.Metadata.Records;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Tests.Operations;

public sealed class CommitWriteTests
{
    private readonly EngineHarness _h = new();
    private readonly InodeId _file;
    private ulong _id;

    public CommitWriteTests()
    {
        _file = _h.MakeFile("f");
        _id = _h.Mutate(Opcode.AllocateIds, default(AllocateIdsRequest)).Reply.Value;
    }

    [Fact]
    public void An_object_of_no_range_of_the_session_is_EBADF()
    {
        Assert.Equal(Errno.EBADF, Write(0, 4096, new ObjectId(99)));
        var other = _h.BeginSession();
        Assert.Equal(Errno.EBADF, _h.Mutate(Opcode.CommitWrite, Request(0, 4096, new ObjectId(_id)), other).Errno);
    }

    [Fact]
    public void An_overwritten_object_is_condemned_and_its_id_does_not_come_back()
    {
        Assert.Equal(Errno.OK, Write(0, 4096));
        var first = new ObjectId(_id - 1);
        Assert.Equal(Errno.OK, Write(0, 4096));
        Assert.Equal(ObjectState.Condemned, StateOf(first));
        Assert.Equal(Errno.EBADF, Write(0, 4096, first));
        _h.Internal(InternalOpcode.ForgetCondemned, new IdsRequest { Objects = [first] });
        Assert.Equal(ObjectState.Unknown, StateOf(first));
        Assert.Equal(Errno.EBADF, Write(0, 4096, first));
    }

    [Fact]
    public void A_block_of_too_many_extents_is_E2BIG_and_nothing_changes()
    {
        for (uint i = 0; i < Limits.ExtentsPerBlockMax; i++) Assert.Equal(Errno.OK, Write(i * 4096, 2048));
        var before = _h.AttributesOf(_file);
        Assert.Equal(Errno.E2BIG, Write(3000, 1));
        Assert.Equal(before, _h.AttributesOf(_file));
        Assert.Equal(Limits.ExtentsPerBlockMax * 2048, before.AllocatedBytes);
    }

    [Fact]
    public void The_last_byte_of_the_largest_file_is_taken_and_nothing_behind_it()
    {
        var last = (ulong)long.MaxValue / EngineHarness.BlockBytes;
        var offset = EngineHarness.BlockBytes - 3; // the last block has one byte less than others
        Assert.Equal(Errno.EFBIG, CommitAt(last + 1, 0, 1));
        Assert.Equal(Errno.EINVAL, CommitAt(last, offset, 3));
        Assert.Equal(Errno.OK, CommitAt(last, offset, 2));
        Assert.Equal(long.MaxValue, _h.AttributesOf(_file).SizeBytes);
    }

    [Theory]
    [InlineData(-100, 0)]
    [InlineData(5, 5)]
    [InlineData(10, 10)]
    [InlineData(1000, 10)]
    public void The_change_time_is_the_programs_between_that_of_before_and_now(long told, long kept)
    {
        var before = _h.AttributesOf(_file).ChangedAt;
        _h.Commit();
        _h.Now = new Instant(before.Nanoseconds + 10);
        var request = Request(0, 4096, new ObjectId(_id++)) with { ChangedAt = new Instant(before.Nanoseconds + told) };
        Assert.Equal(Errno.OK, _h.Mutate(Opcode.CommitWrite, request).Errno);
        Assert.Equal(before.Nanoseconds + kept, _h.AttributesOf(_file).ChangedAt.Nanoseconds);
    }

    [Fact]
    public void Inline_data_needs_the_version_that_was_read()
    {
        Assert.Equal(Errno.EAGAIN, Inline("abc", 77).Errno);
        var (errno, reply) = Inline("abc", 1);
        Assert.Equal((Errno.OK, 3L, 4096L), (errno, reply.Attributes!.Value.SizeBytes, reply.Attributes.Value.AllocatedBytes));
        Assert.Equal("abc"u8.ToArray(), _h.Open(_file).Reply.InlineData.ToArray());
        Assert.Equal(Errno.EAGAIN, Write(0, 4096));
        Assert.Equal(Errno.OK, _h.Mutate(
            Opcode.CommitWrite, Request(0, 4096, new ObjectId(_id++)) with { ExpectedDataVersion = 2 }).Errno);
        Assert.Equal(InodeFlags.None, _h.AttributesOf(_file).Flags);
        Assert.Equal(Errno.EINVAL, Inline("abc", 3).Errno);
    }

    [Fact]
    public void Extents_with_inline_bytes_of_an_older_version_are_EAGAIN_also_when_nothing_is_inline_any_more()
    {
        Assert.Equal(Errno.OK, Inline("abc", 1).Errno);
        Assert.Equal(Errno.OK, _h.Truncate(_file, 0).Errno);
        Assert.Equal(InodeFlags.None, _h.AttributesOf(_file).Flags);
        Assert.Equal(Errno.EAGAIN, _h.Mutate(
            Opcode.CommitWrite, Request(0, 4096, new ObjectId(_id)) with { ExpectedDataVersion = 2 }).Errno);
        Assert.Equal(Errno.OK, Write(0, 4096));
    }

    [Fact]
    public void What_would_lie_behind_the_end_or_outside_its_object_is_EINVAL()
    {
        Assert.Equal(Errno.EINVAL, _h.Mutate(
            Opcode.CommitWrite, Request(0, 4096, new ObjectId(_id)) with { SizeAtLeastBytes = 4095 }).Errno);
        var request = Request(0, 4096, new ObjectId(_id));
        Assert.Equal(Errno.EINVAL, _h.Mutate(
            Opcode.CommitWrite, request with { Objects = [request.Objects[0] with { PlainBytes = 4095 }] }).Errno);
        Assert.Equal(Errno.EINVAL, _h.Mutate(
            Opcode.CommitWrite, request with { Blocks = [request.Blocks[0], request.Blocks[0]] }).Errno);
    }

    [Fact]
    public void A_block_written_as_a_whole_must_still_be_what_was_read_or_it_is_EAGAIN_and_nothing_changes()
    {
        Assert.Equal(Errno.OK, Write(0, 4096));
        var read = ExtentsOf(0);
        Assert.Equal(Errno.OK, Write(8192, 100));
        var before = _h.AttributesOf(_file);
        var id = new ObjectId(_id++);
        var whole = Request(0, 10_000, id) with { Rewritten = [new BlockExtents { Index = 0, Extents = read }] };
        Assert.Equal(Errno.EAGAIN, _h.Mutate(Opcode.CommitWrite, whole).Errno);
        Assert.Equal(Errno.EAGAIN, _h.Repeat(Opcode.CommitWrite, whole).Errno);
        Assert.Equal(before, _h.AttributesOf(_file));
        Assert.Equal(ObjectState.Pending, StateOf(id));

        // Another block does not matter; what is in this one now does.
        Assert.Equal(Errno.OK, Write(EngineHarness.BlockBytes, 1));
        Assert.Equal(Errno.OK, _h.Mutate(
            Opcode.CommitWrite, whole with { Rewritten = [new BlockExtents { Index = 0, Extents = ExtentsOf(0) }] }).Errno);
        Assert.Equal(id, Assert.Single(ExtentsOf(0)).Object);
    }

    [Fact]
    public void A_hole_that_was_read_must_still_be_one_and_bytes_that_were_read_must_not_be_cut_off()
    {
        var hole = new BlockExtents { Index = 0, Extents = [] };
        Assert.Equal(Errno.OK, _h.Mutate(
            Opcode.CommitWrite, Request(0, 4096, new ObjectId(_id++)) with { Rewritten = [hole] }).Errno);
        Assert.Equal(Errno.EAGAIN, _h.Mutate(
            Opcode.CommitWrite, Request(0, 4096, new ObjectId(_id++)) with { Rewritten = [hole] }).Errno);
        var read = ExtentsOf(0);
        Assert.Equal(Errno.OK, _h.Truncate(_file, 0).Errno);
        Assert.Equal(Errno.EAGAIN, _h.Mutate(
            Opcode.CommitWrite,
            Request(0, 4096, new ObjectId(_id++)) with { Rewritten = [new BlockExtents { Index = 0, Extents = read }] }).Errno);
    }

    [Fact]
    public void Into_a_directory_is_EISDIR_and_into_what_is_gone_ESTALE()
    {
        Assert.Equal(Errno.EISDIR, _h.Mutate(
            Opcode.CommitWrite, Request(0, 1, new ObjectId(_id)) with { Inode = InodeId.Root }).Errno);
        Assert.Equal(Errno.ESTALE, _h.Mutate(
            Opcode.CommitWrite, Request(0, 1, new ObjectId(_id)) with { Inode = new InodeId(999) }).Errno);
    }

    [Fact]
    public void Truncation_in_the_middle_of_an_extent_trims_it_and_what_comes_back_is_zeros()
    {
        Write(0, 10_000);
        Assert.Equal(Errno.OK, _h.Truncate(_file, 5000).Errno);
        _h.Truncate(_file, 20_000);
        var reply = _h.Read<GetExtentsRequest, ExtentsReply>(
            Opcode.GetExtents, new GetExtentsRequest { Inode = _file, BlockCount = 1 }).Reply;
        Assert.Equal(5000u, Assert.Single(Assert.Single(reply.Blocks).Extents).LengthBytes);
        Assert.Equal(8192, reply.Attributes.AllocatedBytes);
        Assert.Equal(10_000u, Assert.Single(reply.Objects).PlainBytes);
    }

    private ImmutableArray<Extent> ExtentsOf(ulong block)
    {
        var reply = _h.Read<GetExtentsRequest, ExtentsReply>(
            Opcode.GetExtents, new GetExtentsRequest { Inode = _file, FirstBlock = block, BlockCount = 1 }).Reply;
        return Assert.Single(reply.Blocks).Extents;
    }

    private ObjectState StateOf(ObjectId id) => _h.Query<IdsRequest, ObjectStatesReply>(
        InternalOpcode.ObjectIsKnown, new IdsRequest { Objects = [id] }).Reply.States[0];

    private (Errno Errno, MutationReply Reply) Inline(string data, ulong version) => _h.Mutate(
        Opcode.CommitWrite,
        new CommitWriteRequest { Inode = _file, IsInline = true, InlineData = EngineHarness.Name(data), ExpectedDataVersion = version });

    private Errno Write(uint offset, uint length, ObjectId id = default) => _h.Mutate(
        Opcode.CommitWrite, Request(offset, length, id == default ? new ObjectId(_id++) : id)).Errno;

    private CommitWriteRequest Request(uint offset, uint length, ObjectId id) => new()
    {
        Inode = _file,
        Blocks = [new BlockExtents
        {
            Index = offset / EngineHarness.BlockBytes,
            Extents = [new Extent { Object = id, BlockOffset = offset % EngineHarness.BlockBytes, LengthBytes = length }],
        }],
        Objects = [new ObjectDescriptor { Object = id, PlainBytes = length, StoredBytes = length, FrameIndex = new byte[] { 1 } }],
        SizeAtLeastBytes = offset + length,
        ModifiedAt = _h.Now,
    };

    private Errno CommitAt(ulong block, uint offset, uint length)
    {
        var request = Request(offset, length, new ObjectId(_id++));
        return _h.Mutate(Opcode.CommitWrite, request with
        {
            Blocks = [request.Blocks[0] with { Index = block }],
            SizeAtLeastBytes = long.MaxValue,
        }).Errno;
    }
}
