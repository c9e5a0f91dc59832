using FlexFs.Blocks;
using FlexFs.Blocks.Buffers;
using FlexFs.Blocks.Caching;
using FlexFs.Core;
using FlexFs.Objects;
using FlexFs.Objects.Memory;

namespace FlexFs.Client.Tests;

/// <summary>The client with the block layer: frames, compression, checksums, cache.</summary>
public sealed class BlockObjectsTests
{
    private static readonly ObjectNames Names = new("test");

    [Fact]
    public async Task Files_are_read_back_and_a_damaged_object_is_EIO()
    {
        await using var world = new World();
        var store = new LockedStore();
        using var pool = new BufferPool(64 << 20);
        using var cache = new FrameCache(pool, 16 << 20);
        var reader = new ObjectReader(store, Names, TestVolume.Volume, pool, InlineWork.Instance);
        await using var source = new BlockSource(reader, cache, 8 << 20);
        var sink = new BlockSink(store, Names, new ObjectFormat(TestVolume.Volume), pool, InlineWork.Instance);
        var writer = await world.JoinAsync(objects: new BlockObjects(sink, source));
        var data = World.Random((2 * TestVolume.BlockBytes) + 77, 1);
        var inode = await writer.PutAsync("file", data);
        Assert.Equal(data, await writer.GetAsync(inode));
        Assert.Equal(data, await writer.GetAsync(inode));

        // Another client has nothing cached and meets the damage.
        store.IsDamaging = true;
        using var otherCache = new FrameCache(pool, 16 << 20);
        await using var otherSource = new BlockSource(reader, otherCache, 8 << 20);
        // Nothing is read ahead, or a frame that was on its way while the store did damage would fail the read after it.
        var options = World.Options with { ReadaheadBytesMax = 0 };
        var other = await world.JoinAsync(options: options, objects: new BlockObjects(sink, otherSource));
        var file = World.Ok(await other.OpenAsync(inode, Handles.OpenFlags.ReadOnly, World.Token));
        Assert.Equal(Errno.EIO, (await other.ReadAsync(file.Handle, 0, new byte[100], World.Token)).Errno);
        store.IsDamaging = false;
        Assert.Equal(data, await other.ReadAllAsync(file.Handle, data.Length));
    }

    /// <summary>The store in memory for any thread, that may flip a bit in what is read.</summary>
    private sealed class LockedStore : IObjectStore
    {
        private readonly MemoryObjectStore _store = new(TimeProvider.System);

        public bool IsDamaging { get; set; }

        public string Location => "memory";

        public ValueTask<PutOutcome> PutAsync(ObjectName name, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            lock (_store) return _store.PutAsync(name, bytes, cancellationToken);
        }

        public ValueTask<ObjectRange> GetAsync(
            ObjectName name, long offset, Memory<byte> destination, CancellationToken cancellationToken)
        {
            lock (_store)
            {
                var range = _store.GetAsync(name, offset, destination, cancellationToken);
                if (IsDamaging) destination.Span[destination.Length / 2] ^= 1;
                return range;
            }
        }

        public ValueTask<long?> LengthAsync(ObjectName name, CancellationToken cancellationToken)
        {
            lock (_store) return _store.LengthAsync(name, cancellationToken);
        }

        public ValueTask DeleteAsync(IReadOnlyList<ObjectName> names, CancellationToken cancellationToken)
        {
            lock (_store) return _store.DeleteAsync(names, cancellationToken);
        }

        public ValueTask<ObjectPage> ListAsync(
            string prefix, string? continuation, int limit, CancellationToken cancellationToken)
        {
            lock (_store) return _store.ListAsync(prefix, continuation, limit, cancellationToken);
        }

        public ValueTask DisposeAsync() => _store.DisposeAsync();
    }
}
