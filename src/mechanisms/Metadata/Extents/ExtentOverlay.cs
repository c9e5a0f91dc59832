using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Extents;

/// <summary>What a block's extents are after new ones were laid over them. Pure.</summary>
/// <remarks>A list of extents is valid when it is sorted by block offset and none overlaps another, is empty, or leaves the block.</remarks>
public static class ExtentOverlay
{
    /// <summary>A block's covered bytes are charged in units of this.</summary>
    public const int UnitBytes = 4096;

    /// <summary>Lays <paramref name="over"/> on <paramref name="under"/>; both valid. Extents of no object punch holes and are not kept.</summary>
    /// <param name="under">What the block has.</param>
    /// <param name="over">What comes over it.</param>
    /// <param name="result">Replaced by the valid list of what is seen from above.</param>
    public static void Overlay(ReadOnlySpan<Extent> under, ReadOnlySpan<Extent> over, List<Extent> result)
    {
        result.Clear();
        var next = 0;
        var current = next < under.Length ? under[next++] : default;
        foreach (var top in over)
        {
            var topEnd = top.BlockOffset + top.LengthBytes;
            while (current.LengthBytes > 0 && current.BlockOffset < topEnd)
            {
                var end = current.BlockOffset + current.LengthBytes;
                if (current.BlockOffset < top.BlockOffset)
                {
                    result.Add(current with { LengthBytes = Math.Min(end, top.BlockOffset) - current.BlockOffset });
                }

                if (end > topEnd)
                {
                    current = Behind(current, topEnd);
                    break;
                }

                current = next < under.Length ? under[next++] : default;
            }

            if (top.Object != ObjectId.None) result.Add(top);
        }

        if (current.LengthBytes > 0) result.Add(current);
        while (next < under.Length) result.Add(under[next++]);
    }

    /// <summary>Whether a list is valid in a block of this size; every end is checked without overflow.</summary>
    public static bool IsValid(ReadOnlySpan<Extent> extents, uint blockBytes)
    {
        ulong end = 0;
        foreach (var extent in extents)
        {
            if (extent.LengthBytes == 0 || extent.BlockOffset < end) return false;
            end = (ulong)extent.BlockOffset + extent.LengthBytes;
            if (end > blockBytes) return false;
        }

        return true;
    }

    /// <summary>Bytes that the extents cover, in whole units of 4 KiB: what the block is charged.</summary>
    public static long AllocatedBytes(ReadOnlySpan<Extent> extents)
    {
        long covered = 0;
        foreach (var extent in extents) covered += extent.LengthBytes;
        return RoundUp(covered);
    }

    /// <summary>Whole units of 4 KiB.</summary>
    public static long RoundUp(long bytes) => (bytes + UnitBytes - 1) / UnitBytes * UnitBytes;

    // The part of an extent from a block offset inside it.
    private static Extent Behind(in Extent extent, uint blockOffset)
    {
        var skipped = blockOffset - extent.BlockOffset;
        return extent with
        {
            BlockOffset = blockOffset,
            ObjectOffset = extent.ObjectOffset + skipped,
            LengthBytes = extent.LengthBytes - skipped,
        };
    }
}
