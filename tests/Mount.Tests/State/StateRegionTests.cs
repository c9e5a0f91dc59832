using System.Runtime.CompilerServices;
using FlexFs.Client.Writing;
using FlexFs.Core;
using FlexFs.Mount.State;

namespace FlexFs.Mount.Tests.State;

public sealed class StateRegionTests
{
    private static readonly RegionLayout Small = new(HandleCapacity: 4, RequestCapacity: 64, ChunkCapacity: 3);

    [Fact]
    public void Slots_have_their_declared_sizes()
    {
        Assert.Equal(HandleSlot.SizeBytes, Unsafe.SizeOf<HandleSlot>());
        Assert.Equal(RequestSlot.SizeBytes, Unsafe.SizeOf<RequestSlot>());
        Assert.Equal(ChunkSlot.SizeBytes, Unsafe.SizeOf<ChunkSlot>());
        Assert.True(Unsafe.SizeOf<RegionHeader>() <= 4096);
    }

    [Fact]
    public void Sections_follow_one_another_on_page_boundaries()
    {
        var layout = new RegionLayout(65536, 16384, 1000);
        long[] offsets = [RegionLayout.HandlesOffset, layout.RequestsOffset, layout.ChunkSlotsOffset, layout.ChunksOffset];
        Assert.All(offsets, offset => Assert.Equal(0, offset % 4096));
        Assert.Equal(offsets.Order(), offsets);
        Assert.Equal(layout.ChunksOffset + (1000L * RegionLayout.ChunkBytes), layout.TotalBytes);
    }

    [Fact]
    public void A_successor_finds_handles_requests_and_dirty_bytes()
    {
        using var first = StateRegion.Create(Small);
        var handles = new HandleTable(first);
        Assert.Equal(Errno.OK, handles.Add(77, new InodeId(5), 2));
        var requests = new RequestTable(first);
        requests.End(requests.Begin(100, 9, new InodeId(5), out _), Errno.EEXIST);
        var chunks = new DirtyChunks(first);
        Assert.True(chunks.TryTake(out var chunk));
        chunks.Bytes(chunk).Span[10] = 42;
        chunks.Describe(chunk, new DirtyChunkDescriptor(
            new InodeId(5), 10, 10, 1, 3, new Instant(9), DirtyChunkState.Sealed));

        using var second = StateRegion.Adopt(Duplicate(first), Small.TotalBytes);
        Assert.Equal(77UL, Assert.Single(new HandleTable(second).Snapshot()).Handle);
        Assert.Equal(-1, new RequestTable(second).Begin(100 | (1UL << 63), 9, new InodeId(5), out var executed));
        Assert.Equal((int)Errno.EEXIST, executed!.Value.Errno);
        var successor = new DirtyChunks(second);
        Assert.Equal(Small.ChunkCapacity - 1, successor.FreeCount);
        Assert.Equal(42, successor.Bytes(chunk).Span[10]);
    }

    [Fact]
    public void A_region_of_another_layout_version_is_refused_and_both_versions_are_named()
    {
        using var region = StateRegion.Create(Small);
        region.Header.LayoutVersion = 9;
        var refused = Assert.Throws<InvalidDataException>(() => StateRegion.Adopt(region.Descriptor, Small.TotalBytes));
        Assert.Contains("9", refused.Message, StringComparison.Ordinal);
        Assert.Contains("1", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_a_region_is_refused()
    {
        using var region = StateRegion.Create(Small);
        region.Header.Magic = 0;
        Assert.Throws<InvalidDataException>(() => StateRegion.Adopt(region.Descriptor, Small.TotalBytes));
        Assert.Throws<InvalidDataException>(() => StateRegion.Adopt(region.Descriptor, 8));
    }

    [Fact]
    public void A_region_whose_length_disagrees_with_its_header_is_refused()
    {
        using var region = StateRegion.Create(Small);
        region.Header.ChunkCapacity++;
        Assert.Throws<InvalidDataException>(() => StateRegion.Adopt(region.Descriptor, Small.TotalBytes));
    }

    // The descriptor is the region's from now on, so nothing else may close it.
    private static int Duplicate(StateRegion region)
    {
        using var handle = File.OpenHandle($"/proc/self/fd/{region.Descriptor}", System.IO.FileMode.Open, FileAccess.ReadWrite);
        var descriptor = (int)handle.DangerousGetHandle();
        handle.SetHandleAsInvalid();
        return descriptor;
    }
}
