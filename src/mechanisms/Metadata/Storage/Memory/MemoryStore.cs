using FlexFs.Core;

namespace FlexFs.Metadata.Storage.Memory;

/// <summary>A store in memory: for the simulator and tests. Deterministic, no threads, everything completes at once.</summary>
/// <remarks>
/// It outlives the server that uses it, as a disk does: a crash is simulated by dropping the server and taking ownership again.
/// One thread. Values are copied in and out, so nobody's later change reaches them.
/// </remarks>
public sealed class MemoryStore : IKeyValueStore
{
    private readonly SortedRecords _current = new();
    private readonly SortedRecords _history = new();
    private StorePosition _position;

    /// <summary>Whether commits are refused as out of space, except those from the reserve.</summary>
    public bool IsFull { get; set; }

    /// <summary>Keys in both columns.</summary>
    public int Count => _current.Count + _history.Count;

    /// <summary>Bytes of keys and values in both columns.</summary>
    public long PlainBytes => _current.PlainBytes + _history.PlainBytes;

    /// <inheritdoc/>
    public ValueTask<StorePosition> PositionAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(_position);
    }

    /// <inheritdoc/>
    public ValueTask<StorePosition> TakeOwnershipAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _position = _position with { Epoch = _position.Epoch + 1 };
        return new(_position);
    }

    /// <inheritdoc/>
    public ValueTask<ulong> GetManyAsync(
        IReadOnlyList<StoreKey> keys, byte[]?[] values, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(values);
        Check.That(keys.Count <= KeyValueLimits.KeysPerReadMax);
        Check.That(values.Length >= keys.Count);
        cancellationToken.ThrowIfCancellationRequested();
        for (var i = 0; i < keys.Count; i++)
        {
            values[i] = Column(keys[i].Column).Find(keys[i].Bytes.Span)?.ToArray();
        }

        return new(_position.Sequence);
    }

    /// <inheritdoc/>
    public ValueTask<StorePage> ScanAsync(StoreRange range, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        cancellationToken.ThrowIfCancellationRequested();
        var pairs = new List<StorePair>();
        var isComplete = Column(range.Column).Scan(range.From.Span, range.To.Span, limit, pairs);
        return new(new StorePage(pairs, isComplete, _position.Sequence));
    }

    /// <inheritdoc/>
    public ValueTask<CommitResult> CommitAsync(StoreBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (batch.Epoch < _position.Epoch) return new(CommitResult.Fenced);
        Check.That(batch.Epoch == _position.Epoch);
        Check.That(batch.Sequence == _position.Sequence + 1);
        if (IsFull && !batch.FromReserve) return new(CommitResult.OutOfSpace);
        foreach (var write in batch.Writes)
        {
            Column(write.Key.Column).Set(write.Key.Bytes.ToArray(), write.Value?.ToArray());
        }

        _position = new StorePosition(batch.Epoch, batch.Sequence);
        return new(CommitResult.Committed);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => default;

    private SortedRecords Column(StoreColumn column) => column switch
    {
        StoreColumn.Current => _current,
        StoreColumn.History => _history,
        _ => throw new ArgumentOutOfRangeException(nameof(column), column, null),
    };
}
