using System.Buffers;
using FlexFs.Metadata.RocksDb.Native;
using FlexFs.Metadata.Storage;

namespace FlexFs.Metadata.RocksDb;

/// <summary>Reads of many keys with one call of RocksDB.</summary>
internal static unsafe class KeyReads
{
    /// <summary>Reads the values of some of the keys, which lie in one column or in several.</summary>
    /// <param name="database">Stays open meanwhile.</param>
    /// <param name="folder">For messages.</param>
    /// <param name="options">With the snapshot, and where may be read.</param>
    /// <param name="keys">All keys.</param>
    /// <param name="values">Filled in from <paramref name="first"/> on, null where a key is absent.</param>
    /// <param name="first">The first to be read.</param>
    /// <param name="end">Behind the last to be read.</param>
    /// <returns>False when the disk must be asked for some, and may not be: then no value counts.</returns>
    internal static bool TryGet(
        Database database, string folder, nint options, IReadOnlyList<StoreKey> keys, byte[]?[] values, int first, int end) =>
        TryGet(database, folder, options, keys, values, first, end, StoreColumn.Current)
        && TryGet(database, folder, options, keys, values, first, end, StoreColumn.History);

    private static bool TryGet(
        Database database, string folder, nint options, IReadOnlyList<StoreKey> keys, byte[]?[] values, int first, int end,
        StoreColumn column)
    {
        var count = 0;
        var keyBytes = 0;
        for (var i = first; i < end; i++)
        {
            if (keys[i].Column != column) continue;
            count++;
            keyBytes += keys[i].Bytes.Length;
        }

        if (count == 0) return true;

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
                for (var i = first; i < end; i++)
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
                    database.Handle, options, database.Column(column), (nuint)count, pointers, lengths, slices, errors, 0);
                string? error = null;
                var isComplete = true;
                for (var i = 0; i < count; i++)
                {
                    values[origins[i]] = TakeValue(slices[i]);
                    if (NativeError.Take(errors[i]) is not { } message) continue;
                    if (NativeError.IsIncomplete(message)) isComplete = false;
                    else error ??= message;
                }

                return error is null ? isComplete : throw Database.ReadFailed(folder, error);
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
