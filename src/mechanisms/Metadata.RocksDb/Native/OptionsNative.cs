using System.Runtime.InteropServices;

namespace FlexFs.Metadata.RocksDb.Native;

/// <summary>The options of rocksdb/c.h (11.12) that the store sets. Bools are one byte.</summary>
internal static partial class OptionsNative
{
    private const string Library = "librocksdb";

    [LibraryImport(Library, EntryPoint = "rocksdb_options_create")]
    internal static partial nint Create();

    [LibraryImport(Library, EntryPoint = "rocksdb_options_destroy")]
    internal static partial void Destroy(nint options);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_env")]
    internal static partial void SetEnv(nint options, nint env);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_ratelimiter")]
    internal static partial void SetRateLimiter(nint options, nint limiter);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_write_buffer_manager")]
    internal static partial void SetWriteBufferManager(nint options, nint manager);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_create_if_missing")]
    internal static partial void SetCreateIfMissing(nint options, byte value);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_create_missing_column_families")]
    internal static partial void SetCreateMissingColumns(nint options, byte value);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_paranoid_checks")]
    internal static partial void SetParanoidChecks(nint options, byte value);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_wal_recovery_mode")]
    internal static partial void SetLogRecoveryMode(nint options, int mode);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_track_and_verify_wals_in_manifest")]
    internal static partial void SetTrackLogsInManifest(nint options, byte value);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_max_total_wal_size")]
    internal static partial void SetLogBytesMax(nint options, ulong bytes);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_max_background_jobs")]
    internal static partial void SetBackgroundJobsMax(nint options, int count);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_max_open_files")]
    internal static partial void SetOpenFilesMax(nint options, int count);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_allow_fallocate")]
    internal static partial void SetAllowFallocate(nint options, byte value);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_max_bgerror_resume_count")]
    internal static partial void SetResumeAttempts(nint options, int count);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_keep_log_file_num")]
    internal static partial void SetInfoLogsKept(nint options, nuint count);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_max_log_file_size")]
    internal static partial void SetInfoLogBytesMax(nint options, nuint bytes);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_info_log_level")]
    internal static partial void SetInfoLogLevel(nint options, int level);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_stats_dump_period_sec")]
    internal static partial void SetStatisticsPeriod(nint options, uint seconds);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_write_buffer_size")]
    internal static partial void SetWriteBufferBytes(nint options, nuint bytes);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_max_write_buffer_number")]
    internal static partial void SetWriteBuffersMax(nint options, int count);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_level0_slowdown_writes_trigger")]
    internal static partial void SetLevelZeroSlowdown(nint options, int files);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_level0_stop_writes_trigger")]
    internal static partial void SetLevelZeroStop(nint options, int files);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_soft_pending_compaction_bytes_limit")]
    internal static partial void SetPendingCompactionSlowdown(nint options, nuint bytes);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_memtable_whole_key_filtering")]
    internal static partial void SetMemtableWholeKeyFilter(nint options, byte value);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_memtable_prefix_bloom_size_ratio")]
    internal static partial void SetMemtableFilterRatio(nint options, double ratio);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_compression")]
    internal static partial void SetCompression(nint options, int type);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_bottommost_compression")]
    internal static partial void SetBottommostCompression(nint options, int type);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_level_compaction_dynamic_level_bytes")]
    internal static partial void SetDynamicLevelBytes(nint options, byte value);

    [LibraryImport(Library, EntryPoint = "rocksdb_options_set_block_based_table_factory")]
    internal static partial void SetTableFactory(nint options, nint tableOptions);

    [LibraryImport(Library, EntryPoint = "rocksdb_block_based_options_create")]
    internal static partial nint CreateTable();

    [LibraryImport(Library, EntryPoint = "rocksdb_block_based_options_destroy")]
    internal static partial void DestroyTable(nint table);

    [LibraryImport(Library, EntryPoint = "rocksdb_block_based_options_set_block_cache")]
    internal static partial void SetBlockCache(nint table, nint cache);

    [LibraryImport(Library, EntryPoint = "rocksdb_block_based_options_set_block_size")]
    internal static partial void SetBlockBytes(nint table, nuint bytes);

    [LibraryImport(Library, EntryPoint = "rocksdb_block_based_options_set_cache_index_and_filter_blocks")]
    internal static partial void SetCacheIndexAndFilter(nint table, byte value);

    [LibraryImport(Library, EntryPoint = "rocksdb_block_based_options_set_cache_index_and_filter_blocks_with_high_priority")]
    internal static partial void SetIndexAndFilterHighPriority(nint table, byte value);

    [LibraryImport(Library, EntryPoint = "rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache")]
    internal static partial void SetPinLevelZero(nint table, byte value);

    [LibraryImport(Library, EntryPoint = "rocksdb_block_based_options_set_whole_key_filtering")]
    internal static partial void SetWholeKeyFilter(nint table, byte value);

    /// <summary>The table options own the policy from here on.</summary>
    [LibraryImport(Library, EntryPoint = "rocksdb_block_based_options_set_filter_policy")]
    internal static partial void SetFilterPolicy(nint table, nint policy);

    [LibraryImport(Library, EntryPoint = "rocksdb_filterpolicy_create_bloom_full")]
    internal static partial nint CreateBloomFilter(double bitsPerKey);
}
