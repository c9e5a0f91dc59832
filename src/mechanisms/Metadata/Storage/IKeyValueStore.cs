namespace FlexFs.Metadata.Storage;

/// <summary>The ordered key-value store under one volume. The embedded one is RocksDB, the distributed one PostgreSQL.</summary>
/// <remarks>
/// 1. Keys are compared as unsigned bytes, shorter first when one is a prefix of the other.
/// 2. A batch is applied whole or not at all, and is durable when <see cref="CommitAsync"/> says Committed.
/// 3. Batches carry an epoch and a sequence. A batch of an older epoch is Fenced; one of the current epoch that does not follow
///    the last is a bug of the owner (<see cref="Core.InvariantException"/>). Neither changes anything.
/// 4. Reads see every batch that was answered Committed before the read began, and never part of a batch.
/// Reads may run beside each other and beside the one commit that is under way.
/// What goes wrong in the world is a <see cref="StorageException"/>.
/// </remarks>
public interface IKeyValueStore : IAsyncDisposable
{
    /// <summary>The last durable batch: what a new owner goes on from.</summary>
    ValueTask<StorePosition> PositionAsync(CancellationToken cancellationToken);

    /// <summary>Raises the epoch, durably, and fences whoever had it. Returns the new position.</summary>
    ValueTask<StorePosition> TakeOwnershipAsync(CancellationToken cancellationToken);

    /// <summary>Reads the values of <paramref name="keys"/>, null where a key is absent, all from one snapshot.</summary>
    /// <param name="keys">At most <see cref="KeyValueLimits.KeysPerReadMax"/>.</param>
    /// <param name="values">As long as <paramref name="keys"/>; filled in its order.</param>
    /// <param name="cancellationToken">Ends the wait; nothing is changed by a read.</param>
    /// <returns>The sequence of the last batch that the snapshot holds.</returns>
    ValueTask<ulong> GetManyAsync(
        IReadOnlyList<StoreKey> keys, byte[]?[] values, CancellationToken cancellationToken);

    /// <summary>Reads in key order from <paramref name="range"/>, at most <paramref name="limit"/> pairs.</summary>
    ValueTask<StorePage> ScanAsync(StoreRange range, int limit, CancellationToken cancellationToken);

    /// <summary>Applies a batch durably. Never cancelled: its outcome must be known.</summary>
    ValueTask<CommitResult> CommitAsync(StoreBatch batch);
}
