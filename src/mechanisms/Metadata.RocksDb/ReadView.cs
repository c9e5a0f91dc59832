using FlexFs.Metadata.RocksDb.Native;
using FlexFs.Metadata.Storage;

namespace FlexFs.Metadata.RocksDb;

/// <summary>Reads from one snapshot of a database. Lives within one call.</summary>
internal readonly unsafe ref struct ReadView
{
    private readonly Database _database;
    private readonly string _folder;
    private readonly nint _snapshot;
    private readonly nint _options;

    /// <summary>Takes a snapshot.</summary>
    /// <param name="database">Stays open meanwhile.</param>
    /// <param name="folder">For messages.</param>
    /// <param name="memoryOnly">Whether nothing is to be read from the disk.</param>
    internal ReadView(Database database, string folder, bool memoryOnly)
    {
        _database = database;
        _folder = folder;
        _snapshot = RocksDbNative.CreateSnapshot(database.Handle);
        _options = RocksDbNative.CreateReadOptions();
        RocksDbNative.SetSnapshot(_options, _snapshot);
        if (memoryOnly) RocksDbNative.SetReadTier(_options, 1);
    }

    /// <summary>The snapshot as options of reads, which several threads may use.</summary>
    internal nint Options => _options;

    /// <summary>The last batch in the snapshot; false when only the disk knows.</summary>
    internal bool TrySequence(out ulong sequence)
    {
        if (!_database.TryReadFence(_options, _folder, out var position))
        {
            sequence = 0;
            return false;
        }

        sequence = position is { } known
            ? known.Sequence
            : throw Database.ReadFailed(_folder, "Corruption: the fence record is gone");
        return true;
    }

    /// <summary>Reads pairs in key order.</summary>
    /// <returns>Whether the range ended within <paramref name="limit"/>; null when only the disk knows.</returns>
    internal bool? Scan(StoreRange range, int limit, List<StorePair> pairs)
    {
        using var to = range.To.Pin();
        if (range.To.Length > 0)
        {
            RocksDbNative.SetUpperBound(_options, (byte*)to.Pointer, (nuint)range.To.Length);
        }

        var iterator = RocksDbNative.CreateIterator(_database.Handle, _options, _database.Column(range.Column));
        try
        {
            fixed (byte* from = range.From.Span) RocksDbNative.Seek(iterator, from, (nuint)range.From.Length);
            while (RocksDbNative.IsValid(iterator) != 0)
            {
                if (pairs.Count == limit) return false;
                nuint keyLength, valueLength;
                var key = RocksDbNative.IteratorKey(iterator, &keyLength);
                var value = RocksDbNative.IteratorValue(iterator, &valueLength);
                pairs.Add(new StorePair(
                    new ReadOnlySpan<byte>(key, (int)keyLength).ToArray(),
                    new ReadOnlySpan<byte>(value, (int)valueLength).ToArray()));
                RocksDbNative.Next(iterator);
            }

            byte* message = null;
            RocksDbNative.IteratorError(iterator, &message);
            if (NativeError.Take(message) is not { } error) return true;
            return NativeError.IsIncomplete(error) ? null : throw Database.ReadFailed(_folder, error);
        }
        finally
        {
            RocksDbNative.DestroyIterator(iterator);
        }
    }

    public void Dispose()
    {
        RocksDbNative.DestroyReadOptions(_options);
        RocksDbNative.ReleaseSnapshot(_database.Handle, _snapshot);
    }
}
