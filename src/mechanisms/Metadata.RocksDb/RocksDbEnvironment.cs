using FlexFs.Core;
using FlexFs.Metadata.RocksDb.Native;

namespace FlexFs.Metadata.RocksDb;

/// <summary>What all databases of a process share: block cache, write buffers, rate limit, threads.</summary>
/// <remarks>
/// A server has thousands of tiny volumes as easily as one large: memory and threads are those of the environment, not of the
/// volumes. Disposed after the last of its stores. Any thread.
/// </remarks>
public sealed class RocksDbEnvironment : IDisposable
{
    private readonly nint _env;
    private readonly nint _cache;
    private readonly nint _writeBuffers;
    private readonly nint _rateLimiter;
    private long _diskReads;
    private int _openStores;
    private int _isDisposed;

    /// <summary>Reserves nothing yet; memory is taken as it is used.</summary>
    public RocksDbEnvironment(RocksDbOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.CommitThreads, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ReadThreads, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.BackgroundJobs, 1);
        Options = options;
        _env = RocksDbNative.CreateDefaultEnv();
        RocksDbNative.SetLowPriorityThreads(_env, options.BackgroundJobs);
        RocksDbNative.SetHighPriorityThreads(_env, 1);
        _cache = RocksDbNative.CreateLruCache((nuint)options.CacheBytes);
        _writeBuffers = RocksDbNative.CreateWriteBufferManager((nuint)options.WriteBufferBytes, _cache, 0);
        if (options.BackgroundBytesPerSecond > 0)
        {
            _rateLimiter = RocksDbNative.CreateRateLimiter(options.BackgroundBytesPerSecond, 100_000, 10);
        }

        Threads = new StorageThreads("commit", options.CommitThreads);
        ReadThreads = new StorageThreads("read", options.ReadThreads);
    }

    /// <summary>Its budgets.</summary>
    public RocksDbOptions Options { get; }

    /// <summary>Where commits and upkeep run.</summary>
    internal StorageThreads Threads { get; }

    /// <summary>Where reads run that are not answered from memory.</summary>
    internal StorageThreads ReadThreads { get; }

    /// <summary>Reads, of keys or of a range, that were not answered from memory.</summary>
    public long DiskReads => Interlocked.Read(ref _diskReads);

    internal void CountDiskRead() => Interlocked.Increment(ref _diskReads);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0) return;
        Check.That(Volatile.Read(ref _openStores) == 0);
        Threads.Dispose();
        ReadThreads.Dispose();
        if (_rateLimiter != 0) RocksDbNative.DestroyRateLimiter(_rateLimiter);
        RocksDbNative.DestroyWriteBufferManager(_writeBuffers);
        RocksDbNative.DestroyCache(_cache);
        RocksDbNative.DestroyEnv(_env);
    }

    internal void StoreOpened()
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);
        Interlocked.Increment(ref _openStores);
    }

    internal void StoreClosed() => Interlocked.Decrement(ref _openStores);

    /// <summary>Options of a database and of its columns alike; the caller destroys them.</summary>
    internal nint CreateOptions(bool mayCreate)
    {
        var options = OptionsNative.Create();
        OptionsNative.SetEnv(options, _env);
        OptionsNative.SetWriteBufferManager(options, _writeBuffers);
        if (_rateLimiter != 0) OptionsNative.SetRateLimiter(options, _rateLimiter);
        OptionsNative.SetCreateIfMissing(options, mayCreate ? (byte)1 : (byte)0);
        OptionsNative.SetCreateMissingColumns(options, mayCreate ? (byte)1 : (byte)0);
        OptionsNative.SetParanoidChecks(options, 1);

        // Tolerate a torn record at the end of the log, where a crash leaves one, and nothing else: every acknowledged batch
        // was synced, so damage before the end is loss, and must be said. (The default would drop all from there on.)
        OptionsNative.SetLogRecoveryMode(options, 0);
        OptionsNative.SetTrackLogsInManifest(options, 1);
        OptionsNative.SetLogBytesMax(options, (ulong)Options.WriteBufferBytes * 2);

        // After a background error the database is reopened by us, never resumed behind our back.
        OptionsNative.SetResumeAttempts(options, 0);
        OptionsNative.SetBackgroundJobsMax(options, Options.BackgroundJobs + 1);

        // All table files are opened at start, so that a missing or truncated one is found then.
        OptionsNative.SetOpenFilesMax(options, -1);

        // A log preallocated to its full size would cost every idle volume tens of MiB of disk.
        OptionsNative.SetAllowFallocate(options, 0);
        OptionsNative.SetInfoLogsKept(options, 2);
        OptionsNative.SetInfoLogBytesMax(options, 4 << 20);
        OptionsNative.SetInfoLogLevel(options, 2);
        OptionsNative.SetStatisticsPeriod(options, 0);

        OptionsNative.SetWriteBufferBytes(options, (nuint)Options.WriteBufferPerColumnBytes);
        OptionsNative.SetWriteBuffersMax(options, 3);

        // Writes either run at full speed or are refused (and tried again by Database.Write, which sees what went wrong
        // meanwhile); RocksDB never parks the thread, because on a full disk it would stay parked.
        const int LevelZeroFilesMax = 36;
        OptionsNative.SetLevelZeroSlowdown(options, LevelZeroFilesMax);
        OptionsNative.SetLevelZeroStop(options, LevelZeroFilesMax);
        OptionsNative.SetPendingCompactionSlowdown(options, 0);
        OptionsNative.SetMemtableWholeKeyFilter(options, 1);
        OptionsNative.SetMemtableFilterRatio(options, 0.02);
        const int Lz4 = 4, Zstd = 7;
        OptionsNative.SetCompression(options, Lz4);
        OptionsNative.SetBottommostCompression(options, Zstd);
        OptionsNative.SetDynamicLevelBytes(options, 1);

        var table = OptionsNative.CreateTable();
        OptionsNative.SetBlockCache(table, _cache);
        OptionsNative.SetBlockBytes(table, 8 << 10);
        OptionsNative.SetCacheIndexAndFilter(table, 1);
        OptionsNative.SetIndexAndFilterHighPriority(table, 1);
        OptionsNative.SetPinLevelZero(table, 1);
        OptionsNative.SetWholeKeyFilter(table, 1);
        OptionsNative.SetFilterPolicy(table, OptionsNative.CreateBloomFilter(10));
        OptionsNative.SetTableFactory(options, table);
        OptionsNative.DestroyTable(table);
        return options;
    }
}
