using System.Buffers;
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

    internal ReadView(Database database, string folder)
    {
        _database = database;
        _folder = folder;
        _snapshot = RocksDbNative.CreateSnapshot(database.Handle);
        _options = RocksDbNative.CreateReadOptions();
        RocksDbNative.SetSnapshot(_options, _snapshot);
    }

    /// <summary>The last batch in the snapshot.</summary>
    internal ulong Sequence() => _database.ReadFence(_options, _folder) is { } position
        ? position.Sequence
        : throw Database.ReadFailed(_folder, "Corruption: the fence record is gone");

    /// <summary>Reads the values of keys that lie in one column or in several.</summary>
    internal void GetMany(IReadOnlyList<StoreKey> keys, byte[]?[] values)
    {
        GetMany(keys, values, StoreColumn.Current);
        GetMany(keys, values, StoreColumn.History);
    }

    /// <summary>Reads pairs in key order.</summary>
    /// <returns>Whether the range ended within <paramref name="limit"/>.</returns>
    internal bool Scan(StoreRange range, int limit, List<StorePair> pairs)
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
            if (NativeError.Take(message) is { } error) throw Database.ReadFailed(_folder, error);
            return true;
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

    private void GetMany(IReadOnlyList<StoreKey> keys, byte[]?[] values, StoreColumn column)
    {
        var count = 0;
        var keyBytes = 0;
        for (var i = 0; i < keys.Count; i++)
        {
            if (keys[i].Column != column) continue;
            count++;
            keyBytes += keys[i].Bytes.Length;
        }

        if (count == 0) return;

        // One scratch block: key bytes, pointers to them, their lengths, slices and errors, where each came from.
        var pointerBytes = count * sizeof(nint);
        var scratch = ArrayPool<byte>.Shared.Rent((4 * pointerBytes) + (count * sizeof(int)) + keyBytes);
        try
        {
            fixed (byte* start = scratch)
            {
                var pointers = (byte**)start;
                var lengths = (nuint*)(start + pointerBytes);
                var slices = (nint*)(start + (2 * pointerBytes));
                var errors = (byte**)(start + (3 * pointerBytes));
                var origins = (int*)(start + (4 * pointerBytes));
                var next = start + (4 * pointerBytes) + (count * sizeof(int));
                var at = 0;
                for (var i = 0; i < keys.Count; i++)
                {
                    if (keys[i].Column != column) continue;
                    var key = keys[i].Bytes.Span;
                    key.CopyTo(new Span<byte>(next, key.Length));
                    pointers[at] = next;
                    lengths[at] = (nuint)key.Length;
                    slices[at] = 0;
                    errors[at] = null;
                    origins[at] = i;
                    next += key.Length;
                    at++;
                }

                RocksDbNative.MultiGet(
                    _database.Handle, _options, _database.Column(column), (nuint)count, pointers, lengths, slices,
                    errors, 0);
                string? error = null;
                for (var i = 0; i < count; i++)
                {
                    if (NativeError.Take(errors[i]) is { } message) error ??= message;
                    values[origins[i]] = TakeValue(slices[i]);
                }

                if (error is not null) throw Database.ReadFailed(_folder, error);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }

    private static byte[]? TakeValue(nint slice)
    {
        if (slice == 0) return null;
        nuint length;
        var value = RocksDbNative.SliceValue(slice, &length);
        var bytes = new ReadOnlySpan<byte>(value, (int)length).ToArray();
        RocksDbNative.DestroySlice(slice);
        return bytes;
    }
}
