using CsCheck;
using FlexFs.Core;
using FlexFs.Metadata.Extents;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Tests.Extents;

public sealed class ExtentOverlayTests
{
    private const int BlockBytes = 64;

    // Lists of writes: offset, length, and whether it is a hole.
    private static readonly Gen<(int Offset, int Length, bool IsHole)[]> Writes =
        Gen.Select(Gen.Int[0, BlockBytes - 1], Gen.Int[1, BlockBytes], Gen.Int[0, 4].Select(n => n == 0)).Array[1, 30];

    [Fact]
    public void Bytes_seen_are_those_of_the_last_write() => Writes.Sample(writes =>
    {
        var bytes = new (ulong Object, uint Offset)[BlockBytes];
        var extents = new List<Extent>();
        var result = new List<Extent>();
        ulong next = 1;
        foreach (var (offset, wanted, isHole) in writes)
        {
            var length = Math.Min(wanted, BlockBytes - offset);
            var id = isHole ? 0 : next++;
            var over = new Extent
            {
                Object = new ObjectId(id),
                ObjectOffset = 100,
                BlockOffset = (uint)offset,
                LengthBytes = (uint)length,
            };
            for (var i = 0; i < length; i++) bytes[offset + i] = isHole ? default : (id, 100 + (uint)i);
            ExtentOverlay.Overlay(extents.ToArray(), [over], result);
            (extents, result) = (result, extents);
            Assert.True(ExtentOverlay.IsValid(extents.ToArray(), BlockBytes));
        }

        var seen = new (ulong Object, uint Offset)[BlockBytes];
        foreach (var extent in extents)
        {
            Assert.NotEqual(ObjectId.None, extent.Object);
            for (uint i = 0; i < extent.LengthBytes; i++)
            {
                seen[extent.BlockOffset + i] = (extent.Object.Value, extent.ObjectOffset + i);
            }
        }

        Assert.Equal(bytes, seen);
    });

    [Fact]
    public void Many_extents_at_once_are_laid_as_one_after_the_other() => Gen.Select(Writes, Writes).Sample((under, over) =>
    {
        var bottom = Lay([], under, 1);
        var top = Lay([], over, 1000);
        var atOnce = new List<Extent>();
        ExtentOverlay.Overlay(bottom, top, atOnce);
        var expected = bottom;
        foreach (var extent in top)
        {
            var step = new List<Extent>();
            ExtentOverlay.Overlay(expected, [extent], step);
            expected = [.. step];
        }

        Assert.Equal(expected, atOnce);
    });

    [Theory]
    [InlineData(0u, 0u, 4u)]
    [InlineData(60u, 5u, 4u)]
    [InlineData(uint.MaxValue, 5u, 4u)]
    [InlineData(5u, uint.MaxValue, 4u)]
    [InlineData(2u, 4u, 2u)]
    public void Lists_that_are_empty_inside_overlap_or_leave_the_block_are_not_valid(uint offset, uint length, uint second)
    {
        Extent[] list = [new Extent { BlockOffset = offset, LengthBytes = length }, new Extent { BlockOffset = second, LengthBytes = 1 }];
        Assert.False(ExtentOverlay.IsValid(list, BlockBytes));
    }

    [Fact]
    public void A_block_is_charged_whole_units() => Assert.Equal(8192, ExtentOverlay.AllocatedBytes(
        [new Extent { LengthBytes = 4000 }, new Extent { BlockOffset = 9000, LengthBytes = 97 }]));

    private static Extent[] Lay(Extent[] extents, (int Offset, int Length, bool IsHole)[] writes, ulong id)
    {
        foreach (var (offset, length, isHole) in writes)
        {
            var result = new List<Extent>();
            ExtentOverlay.Overlay(
                extents,
                [new Extent
                {
                    Object = new ObjectId(isHole ? 0 : id++),
                    BlockOffset = (uint)offset,
                    LengthBytes = (uint)Math.Min(length, BlockBytes - offset),
                }],
                result);
            extents = [.. result];
        }

        return extents;
    }
}
