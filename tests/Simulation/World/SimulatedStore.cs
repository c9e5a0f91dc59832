using FlexFs.Core;
using FlexFs.Metadata.Records;
using FlexFs.Metadata.Storage;
using FlexFs.Metadata.Storage.Memory;
using FlexFs.MetadataService.Volumes;
using FlexFs.Simulation.Runtime;
using FlexFs.Wire;

namespace FlexFs.Simulation.World;

/// <summary>The metadata store as a disk: what was committed outlives the server, what was under way is there whole or not at all.</summary>
/// <remarks>
/// After a failure the handle is of no use any more; the server opens another one and asks what was last. A handle of a dead server
/// changes nothing after the next one took ownership.
/// </remarks>
public sealed class SimulatedStore(SimulatedWorld world) : IVolumeStores
{
    private readonly SimulatedProcess _process = world.NewProcess("store");
    private readonly MemoryStore _disk = new();
    private readonly List<Commit> _underWay = [];
    private int _deaths;
    private List<StoreWrite>? _undo;
    private StoreBatch? _undoable;

    /// <summary>Longest delay of a read or commit.</summary>
    public TimeSpan DelayMax { get; set; } = TimeSpan.FromMilliseconds(3);

    /// <summary>Of a thousand calls, so many fail.</summary>
    public int FailuresPerMille { get; set; }

    /// <summary>Objects that were ever in use: of these none may be left over.</summary>
    public HashSet<ulong> EverInUse { get; } = [];

    /// <summary>Called when a commit is under way.</summary>
    public Action AtCommit { get; set; } = static () => { };

    /// <summary>Commits that took effect.</summary>
    public long Commits { get; private set; }

    /// <summary>Whether commits find no space.</summary>
    public bool IsFull
    {
        get => _disk.IsFull;
        set => _disk.IsFull = value;
    }

    /// <summary>All pairs of a family, from what is durable.</summary>
    public List<StorePair> All(KeyFamily family)
    {
        var first = Keys.Family(family);
        var page = _disk.ScanAsync(
            new StoreRange(StoreColumn.Current, first, Keys.After(first)), int.MaxValue, CancellationToken.None);
        return [.. page.Result.Pairs];
    }

    /// <summary>All pairs, from what is durable.</summary>
    public IEnumerable<StorePair> All() => _disk.ScanAsync(
        new StoreRange(StoreColumn.Current, default, default), int.MaxValue, CancellationToken.None).Result.Pairs;

    /// <inheritdoc/>
    public async ValueTask<IKeyValueStore> OpenAsync(VolumeId volume, CancellationToken cancellationToken) =>
        await _process.RunAsync(OpenAsync);

    /// <summary>The server was killed: what it was committing happened or did not.</summary>
    public void OwnerDied()
    {
        foreach (var commit in _underWay.ToArray())
        {
            var happened = world.Chance.OneIn(2);
            world.Marks.Reached(happened ? "store: crash after a commit, before its answer" : "store: crash before a commit");
            if (happened) Apply(commit.Batch);
            commit.IsSettled = true;
        }

        _underWay.Clear();
        _deaths++;
        if (world.Options.Sabotage == Sabotage.StoreForgetsCommit) Undo();
    }

    private async Task<IKeyValueStore> OpenAsync()
    {
        var deathsBefore = _deaths;
        await DelayAsync();
        if (Fails()) throw new StorageException("simulated: the store cannot be opened");
        return new Handle(this, deathsBefore);
    }

    private CommitResult Apply(StoreBatch batch)
    {
        if (world.Options.Sabotage == Sabotage.ServerForgetsReplies)
        {
            batch = batch with { Writes = [.. batch.Writes.Where(w => w.Key.Bytes.Span[0] != (byte)KeyFamily.Reply)] };
        }

        var undo = world.Options.Sabotage == Sabotage.StoreForgetsCommit ? UndoOf(batch) : null;
        var result = _disk.CommitAsync(batch).Result;
        world.Note($"store: commit {batch.Sequence} of epoch {batch.Epoch}, {batch.Writes.Count} writes: {result}");
        if (result != CommitResult.Committed) return result;
        if (world.Trace.Watcher is not null) RemarkBlocks(batch);
        Commits++;
        foreach (var write in batch.Writes)
        {
            var key = write.Key.Bytes.Span;
            if (key[0] == (byte)KeyFamily.Object && write.Value is not null) EverInUse.Add(Keys.NumberAt(key, 1));
        }

        (_undo, _undoable) = (undo, batch);
        return result;
    }

    // For a human who watches: where bytes are from now on.
    private void RemarkBlocks(StoreBatch batch)
    {
        foreach (var write in batch.Writes)
        {
            var key = write.Key.Bytes.Span;
            if (key[0] == (byte)KeyFamily.InlineData)
            {
                world.Trace.Remark(world.Now, $"store: inode {Keys.NumberAt(key, 1)}, inline: {write.Value?.Length} bytes");
            }

            if (key[0] != (byte)KeyFamily.Block) continue;
            var extents = write.Value is null ? [] : WireCodec.Read<BlockRecord>(write.Value).Extents;
            world.Trace.Remark(world.Now, $"store: inode {Keys.NumberAt(key, 1)}, block {Keys.NumberAt(key, 9)}: "
                + string.Join(' ', extents.Select(e => $"{e.BlockOffset}+{e.LengthBytes}={e.Object.Value:x}@{e.ObjectOffset}")));
        }
    }

    private List<StoreWrite> UndoOf(StoreBatch batch)
    {
        var keys = batch.Writes.Select(w => w.Key).ToArray();
        var values = new byte[]?[keys.Length];
        for (var i = 0; i < keys.Length; i++)
        {
            var one = new byte[]?[1];
            _ = _disk.GetManyAsync([keys[i]], one, CancellationToken.None).Result;
            values[i] = one[0];
        }

        return [.. keys.Select((key, i) => new StoreWrite(key, values[i]))];
    }

    // The bug: as if the last commit had never been, but for its number.
    private void Undo()
    {
        if (_undo is null) return;
        _ = _disk.CommitAsync(_undoable! with { Sequence = _undoable.Sequence + 1, Writes = _undo }).Result;
        _undo = null;
    }

    private bool Fails() => FailuresPerMille > 0 && world.Chance.Below(1000) < FailuresPerMille;

    private Task DelayAsync() => world.DelayAsync(_process, DelayMax);

    private sealed class Commit(StoreBatch batch)
    {
        public StoreBatch Batch => batch;

        public bool IsSettled { get; set; }
    }

    private sealed class Handle(SimulatedStore store, int deathsBefore) : IKeyValueStore
    {
        private string? _broken;

        // Its server was killed: nobody waits for its answers, and what it was about to do does not happen any more.
        private bool IsOfTheDead => deathsBefore != store._deaths;

        public ValueTask<StorePosition> PositionAsync(CancellationToken cancellationToken) =>
            new(RunAsync(() => store._disk.PositionAsync(CancellationToken.None), "reading the position"));

        public ValueTask<StorePosition> TakeOwnershipAsync(CancellationToken cancellationToken) =>
            new(RunAsync(
                () => IsOfTheDead
                    ? store._disk.PositionAsync(CancellationToken.None)
                    : store._disk.TakeOwnershipAsync(CancellationToken.None),
                "taking ownership"));

        public ValueTask<ulong> GetManyAsync(
            IReadOnlyList<StoreKey> keys, byte[]?[] values, CancellationToken cancellationToken) =>
            new(RunAsync(() => store._disk.GetManyAsync(keys, values, CancellationToken.None), "reading"));

        public ValueTask<StorePage> ScanAsync(StoreRange range, int limit, CancellationToken cancellationToken) =>
            new(RunAsync(() => store._disk.ScanAsync(range, limit, CancellationToken.None), "scanning"));

        public ValueTask<CommitResult> CommitAsync(StoreBatch batch) => new(store._process.RunAsync(() => CommitItAsync(batch)));

        public ValueTask DisposeAsync() => default;

        private async Task<CommitResult> CommitItAsync(StoreBatch batch)
        {
            ThrowIfBroken();
            var commit = new Commit(batch);
            store._underWay.Add(commit);
            await store.DelayAsync();
            store.AtCommit();

            // The server died meanwhile; nobody waits for this answer.
            if (commit.IsSettled) return CommitResult.Committed;
            store._underWay.Remove(commit);
            if (store.Fails())
            {
                var happened = store.Happens();
                if (happened) store.Apply(batch);
                throw Break(happened ? "committing, with effect" : "committing, without effect");
            }

            var result = store.Apply(batch);
            await store.DelayAsync();
            return result;
        }

        // The snapshot is of some moment between the question and the answer.
        private Task<T> RunAsync<T>(Func<ValueTask<T>> call, string what) => store._process.RunAsync(async () =>
        {
            ThrowIfBroken();
            await store.DelayAsync();
            if (store.Fails()) throw Break(what);
            var answer = await call();
            await store.DelayAsync();
            return answer;
        });

        private void ThrowIfBroken()
        {
            if (_broken is not null) throw new StorageException($"simulated: the store failed before, {_broken}");
        }

        private StorageException Break(string what)
        {
            _broken ??= what;
            store.Failed(what);
            return new StorageException($"simulated: the store failed {what}");
        }
    }

    private bool Happens()
    {
        var happens = world.Chance.OneIn(2);
        world.Marks.Reached(happens ? "store: a failed commit took effect" : "store: a failed commit took no effect");
        return happens;
    }

    private void Failed(string what) => world.Note($"store: failed {what}");
}
