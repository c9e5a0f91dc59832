using FlexFs.Blocks.Buffers;
using FlexFs.Blocks.Caching;
using FlexFs.Blocks.Format;
using FlexFs.Contracts.Objects;
using FlexFs.Core;
using FlexFs.Objects;
using FlexFs.Objects.Memory;

namespace FlexFs.Blocks.Tests;

public sealed class FrameCacheTests
{
    private const int FrameBytes = 1 << 16;
    private readonly BufferPool _pool = Samples.Pool();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_hit_is_immediate_and_allocates_nothing()
    {
        await using var rig = await Rig.CreateAsync(_pool, cacheBytes: 4 << 20, objects: 1, frames: 4);
        var destination = new byte[100_000];
        await rig.ReadAsync(0, 30_000, destination);
        for (var i = 0; i < 100; i++) await rig.ReadAsync(0, 30_000, destination);
        var thread = Environment.CurrentManagedThreadId;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++) await rig.ReadAsync(0, 30_000, destination);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(thread, Environment.CurrentManagedThreadId);
        Assert.Equal(0, allocated);
        Assert.Equal(rig.Plain(0)[30_000..130_000], destination);
        Assert.Equal(1, rig.Gets);
    }

    [Fact]
    public async Task Random_reads_give_what_was_written_within_the_budget()
    {
        await using var rig = await Rig.CreateAsync(_pool, cacheBytes: 10 * FrameBytes, objects: 5, frames: 8);
        var random = new Random(3);
        for (var i = 0; i < 2000; i++)
        {
            var index = random.Next(5);
            var offset = random.Next(8 * FrameBytes);
            var destination = new byte[random.Next(Math.Min(200_000, (8 * FrameBytes) - offset))];
            Assert.Equal(BlockRead.Complete, await rig.ReadAsync(index, offset, destination));
            Assert.True(rig.Plain(index).AsSpan(offset, destination.Length).SequenceEqual(destination));
            Assert.InRange(rig.Cache.Bytes, 0, 10 * FrameBytes);
        }
    }

    [Fact]
    public async Task Memory_goes_back_when_all_is_done()
    {
        await using (var rig = await Rig.CreateAsync(_pool, cacheBytes: 4 << 20, objects: 2, frames: 8))
        {
            await rig.ReadAsync(0, 0, new byte[8 * FrameBytes]);
            Assert.Equal(8 * FrameBytes, _pool.RentedBytes);
        }

        Assert.Equal(0, _pool.RentedBytes);
    }

    [Fact]
    public async Task A_run_of_missing_frames_is_one_request()
    {
        await using var rig = await Rig.CreateAsync(_pool, cacheBytes: 4 << 20, objects: 1, frames: 16);
        await rig.ReadAsync(0, 5 * FrameBytes, new byte[1]);
        Assert.Equal(1, rig.Gets);
        await rig.ReadAsync(0, 0, new byte[16 * FrameBytes]);
        Assert.Equal(3, rig.Gets);
    }

    [Fact]
    public async Task Readers_of_one_frame_share_one_request()
    {
        await using var rig = await Rig.CreateAsync(_pool, cacheBytes: 4 << 20, objects: 1, frames: 4, isGated: true);
        var buffers = Enumerable.Range(0, 10).Select(_ => new byte[2 * FrameBytes]).ToArray();
        var reads = buffers.Select((buffer, i) => rig.ReadAsync(0, i % 2 * FrameBytes, buffer).AsTask()).ToArray();
        Assert.All(reads, read => Assert.False(read.IsCompleted));
        rig.Open();
        await Task.WhenAll(reads);
        for (var i = 0; i < 10; i++)
        {
            Assert.True(rig.Plain(0).AsSpan(i % 2 * FrameBytes, 2 * FrameBytes).SequenceEqual(buffers[i]));
        }

        // Frames 0 and 1 by the first reader, 2 by the second.
        Assert.Equal(2, rig.Gets);
    }

    [Fact]
    public async Task Without_any_budget_readers_still_share_and_nothing_stays()
    {
        await using var rig = await Rig.CreateAsync(_pool, cacheBytes: 0, objects: 1, frames: 4, isGated: true);
        var buffers = Enumerable.Range(0, 4).Select(_ => new byte[3 * FrameBytes]).ToArray();
        var reads = buffers.Select(buffer => rig.ReadAsync(0, 0, buffer).AsTask()).ToArray();
        rig.Open();
        await Task.WhenAll(reads);
        Assert.All(buffers, buffer => Assert.Equal(rig.Plain(0)[..(3 * FrameBytes)], buffer));
        Assert.Equal(1, rig.Gets);
        Assert.Equal(0, rig.Cache.Bytes);
    }

    [Fact]
    public async Task A_cancelled_reader_takes_nobody_with_it()
    {
        await using var rig = await Rig.CreateAsync(_pool, cacheBytes: 4 << 20, objects: 1, frames: 4, isGated: true);
        using var cancelled = new CancellationTokenSource();
        var first = rig.ReadUntilAsync(0, 0, new byte[100], cancelled.Token).AsTask();
        var destination = new byte[100];
        var second = rig.ReadAsync(0, 0, destination).AsTask();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        rig.Open();
        Assert.Equal(BlockRead.Complete, await second);
        Assert.Equal(rig.Plain(0)[..100], destination);
        Assert.Equal(1, rig.Gets);
    }

    [Fact]
    public async Task A_failed_fetch_fails_its_readers_and_the_next_tries_again()
    {
        await using var rig = await Rig.CreateAsync(
            _pool, cacheBytes: 4 << 20, objects: 1, frames: 4, fault: get => new StoreFault { Fails = get == 1 });
        await Assert.ThrowsAsync<ObjectStoreException>(async () => await rig.ReadAsync(0, 0, new byte[100]));
        Assert.Equal(BlockRead.Complete, await rig.ReadAsync(0, 0, new byte[100]));
    }

    [Fact]
    public async Task Damage_on_the_way_is_mended_by_asking_once_more_and_damage_at_rest_is_named()
    {
        await using var rig = await Rig.CreateAsync(
            _pool, cacheBytes: 4 << 20, objects: 1, frames: 4,
            fault: get => new StoreFault { FlipsByteAt = get is 1 or 3 or 4 ? 10 : null });
        var destination = new byte[100];
        Assert.Equal(BlockRead.Complete, await rig.ReadAsync(0, 0, destination));
        Assert.Equal(rig.Plain(0)[..100], destination);
        var untouched = new byte[100];
        var failure = await Assert.ThrowsAsync<CorruptObjectException>(
            async () => await rig.ReadAsync(0, FrameBytes, untouched));
        Assert.Equal(Rig.IdOf(0), failure.Id);
        Assert.Equal(new byte[100], untouched);
    }

    [Fact]
    public async Task A_missing_object_is_a_result()
    {
        await using var rig = await Rig.CreateAsync(
            _pool, cacheBytes: 4 << 20, objects: 1, frames: 4, fault: _ => new StoreFault { HidesObject = true });
        Assert.Equal(BlockRead.NotFound, await rig.ReadAsync(0, 0, new byte[100]));
        Assert.Equal(0, rig.Cache.Bytes);
    }

    [Fact]
    public async Task A_scan_does_not_evict_what_is_used_again_and_again()
    {
        await using var rig = await Rig.CreateAsync(_pool, cacheBytes: 20 * FrameBytes, objects: 12, frames: 8);
        var buffer = new byte[FrameBytes];
        for (var round = 0; round < 5; round++)
        {
            for (var frame = 0; frame < 8; frame++) await rig.ReadAsync(0, frame * FrameBytes, buffer);
        }

        for (var index = 1; index < 12; index++)
        {
            for (var frame = 0; frame < 8; frame++) await rig.ReadAsync(index, frame * FrameBytes, buffer);
        }

        var gets = rig.Gets;
        for (var frame = 0; frame < 8; frame++) await rig.ReadAsync(0, frame * FrameBytes, buffer);
        Assert.Equal(gets, rig.Gets);
    }

    [Fact]
    public async Task A_hint_fetches_ahead_within_its_bound_and_fails_silently()
    {
        await using var rig = await Rig.CreateAsync(
            _pool, cacheBytes: 4 << 20, objects: 2, frames: 8, prefetchBytes: 3 * FrameBytes,
            fault: get => new StoreFault { Fails = get == 3 });
        rig.Source.Prefetch(Rig.IdOf(0), rig.LayoutOf(0), 0, 2 * FrameBytes);
        Assert.Equal(1, rig.Gets);
        await rig.ReadAsync(0, 0, new byte[2 * FrameBytes]);
        Assert.Equal(1, rig.Gets);
        rig.Source.Prefetch(Rig.IdOf(0), rig.LayoutOf(0), FrameBytes, int.MaxValue);
        Assert.Equal(2, rig.Gets);
        rig.Source.Prefetch(Rig.IdOf(1), rig.LayoutOf(1), 0, 100);
        Assert.Equal(3, rig.Gets);
        Assert.Equal(1, rig.Source.FailedPrefetches);
    }

    [Fact]
    public async Task Hints_under_way_are_bounded()
    {
        await using var rig = await Rig.CreateAsync(
            _pool, cacheBytes: 4 << 20, objects: 4, frames: 8, prefetchBytes: 3 * FrameBytes, isGated: true);
        for (var index = 0; index < 4; index++) rig.Source.Prefetch(Rig.IdOf(index), rig.LayoutOf(index), 0, 2 * FrameBytes);
        Assert.Equal(2, rig.Gets);
        rig.Open();
        await rig.ReadAsync(0, 0, new byte[2 * FrameBytes]);
    }

    [Fact]
    public async Task Ending_gives_up_what_is_under_way()
    {
        var rig = await Rig.CreateAsync(_pool, cacheBytes: 4 << 20, objects: 1, frames: 4, isGated: true);
        var read = rig.ReadAsync(0, 0, new byte[100]).AsTask();
        await rig.DisposeAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read);
        Assert.Equal(0, _pool.RentedBytes);
    }

    [Fact]
    public async Task What_a_sink_stored_a_source_reads()
    {
        await using var store = new MemoryObjectStore(TimeProvider.System);
        var sink = new BlockSink(store, Samples.Names, Samples.Format(CompressionKind.Zstd), _pool, InlineWork.Instance);
        var plain = Samples.Mixed(1_000_000, seed: 5);
        var stored = await sink.PutAsync(Samples.Id, [plain.AsMemory(0, 10), plain.AsMemory(10)], Token);
        Assert.Equal(PutOutcome.Stored, stored.Outcome);
        Assert.Equal(plain.Length, stored.PlainBytes);
        Assert.Equal(store.StoredBytes, stored.StoredBytes);
        Assert.Equal(PutOutcome.Stored, (await sink.PutAsync(Samples.Id, [plain], Token)).Outcome);
        Assert.Equal(PutOutcome.Conflict, (await sink.PutAsync(Samples.Id, [plain.AsMemory(1)], Token)).Outcome);
        using var cache = new FrameCache(_pool, 1 << 20);
        await using var source = new BlockSource(Samples.Reader(store, _pool), cache, 0);
        foreach (var index in (ReadOnlyMemory<byte>[])[stored.FrameIndex, default])
        {
            var read = new byte[plain.Length - 7];
            Assert.Equal(BlockRead.Complete, await source.ReadAsync(Samples.Id, index, 7, read, Token));
            Assert.True(plain.AsSpan(7).SequenceEqual(read));
        }

        await Assert.ThrowsAsync<CorruptObjectException>(
            async () => await source.ReadAsync(Samples.Id, new byte[] { 1, 2, 3 }, 0, new byte[1], Token));
    }
}
