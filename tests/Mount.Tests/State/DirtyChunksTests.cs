using FlexFs.Mount.State;

namespace FlexFs.Mount.Tests.State;

public sealed class DirtyChunksTests
{
    [Fact]
    public void Every_chunk_can_be_taken_once_and_again_after_its_release()
    {
        using var region = StateRegion.Create(new RegionLayout(1, 64, 200));
        var chunks = new DirtyChunks(region);
        var taken = new HashSet<int>();
        while (chunks.TryTake(out var chunk)) Assert.True(taken.Add(chunk));
        Assert.Equal(200, taken.Count);
        foreach (var chunk in taken) chunks.Bytes(chunk).Span.Fill((byte)chunk);
        Assert.All(taken, chunk => Assert.Equal((byte)chunk, chunks.Bytes(chunk).Span[^1]));
        foreach (var chunk in taken) chunks.Release(chunk);
        Assert.Equal(200, chunks.FreeCount);
    }

    [Fact]
    public void Memory_of_idle_chunks_goes_back_to_the_machine()
    {
        using var region = StateRegion.Create(new RegionLayout(1, 64, 200));
        var chunks = new DirtyChunks(region);
        var taken = new List<int>();
        while (chunks.TryTake(out var chunk)) taken.Add(chunk);
        foreach (var chunk in taken) chunks.Bytes(chunk).Span.Fill(1);
        foreach (var chunk in taken) chunks.Release(chunk);
        // A chunk that was given back reads as zeros; those that are kept warm do not.
        Assert.True(taken.Count(chunk => chunks.Bytes(chunk).Span[0] == 0) >= 100);
    }
}
