using FlexFs.Metadata.Storage;

namespace FlexFs.Metadata.Tests;

/// <summary>A store without waiting: a sorted table that batches are applied to.</summary>
internal sealed class PlainStore
{
    private readonly SortedDictionary<byte[], byte[]> _pairs = new(KeyOrder.Instance);

    public StorePosition Position { get; private set; } = new(1, 0);

    public IEnumerable<StorePair> Pairs => _pairs.Select(pair => new StorePair(pair.Key, pair.Value));

    public byte[]? Get(ReadOnlyMemory<byte> key) => _pairs.GetValueOrDefault(key.ToArray());

    public byte[]?[] Get(IReadOnlyList<StoreKey> keys) => [.. keys.Select(key => Get(key.Bytes))];

    public StorePage Scan(in StoreRange range, int limit)
    {
        var (from, to) = (range.From.ToArray(), range.To.ToArray());
        var pairs = _pairs
            .SkipWhile(pair => KeyOrder.Instance.Compare(pair.Key, from) < 0)
            .TakeWhile(pair => KeyOrder.Instance.Compare(pair.Key, to) < 0)
            .Take(limit + 1)
            .Select(pair => new StorePair(pair.Key, pair.Value))
            .ToList();
        var isComplete = pairs.Count <= limit;
        if (!isComplete) pairs.RemoveAt(limit);
        return new StorePage(pairs, isComplete, Position.Sequence);
    }

    public void Commit(StoreBatch batch)
    {
        Assert.Equal(Position.Epoch, batch.Epoch);
        Assert.Equal(Position.Sequence + 1, batch.Sequence);
        Assert.Equal(batch.Writes.Count, batch.Writes.Select(write => write.Key).Distinct().Count());
        foreach (var write in batch.Writes)
        {
            if (write.Value is null) _pairs.Remove(write.Key.Bytes.ToArray());
            else _pairs[write.Key.Bytes.ToArray()] = write.Value;
        }

        Position = Position with { Sequence = batch.Sequence };
    }

    private sealed class KeyOrder : IComparer<byte[]>
    {
        public static readonly KeyOrder Instance = new();

        public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);
    }
}
