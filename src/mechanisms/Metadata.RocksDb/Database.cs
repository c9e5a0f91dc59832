using FlexFs.Core;
using FlexFs.Metadata.RocksDb.Native;
using FlexFs.Metadata.Storage;

namespace FlexFs.Metadata.RocksDb;

/// <summary>One open RocksDB database with its columns: the native handles, nothing else.</summary>
/// <remarks>
/// Reads and writes may run on several threads; <see cref="Dispose"/> only when none does. The default column holds the
/// fence record alone.
/// </remarks>
internal sealed unsafe class Database : IDisposable
{
    /// <summary>What <see cref="Write"/> says when flushes fail; opening again tells why.</summary>
    internal const string BackgroundFailure = "a background flush or compaction failed";

    private const int ColumnCount = 3;

    // About ten minutes: a disk that slow is a failed one.
    private const int StallAttemptsMax = 500_000;
    private readonly nint _options;
    private readonly nint _writeOptions;
    private readonly nint _default;
    private readonly nint _current;
    private readonly nint _history;

    private Database(nint options, nint handle, nint* columns)
    {
        _options = options;
        Handle = handle;
        _default = columns[0];
        _current = columns[1];
        _history = columns[2];
        _writeOptions = RocksDbNative.CreateWriteOptions();
        RocksDbNative.SetSync(_writeOptions, 1);
        RocksDbNative.SetNoSlowdown(_writeOptions, 1);
    }

    internal nint Handle { get; }

    internal nint Column(StoreColumn column) => column switch
    {
        StoreColumn.Current => _current,
        StoreColumn.History => _history,
        _ => throw new ArgumentOutOfRangeException(nameof(column), column, null),
    };

    /// <summary>Opens; null with the reason when RocksDB refuses.</summary>
    internal static Database? TryOpen(
        RocksDbEnvironment environment, string folder, bool mayCreate, bool readOnly, out string? error)
    {
        var options = environment.CreateOptions(mayCreate);
        var path = Utf8Path.Of(folder);
        byte* message = null;
        var handles = stackalloc nint[ColumnCount];
        nint database;
        fixed (byte* pathBytes = path, defaultName = "default\0"u8, currentName = "current\0"u8, historyName = "history\0"u8)
        {
            var names = stackalloc byte*[ColumnCount] { defaultName, currentName, historyName };
            var columnOptions = stackalloc nint[ColumnCount] { options, options, options };
            database = readOnly
                ? RocksDbNative.OpenReadOnly(
                    options, pathBytes, ColumnCount, names, columnOptions, handles, 0, &message)
                : RocksDbNative.Open(options, pathBytes, ColumnCount, names, columnOptions, handles, &message);
        }

        error = NativeError.Take(message);
        if (error is null) return new Database(options, database, handles);
        OptionsNative.Destroy(options);
        return null;
    }

    /// <summary>The fence record under <paramref name="readOptions"/>; null when there is none.</summary>
    internal StorePosition? ReadFence(nint readOptions, string folder)
    {
        Check.That(TryReadFence(readOptions, folder, out var position));
        return position;
    }

    /// <summary>The fence record as the options see it; false when it is not in memory and nothing else may be read.</summary>
    internal bool TryReadFence(nint readOptions, string folder, out StorePosition? position)
    {
        position = null;
        byte* message = null;
        nint slice;
        fixed (byte* key = FenceRecord.Key)
        {
            slice = RocksDbNative.GetPinned(
                Handle, readOptions, _default, key, (nuint)FenceRecord.Key.Length, &message);
        }

        if (NativeError.Take(message) is { } error)
        {
            return NativeError.IsIncomplete(error) ? false : throw ReadFailed(folder, error);
        }

        if (slice == 0) return true;
        try
        {
            nuint length;
            var value = RocksDbNative.SliceValue(slice, &length);
            position = FenceRecord.Decode(new ReadOnlySpan<byte>(value, (int)length), folder);
            return true;
        }
        finally
        {
            RocksDbNative.DestroySlice(slice);
        }
    }

    /// <summary>Whether no column holds anything.</summary>
    internal bool IsEmpty()
    {
        var readOptions = RocksDbNative.CreateReadOptions();
        try
        {
            foreach (var column in (ReadOnlySpan<nint>)[_current, _history])
            {
                var iterator = RocksDbNative.CreateIterator(Handle, readOptions, column);
                byte first = 0;
                RocksDbNative.Seek(iterator, &first, 0);
                var isValid = RocksDbNative.IsValid(iterator) != 0;
                RocksDbNative.DestroyIterator(iterator);
                if (isValid) return false;
            }

            return true;
        }
        finally
        {
            RocksDbNative.DestroyReadOptions(readOptions);
        }
    }

    /// <summary>Applies the writes and the fence record in one synced write; says why not.</summary>
    internal string? Write(IReadOnlyList<StoreWrite> writes, StorePosition position)
    {
        var batch = RocksDbNative.CreateBatch();
        try
        {
            for (var i = 0; i < writes.Count; i++)
            {
                var write = writes[i];
                var column = Column(write.Key.Column);
                fixed (byte* key = write.Key.Bytes.Span, value = write.Value)
                {
                    var keyLength = (nuint)write.Key.Bytes.Length;
                    if (write.Value is null) RocksDbNative.BatchDelete(batch, column, key, keyLength);
                    else RocksDbNative.BatchPut(batch, column, key, keyLength, value, (nuint)write.Value.Length);
                }
            }

            var fence = stackalloc byte[FenceRecord.LengthBytes];
            FenceRecord.Encode(position, new Span<byte>(fence, FenceRecord.LengthBytes));
            fixed (byte* key = FenceRecord.Key)
            {
                RocksDbNative.BatchPut(
                    batch, _default, key, (nuint)FenceRecord.Key.Length, fence, FenceRecord.LengthBytes);
            }

            // A stalled write had no effect: it waits for flushes and compactions, as long as those do not fail.
            for (var attempt = 0; ; attempt++)
            {
                byte* message = null;
                RocksDbNative.Write(Handle, _writeOptions, batch, &message);
                var error = NativeError.Take(message);
                if (error is null || !NativeError.IsStall(error) || attempt == StallAttemptsMax) return error;
                if (PropertyInt("rocksdb.background-errors\0"u8, _default) > 0) return BackgroundFailure;
                Thread.Sleep(1);
            }
        }
        finally
        {
            RocksDbNative.DestroyBatch(batch);
        }
    }

    /// <summary>Flushes, then merges all levels of all columns down to the last.</summary>
    internal string? Compact()
    {
        var flushOptions = RocksDbNative.CreateFlushOptions();
        var compactOptions = RocksDbNative.CreateCompactOptions();
        const byte ForceOptimized = 3;
        RocksDbNative.SetBottommostLevelCompaction(compactOptions, ForceOptimized);
        string? error = null;
        foreach (var column in (ReadOnlySpan<nint>)[_default, _current, _history])
        {
            byte* message = null;
            RocksDbNative.Flush(Handle, flushOptions, column, &message);
            error ??= NativeError.Take(message);
            if (error is null) RocksDbNative.CompactRange(Handle, column, compactOptions, null, 0, null, 0);
        }

        RocksDbNative.DestroyFlushOptions(flushOptions);
        RocksDbNative.DestroyCompactOptions(compactOptions);
        return error;
    }

    /// <summary>Makes a consistent copy in a new folder; table files are hard-linked where the file system allows.</summary>
    internal string? Checkpoint(string folder)
    {
        byte* message = null;
        var checkpoint = RocksDbNative.CreateCheckpoint(Handle, &message);
        if (NativeError.Take(message) is { } error) return error;
        fixed (byte* path = Utf8Path.Of(folder))
        {
            RocksDbNative.WriteCheckpoint(checkpoint, path, 0, &message);
        }

        RocksDbNative.DestroyCheckpoint(checkpoint);
        return NativeError.Take(message);
    }

    /// <summary>Bytes of live table files of all columns.</summary>
    internal long TableBytes()
    {
        long total = 0;
        foreach (var column in (ReadOnlySpan<nint>)[_default, _current, _history])
        {
            total += PropertyInt("rocksdb.live-sst-files-size\0"u8, column);
        }

        return total;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        RocksDbNative.DestroyColumn(_default);
        RocksDbNative.DestroyColumn(_current);
        RocksDbNative.DestroyColumn(_history);
        RocksDbNative.Close(Handle);
        RocksDbNative.DestroyWriteOptions(_writeOptions);
        OptionsNative.Destroy(_options);
    }

    private long PropertyInt(ReadOnlySpan<byte> name, nint column)
    {
        ulong value;
        fixed (byte* bytes = name) return RocksDbNative.PropertyInt(Handle, column, bytes, &value) == 0 ? (long)value : 0;
    }

    internal static StorageException ReadFailed(string folder, string error) => new(
        NativeError.IsDamage(error)
            ? $"metadata database {folder}: what was read is damaged: {error}; "
              + "check the disk, keep a copy of the folder, and restore the database from its last backup"
            : $"metadata database {folder}: a read failed: {error}");
}
