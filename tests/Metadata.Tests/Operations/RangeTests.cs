using FlexFs.Core;
using FlexFs.Metadata.Records;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Tests.Operations;

/// <summary>fallocate, SEEK_DATA and SEEK_HOLE, and ranges that share extents.</summary>
public sealed class RangeTests
{
    private const long Block = EngineHarness.BlockBytes;
    private readonly EngineHarness _h = new(new EngineOptions { RemovalStep = 3 });
    private readonly InodeId _file;
    private ulong _id;

    public RangeTests()
    {
        _file = _h.MakeFile("f");
        _id = _h.Mutate(Opcode.AllocateIds, default(AllocateIdsRequest)).Reply.Value;
    }

    [Fact]
    public void A_hole_gives_its_space_back_and_keeps_the_size()
    {
        for (ulong i = 0; i < 10; i++) Write(_file, i, 0, (uint)Block);
        var before = _h.AttributesOf(_file);
        Assert.Equal(Errno.OK, Fallocate(1000, (8 * Block) + 5000, isZeroed: true, keepsSize: true).Errno);
        var after = _h.AttributesOf(_file);
        Assert.Equal(10 * Block, after.SizeBytes);
        Assert.Equal(4096 + Block - 4096 + Block, after.AllocatedBytes);
        Assert.True(after.DataVersion > before.DataVersion && after.ModifiedAt.CompareTo(before.ModifiedAt) >= 0);
        Assert.Equal((1000L, true), Seek(0, isHole: true));
        Assert.Equal(((8 * Block) + 6000, true), Seek(1000, isHole: false));
        _h.AssertSound();
    }

    [Fact]
    public void A_range_of_zeros_or_an_allocation_behind_the_end_makes_the_file_longer_and_takes_no_space()
    {
        Assert.Equal(Errno.OK, Fallocate(0, 3 * Block, isZeroed: false, keepsSize: true).Errno);
        Assert.Equal(0, _h.AttributesOf(_file).SizeBytes);
        Assert.Equal(Errno.OK, Fallocate(10, 3 * Block, isZeroed: false, keepsSize: false).Errno);
        Assert.Equal((10 + (3 * Block), 0L), (_h.AttributesOf(_file).SizeBytes, _h.AttributesOf(_file).AllocatedBytes));
        Assert.Equal(Errno.OK, Fallocate(Block, 9 * Block, isZeroed: true, keepsSize: false).Errno);
        Assert.Equal(10 * Block, _h.AttributesOf(_file).SizeBytes);
    }

    [Fact]
    public void Zeros_in_inline_data_stay_inline_and_at_its_end_they_shorten_it()
    {
        Inline("abcdefgh");
        Assert.Equal(Errno.OK, Fallocate(2, 3, isZeroed: true, keepsSize: true).Errno);
        Assert.Equal("ab\0\0\0fgh"u8.ToArray(), _h.Open(_file).Reply.InlineData.ToArray());
        Assert.Equal(Errno.OK, Fallocate(4, 100, isZeroed: true, keepsSize: true).Errno);
        Assert.Equal(("ab\0\0", 8L), (System.Text.Encoding.UTF8.GetString(_h.Open(_file).Reply.InlineData.Span), _h.AttributesOf(_file).SizeBytes));
        Assert.Equal((4L, true), Seek(0, isHole: true));
        Assert.Equal(Errno.OK, Fallocate(0, 8, isZeroed: true, keepsSize: true).Errno);
        Assert.Equal((InodeFlags.None, 0L, 8L), (_h.AttributesOf(_file).Flags, _h.AttributesOf(_file).AllocatedBytes, _h.AttributesOf(_file).SizeBytes));
        _h.AssertSound();
    }

    [Fact]
    public void A_hole_in_a_block_of_as_many_extents_as_it_may_have_is_E2BIG_and_nothing_changes()
    {
        for (uint i = 0; i < Limits.ExtentsPerBlockMax; i++) Write(_file, 1, i * 4000, 3000);
        var before = _h.AttributesOf(_file);
        Assert.Equal(Errno.E2BIG, Fallocate(Block + 100, 100, isZeroed: true, keepsSize: true).Errno);
        Assert.Equal(before, _h.AttributesOf(_file));
        Assert.Equal(Errno.OK, Fallocate(Block, Block, isZeroed: true, keepsSize: true).Errno);
        Assert.Equal(0, _h.AttributesOf(_file).AllocatedBytes);
    }

    [Fact]
    public void Ranges_that_make_no_sense_are_EINVAL_EFBIG_or_EISDIR()
    {
        Assert.Equal(Errno.EINVAL, Fallocate(0, 0, isZeroed: false, keepsSize: false).Errno);
        Assert.Equal(Errno.EINVAL, Fallocate(-1, 5, isZeroed: true, keepsSize: false).Errno);
        Assert.Equal(Errno.EFBIG, Fallocate(long.MaxValue - 5, 6, isZeroed: false, keepsSize: false).Errno);
        Assert.Equal(Errno.EISDIR, Clone(InodeId.Root, 0, _file, 0, 10).Errno);
        Assert.Equal(Errno.EINVAL, Clone(_file, 0, _file, 5, 10).Errno);
        Assert.Equal(Errno.ESTALE, Clone(_file, 0, new InodeId(999), 5, 10).Errno);
    }

    [Fact]
    public void Data_and_holes_are_found_across_blocks_and_in_long_files()
    {
        for (ulong i = 0; i < 300; i++) Write(_file, i, 0, (uint)Block);
        Write(_file, 1000, 5000, 100);
        var (at, isFound) = Seek(7, isHole: true);
        Assert.Equal((256 * Block, false), (at, isFound));
        Assert.Equal((300 * Block, true), Seek(at, isHole: true));
        Assert.Equal(((1000 * Block) + 5000, true), Seek(300 * Block, isHole: false));
        Assert.Equal(((1000 * Block) + 5100, true), Seek((1000 * Block) + 5050, isHole: true));
        Assert.Equal(((1000 * Block) + 5100, false), Seek((1000 * Block) + 5100, isHole: false));
    }

    [Fact]
    public void A_clone_names_the_same_objects_which_live_until_the_last_of_them_goes()
    {
        Write(_file, 0, 0, (uint)Block);
        Write(_file, 2, 100, 1000);
        var copy = _h.MakeFile("copy");
        var (errno, reply) = Clone(_file, 0, copy, 0, 100 * Block);
        Assert.Equal((Errno.OK, (ulong)((2 * Block) + 1100)), (errno, reply.Value));
        Assert.Equal(_h.AttributesOf(_file).SizeBytes, _h.AttributesOf(copy).SizeBytes);
        Assert.Equal(_h.AttributesOf(_file).AllocatedBytes, _h.AttributesOf(copy).AllocatedBytes);
        Assert.Equal(Extents(_file), Extents(copy));
        _h.AssertSound();
        _h.Unlink(InodeId.Root, "f");
        _h.AssertSound();
        Assert.Equal(2, _h.Store.Pairs.Count(pair => pair.Key[0] == (byte)KeyFamily.Object));
        _h.Unlink(InodeId.Root, "copy");
        _h.Commit();
        Assert.DoesNotContain(_h.Store.Pairs, pair => pair.Key[0] == (byte)KeyFamily.Object);
    }

    [Fact]
    public void A_clone_between_different_places_of_blocks_splits_extents_and_holes_take_the_place_of_data()
    {
        Write(_file, 0, 0, (uint)Block);
        var copy = _h.MakeFile("copy");
        for (ulong i = 0; i < 3; i++) Write(copy, i, 0, (uint)Block);
        Assert.Equal((ulong)Block - 100, Clone(_file, 100, copy, Block - 50, 2 * Block).Reply.Value);
        var extents = Extents(copy);
        Assert.Equal((Block - 50, 50u), (extents[0].Extents[1].BlockOffset, extents[0].Extents[1].LengthBytes));
        Assert.Equal(100u, extents[0].Extents[1].ObjectOffset);
        Assert.Equal(150u, extents[1].Extents[0].ObjectOffset);
        Assert.Equal(Errno.OK, _h.Truncate(_file, 10 * Block).Errno);
        Assert.Equal((ulong)Block, Clone(_file, 4 * Block, copy, 0, Block).Reply.Value);
        Assert.Equal((ulong)1, Extents(copy)[0].Index);
        _h.AssertSound();
    }

    [Fact]
    public void What_is_inline_or_in_a_pack_is_not_cloned()
    {
        var copy = _h.MakeFile("copy");
        Inline("abc");
        Assert.Equal(0ul, Clone(_file, 0, copy, 0, 10).Reply.Value);
        var packed = _h.MakeFile("packed");
        var id = new ObjectId(_id++);
        Assert.Equal(Errno.OK, _h.Mutate(Opcode.CommitWrite, new CommitWriteRequest
        {
            Inode = packed,
            Blocks =
            [
                new BlockExtents { Index = 0, Extents = [new Extent { Object = id, LengthBytes = 10 }] },
                new BlockExtents { Index = 1, Extents = [new Extent { Object = id, ObjectOffset = 10, LengthBytes = 10 }] },
            ],
            Objects = [new ObjectDescriptor { Object = id, PlainBytes = 20, StoredBytes = 20 }],
            SizeAtLeastBytes = Block + 10,
        }).Errno);
        Assert.Equal(0ul, Clone(packed, 0, copy, 0, 2 * Block).Reply.Value);
        Assert.Equal((ulong)(Block - 10), Clone(packed, 10, copy, 0, Block - 10).Reply.Value);
    }

    private (Errno Errno, MutationReply Reply) Fallocate(long offset, long length, bool isZeroed, bool keepsSize) =>
        _h.Mutate(Opcode.Fallocate, new FallocateRequest
        {
            Inode = _file,
            OffsetBytes = offset,
            LengthBytes = length,
            IsZeroed = isZeroed,
            KeepsSize = keepsSize,
        });

    private (Errno Errno, MutationReply Reply) Clone(InodeId source, long offset, InodeId target, long targetOffset, long length) =>
        _h.Mutate(Opcode.CloneRange, new CloneRangeRequest
        {
            Source = source,
            SourceOffsetBytes = offset,
            Target = target,
            TargetOffsetBytes = targetOffset,
            LengthBytes = length,
        });

    private (long Offset, bool IsFound) Seek(long offset, bool isHole)
    {
        var (errno, reply) = _h.Read<SeekRequest, SeekReply>(
            Opcode.Seek, new SeekRequest { Inode = _file, OffsetBytes = offset, IsHole = isHole });
        Assert.Equal(Errno.OK, errno);
        return (reply.OffsetBytes, reply.IsFound);
    }

    private void Inline(string data) => Assert.Equal(Errno.OK, _h.Mutate(Opcode.CommitWrite, new CommitWriteRequest
    {
        Inode = _file,
        IsInline = true,
        InlineData = EngineHarness.Name(data),
        ExpectedDataVersion = _h.AttributesOf(_file).DataVersion,
    }).Errno);

    private System.Collections.Immutable.ImmutableArray<BlockExtents> Extents(InodeId inode) =>
        _h.Read<GetExtentsRequest, ExtentsReply>(
            Opcode.GetExtents, new GetExtentsRequest { Inode = inode, BlockCount = 100 }).Reply.Blocks;

    private void Write(InodeId inode, ulong block, uint offset, uint length)
    {
        var id = new ObjectId(_id++);
        Assert.Equal(Errno.OK, _h.Mutate(Opcode.CommitWrite, new CommitWriteRequest
        {
            Inode = inode,
            Blocks = [new BlockExtents { Index = block, Extents = [new Extent { Object = id, BlockOffset = offset, LengthBytes = length }] }],
            Objects = [new ObjectDescriptor { Object = id, PlainBytes = length, StoredBytes = length }],
            SizeAtLeastBytes = (long)(block * (ulong)Block) + offset + length,
        }).Errno);
    }
}
