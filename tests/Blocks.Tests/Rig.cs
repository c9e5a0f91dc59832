using FlexFs.Blocks.Buffers;
using FlexFs.Blocks.Caching;
using FlexFs.Blocks.Format;
using FlexFs.Contracts.Objects;
using FlexFs.Core;
using FlexFs.Objects;
using FlexFs.Objects.Memory;

namespace FlexFs.Blocks.Tests;

/// <summary>Objects in a store behind a source, with a count of requests, faults, and a gate that holds them up.</summary>
internal sealed class Rig : IAsyncDisposable
{
    private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<byte[]> _plain = [];
    private readonly List<ObjectLayout> _layouts = [];
    private int _gets;

    private Rig(BufferPool pool, long cacheBytes, long prefetchBytes, bool isGated, Func<int, StoreFault>? fault)
    {
        if (!isGated) _gate.SetResult();
        Store = new MemoryObjectStore(TimeProvider.System);
        var faulty = new FaultyObjectStore(
            Store, TimeProvider.System, (_, _) => fault?.Invoke(Interlocked.Increment(ref _gets)) ?? Count());
        Cache = new FrameCache(pool, cacheBytes);
        Source = new BlockSource(Samples.Reader(new GatedStore(faulty, _gate.Task), pool), Cache, prefetchBytes);
    }

    internal MemoryObjectStore Store { get; }

    internal FrameCache Cache { get; }

    internal BlockSource Source { get; }

    internal int Gets => Volatile.Read(ref _gets);

    internal static async Task<Rig> CreateAsync(
        BufferPool pool, long cacheBytes, int objects, int frames, long prefetchBytes = 1 << 20, bool isGated = false,
        Func<int, StoreFault>? fault = null)
    {
        var rig = new Rig(pool, cacheBytes, prefetchBytes, isGated, fault);
        var sink = new BlockSink(
            rig.Store, Samples.Names, Samples.Format(CompressionKind.Lz4), pool, InlineWork.Instance);
        for (var i = 0; i < objects; i++)
        {
            var plain = Samples.Mixed(frames << 16, seed: i);
            var stored = await sink.PutAsync(IdOf(i), [plain], TestContext.Current.CancellationToken);
            rig._plain.Add(plain);
            rig._layouts.Add(Samples.Layout(stored.FrameIndex));
        }

        return rig;
    }

    internal static ObjectId IdOf(int index) => ObjectId.Of(1, (ulong)index + 1);

    internal byte[] Plain(int index) => _plain[index];

    internal ObjectLayout LayoutOf(int index) => _layouts[index];

    internal void Open() => _gate.SetResult();

    internal ValueTask<BlockRead> ReadAsync(int index, int offset, Memory<byte> destination) =>
        ReadUntilAsync(index, offset, destination, TestContext.Current.CancellationToken);

    internal ValueTask<BlockRead> ReadUntilAsync(
        int index, int offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        Source.ReadAsync(IdOf(index), _layouts[index], offset, destination, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        Cache.Dispose();
    }

    private StoreFault Count()
    {
        Interlocked.Increment(ref _gets);
        return default;
    }

    /// <summary>Counts at once, answers when the gate is open.</summary>
    private sealed class GatedStore(IObjectStore inner, Task gate) : IObjectStore
    {
        public string Location => inner.Location;

        public ValueTask<PutOutcome> PutAsync(
            ObjectName name, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
            inner.PutAsync(name, bytes, cancellationToken);

        public async ValueTask<ObjectRange> GetAsync(
            ObjectName name, long offset, Memory<byte> destination, CancellationToken cancellationToken)
        {
            var range = await inner.GetAsync(name, offset, destination, cancellationToken);
            await gate.WaitAsync(cancellationToken);
            return range;
        }

        public ValueTask<long?> LengthAsync(ObjectName name, CancellationToken cancellationToken) =>
            inner.LengthAsync(name, cancellationToken);

        public ValueTask DeleteAsync(IReadOnlyList<ObjectName> names, CancellationToken cancellationToken) =>
            inner.DeleteAsync(names, cancellationToken);

        public ValueTask<ObjectPage> ListAsync(
            string prefix, string? continuation, int limit, CancellationToken cancellationToken) =>
            inner.ListAsync(prefix, continuation, limit, cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
