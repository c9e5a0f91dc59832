using System.Runtime.InteropServices;

namespace FlexFs.Metadata.RocksDb.Native;

/// <summary>The part of rocksdb/c.h (11.12) that the store uses.</summary>
/// <remarks>
/// Every failing call sets a malloc()ed message through its last argument (see <see cref="NativeError"/>). Bools are one byte.
/// <see cref="SuppressGCTransitionAttribute"/> only on work in memory of well under a microsecond, never where a disk may be.
/// </remarks>
internal static unsafe partial class RocksDbNative
{
    private const string Library = "librocksdb";

    // Shared by all databases of an environment.
    [LibraryImport(Library, EntryPoint = "rocksdb_create_default_env")]
    internal static partial nint CreateDefaultEnv();

    [LibraryImport(Library, EntryPoint = "rocksdb_env_set_background_threads")]
    internal static partial void SetLowPriorityThreads(nint env, int count);

    [LibraryImport(Library, EntryPoint = "rocksdb_env_set_high_priority_background_threads")]
    internal static partial void SetHighPriorityThreads(nint env, int count);

    [LibraryImport(Library, EntryPoint = "rocksdb_env_destroy")]
    internal static partial void DestroyEnv(nint env);

    [LibraryImport(Library, EntryPoint = "rocksdb_cache_create_lru")]
    internal static partial nint CreateLruCache(nuint capacity);

    [LibraryImport(Library, EntryPoint = "rocksdb_cache_get_usage")]
    internal static partial nuint CacheUsage(nint cache);

    [LibraryImport(Library, EntryPoint = "rocksdb_cache_destroy")]
    internal static partial void DestroyCache(nint cache);

    [LibraryImport(Library, EntryPoint = "rocksdb_write_buffer_manager_create_with_cache")]
    internal static partial nint CreateWriteBufferManager(nuint bytes, nint cache, byte allowStall);

    [LibraryImport(Library, EntryPoint = "rocksdb_write_buffer_manager_destroy")]
    internal static partial void DestroyWriteBufferManager(nint manager);

    [LibraryImport(Library, EntryPoint = "rocksdb_ratelimiter_create")]
    internal static partial nint CreateRateLimiter(long bytesPerSecond, long refillMicroseconds, int fairness);

    [LibraryImport(Library, EntryPoint = "rocksdb_ratelimiter_destroy")]
    internal static partial void DestroyRateLimiter(nint limiter);

    // A database.
    [LibraryImport(Library, EntryPoint = "rocksdb_open_column_families")]
    internal static partial nint Open(
        nint options, byte* folder, int count, byte** names, nint* columnOptions, nint* columns, byte** error);

    [LibraryImport(Library, EntryPoint = "rocksdb_open_for_read_only_column_families")]
    internal static partial nint OpenReadOnly(
        nint options, byte* folder, int count, byte** names, nint* columnOptions, nint* columns,
        byte failIfLogExists, byte** error);

    [LibraryImport(Library, EntryPoint = "rocksdb_column_family_handle_destroy")]
    internal static partial void DestroyColumn(nint column);

    [LibraryImport(Library, EntryPoint = "rocksdb_close")]
    internal static partial void Close(nint database);

    [LibraryImport(Library, EntryPoint = "rocksdb_free")]
    internal static partial void Free(void* memory);

    [LibraryImport(Library, EntryPoint = "rocksdb_property_int_cf")]
    internal static partial int PropertyInt(nint database, nint column, byte* name, ulong* value);

    // Reads.
    [LibraryImport(Library, EntryPoint = "rocksdb_create_snapshot")]
    internal static partial nint CreateSnapshot(nint database);

    [LibraryImport(Library, EntryPoint = "rocksdb_release_snapshot")]
    internal static partial void ReleaseSnapshot(nint database, nint snapshot);

    [LibraryImport(Library, EntryPoint = "rocksdb_readoptions_create")]
    internal static partial nint CreateReadOptions();

    [LibraryImport(Library, EntryPoint = "rocksdb_readoptions_destroy")]
    internal static partial void DestroyReadOptions(nint options);

    [LibraryImport(Library, EntryPoint = "rocksdb_readoptions_set_snapshot")]
    internal static partial void SetSnapshot(nint options, nint snapshot);

    /// <summary>0: everywhere; 1: only memory (kBlockCacheTier).</summary>
    [LibraryImport(Library, EntryPoint = "rocksdb_readoptions_set_read_tier")]
    internal static partial void SetReadTier(nint options, int tier);

    [LibraryImport(Library, EntryPoint = "rocksdb_readoptions_set_iterate_upper_bound")]
    internal static partial void SetUpperBound(nint options, byte* key, nuint length);

    [LibraryImport(Library, EntryPoint = "rocksdb_get_pinned_cf")]
    internal static partial nint GetPinned(
        nint database, nint readOptions, nint column, byte* key, nuint keyLength, byte** error);

    [LibraryImport(Library, EntryPoint = "rocksdb_batched_multi_get_cf")]
    internal static partial void MultiGet(
        nint database, nint readOptions, nint column, nuint count, byte** keys, nuint* keyLengths, nint* values,
        byte** errors, byte sorted);

    [LibraryImport(Library, EntryPoint = "rocksdb_pinnableslice_value"), SuppressGCTransition]
    internal static partial byte* SliceValue(nint slice, nuint* length);

    [LibraryImport(Library, EntryPoint = "rocksdb_pinnableslice_destroy")]
    internal static partial void DestroySlice(nint slice);

    [LibraryImport(Library, EntryPoint = "rocksdb_create_iterator_cf")]
    internal static partial nint CreateIterator(nint database, nint readOptions, nint column);

    [LibraryImport(Library, EntryPoint = "rocksdb_iter_destroy")]
    internal static partial void DestroyIterator(nint iterator);

    [LibraryImport(Library, EntryPoint = "rocksdb_iter_seek")]
    internal static partial void Seek(nint iterator, byte* key, nuint length);

    [LibraryImport(Library, EntryPoint = "rocksdb_iter_next")]
    internal static partial void Next(nint iterator);

    [LibraryImport(Library, EntryPoint = "rocksdb_iter_valid"), SuppressGCTransition]
    internal static partial byte IsValid(nint iterator);

    [LibraryImport(Library, EntryPoint = "rocksdb_iter_key"), SuppressGCTransition]
    internal static partial byte* IteratorKey(nint iterator, nuint* length);

    [LibraryImport(Library, EntryPoint = "rocksdb_iter_value"), SuppressGCTransition]
    internal static partial byte* IteratorValue(nint iterator, nuint* length);

    [LibraryImport(Library, EntryPoint = "rocksdb_iter_get_error")]
    internal static partial void IteratorError(nint iterator, byte** error);

    // Writes.
    [LibraryImport(Library, EntryPoint = "rocksdb_writebatch_create")]
    internal static partial nint CreateBatch();

    [LibraryImport(Library, EntryPoint = "rocksdb_writebatch_destroy")]
    internal static partial void DestroyBatch(nint batch);

    [LibraryImport(Library, EntryPoint = "rocksdb_writebatch_put_cf"), SuppressGCTransition]
    internal static partial void BatchPut(
        nint batch, nint column, byte* key, nuint keyLength, byte* value, nuint valueLength);

    [LibraryImport(Library, EntryPoint = "rocksdb_writebatch_delete_cf"), SuppressGCTransition]
    internal static partial void BatchDelete(nint batch, nint column, byte* key, nuint keyLength);

    [LibraryImport(Library, EntryPoint = "rocksdb_writeoptions_create")]
    internal static partial nint CreateWriteOptions();

    [LibraryImport(Library, EntryPoint = "rocksdb_writeoptions_destroy")]
    internal static partial void DestroyWriteOptions(nint options);

    [LibraryImport(Library, EntryPoint = "rocksdb_writeoptions_set_sync")]
    internal static partial void SetSync(nint options, byte value);

    [LibraryImport(Library, EntryPoint = "rocksdb_writeoptions_set_no_slowdown")]
    internal static partial void SetNoSlowdown(nint options, byte value);

    [LibraryImport(Library, EntryPoint = "rocksdb_write")]
    internal static partial void Write(nint database, nint writeOptions, nint batch, byte** error);

    // Upkeep.
    [LibraryImport(Library, EntryPoint = "rocksdb_flushoptions_create")]
    internal static partial nint CreateFlushOptions();

    [LibraryImport(Library, EntryPoint = "rocksdb_flushoptions_destroy")]
    internal static partial void DestroyFlushOptions(nint options);

    [LibraryImport(Library, EntryPoint = "rocksdb_flush_cf")]
    internal static partial void Flush(nint database, nint flushOptions, nint column, byte** error);

    [LibraryImport(Library, EntryPoint = "rocksdb_compactoptions_create")]
    internal static partial nint CreateCompactOptions();

    [LibraryImport(Library, EntryPoint = "rocksdb_compactoptions_destroy")]
    internal static partial void DestroyCompactOptions(nint options);

    [LibraryImport(Library, EntryPoint = "rocksdb_compactoptions_set_bottommost_level_compaction")]
    internal static partial void SetBottommostLevelCompaction(nint options, byte value);

    [LibraryImport(Library, EntryPoint = "rocksdb_compact_range_cf_opt")]
    internal static partial void CompactRange(
        nint database, nint column, nint options, byte* from, nuint fromLength, byte* to, nuint toLength);

    [LibraryImport(Library, EntryPoint = "rocksdb_checkpoint_object_create")]
    internal static partial nint CreateCheckpoint(nint database, byte** error);

    [LibraryImport(Library, EntryPoint = "rocksdb_checkpoint_create")]
    internal static partial void WriteCheckpoint(nint checkpoint, byte* folder, ulong logSizeForFlush, byte** error);

    [LibraryImport(Library, EntryPoint = "rocksdb_checkpoint_object_destroy")]
    internal static partial void DestroyCheckpoint(nint checkpoint);
}
