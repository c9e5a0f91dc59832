namespace FlexFs.Metadata.Storage;

/// <summary>Where a key lives. Current records are one point get; history is apart, so that it costs reads nothing.</summary>
public enum StoreColumn : byte
{
    /// <summary>The present.</summary>
    Current = 0,

    /// <summary>Versions that were true at a past tick.</summary>
    History = 1,
}

/// <summary>A key in a column. Equal by bytes.</summary>
public readonly record struct StoreKey(StoreColumn Column, ReadOnlyMemory<byte> Bytes)
{
    /// <inheritdoc/>
    public bool Equals(StoreKey other) => Column == other.Column && Bytes.Span.SequenceEqual(other.Bytes.Span);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(Column);
        hash.AddBytes(Bytes.Span);
        return hash.ToHashCode();
    }
}

/// <summary>Keys from <paramref name="From"/> (included) to <paramref name="To"/> (excluded) of one column.</summary>
/// <remarks>An empty <paramref name="To"/> means the end of the column.</remarks>
public readonly record struct StoreRange(StoreColumn Column, ReadOnlyMemory<byte> From, ReadOnlyMemory<byte> To);

/// <summary>One pair of a scan.</summary>
public readonly record struct StorePair(byte[] Key, byte[] Value);

/// <summary>A page of a scan.</summary>
/// <param name="Pairs">In key order.</param>
/// <param name="IsComplete">Whether the range ends here; otherwise go on behind the last key.</param>
/// <param name="Sequence">The last batch that the page's snapshot holds.</param>
public readonly record struct StorePage(IReadOnlyList<StorePair> Pairs, bool IsComplete, ulong Sequence);

/// <summary>The last durable batch of a store and who owns it.</summary>
public readonly record struct StorePosition(ulong Epoch, ulong Sequence);

/// <summary>One change: a value, or null to remove the key.</summary>
public readonly record struct StoreWrite(StoreKey Key, byte[]? Value);

/// <summary>Changes that become durable together.</summary>
/// <param name="Epoch">Of the owner.</param>
/// <param name="Sequence">One more than the batch before it.</param>
/// <param name="Writes">A key at most once.</param>
/// <param name="FromReserve">
/// Whether it may take from the space that a full store keeps back: for batches that free space, such as removals.
/// </param>
public sealed record StoreBatch(
    ulong Epoch, ulong Sequence, IReadOnlyList<StoreWrite> Writes, bool FromReserve = false);

/// <summary>What became of a batch.</summary>
public enum CommitResult
{
    /// <summary>Durable.</summary>
    Committed,

    /// <summary>Another owner has a newer epoch; nothing was changed and nothing ever will be by this owner.</summary>
    Fenced,

    /// <summary>No space; nothing was changed, reads go on.</summary>
    OutOfSpace,
}

/// <summary>The storage failed: what was tried, where, and why. Nothing of the failed batch may be assumed.</summary>
public sealed class StorageException(string message, Exception? cause = null) : Exception(message, cause);
