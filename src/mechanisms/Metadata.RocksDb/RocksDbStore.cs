using FlexFs.Core;
using FlexFs.Metadata.RocksDb.Native;
using FlexFs.Metadata.Storage;

namespace FlexFs.Metadata.RocksDb;

/// <summary>A volume's key-value store in a folder of this host.</summary>
/// <remarks>
/// 1. A batch is acknowledged after the sync of the log that holds it, with the fence record in the same batch.
/// 2. After a failed write the database is closed. When only space was missing it is opened again, read-only if need be, and
///    serves on; after any other failure every call throws until a new store is opened (a second fsync after a failed one
///    would report success for pages that the kernel dropped).
/// 3. One process: RocksDB holds a lock file.
/// A read that memory answers completes on the caller's thread at once; any other runs on threads of the environment and completes
/// asynchronously. Commits run on a thread of the environment, one at a time, and complete
/// asynchronously. The gate is held for reading by whoever uses the database, for writing by who opens or closes it.
/// </remarks>
public sealed class RocksDbStore : IKeyValueStore
{
    private readonly RocksDbEnvironment _environment;
    private readonly ReaderWriterLockSlim _gate = new();
    private readonly CommitWork _commit;
    private readonly DriveInfo _fileSystem;
    private readonly Lock _positionGate = new();
    private StorePosition _position;
    private Database? _database;
    private bool _isReadOnly;
    private StorageException? _failure;
    private int _isDisposed;

    private RocksDbStore(RocksDbEnvironment environment, string folder, Database database, StorePosition position)
    {
        _environment = environment;
        Folder = folder;
        _database = database;
        _position = position;
        _fileSystem = new DriveInfo(folder);
        _commit = new CommitWork(Commit);
        environment.StoreOpened();
    }

    /// <summary>Where the database is.</summary>
    public string Folder { get; }

    /// <summary>Opens the database in <paramref name="folder"/>, or makes one.</summary>
    /// <param name="environment">What it shares with the other databases of the process.</param>
    /// <param name="folder">One per volume; made when it is missing.</param>
    /// <param name="mustExist">Refuse where there is no database, for example because its disk is not mounted.</param>
    /// <exception cref="StorageException">It is damaged, open elsewhere or out of reach; nothing was changed.</exception>
    public static RocksDbStore Open(RocksDbEnvironment environment, string folder, bool mustExist = false)
    {
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        folder = Path.GetFullPath(folder);
        var isNew = DatabaseFolder.IsNew(folder, mustExist);
        var database = Database.TryOpen(environment, folder, isNew, readOnly: false, out var error)
            ?? throw DatabaseFolder.CannotOpen(folder, error!);
        try
        {
            return new RocksDbStore(environment, folder, database, ReadOrMakeFence(database, folder));
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask<StorePosition> PositionAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        EnterUse();
        try
        {
            return new(Position);
        }
        finally
        {
            _gate.ExitReadLock();
        }
    }

    /// <inheritdoc/>
    public ValueTask<StorePosition> TakeOwnershipAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return PostAsync(() =>
        {
            var position = Position;
            var result = Apply([], new StorePosition(position.Epoch + 1, position.Sequence), fromReserve: true);
            return result == CommitResult.Committed
                ? Position
                : throw new StorageException(
                    $"metadata database {Folder}: no space left to take ownership; "
                    + "free space on its file system, then start again");
        });
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
        return TryGetFromMemory(keys, values, out var sequence)
            ? new(sequence)
            : GetFromDiskAsync(keys, values);
    }

    /// <inheritdoc/>
    public ValueTask<StorePage> ScanAsync(StoreRange range, int limit, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limit, 1);
        cancellationToken.ThrowIfCancellationRequested();
        return Scan(range, limit, memoryOnly: true) is { } page
            ? new(page)
            : ScanDiskAsync(range, limit);
    }

    /// <inheritdoc/>
    public ValueTask<CommitResult> CommitAsync(StoreBatch batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);
        return _commit.BeginAsync(batch, _environment.Threads);
    }

    /// <summary>Flushes and merges everything down to the last level: the smallest form on disk.</summary>
    public async Task CompactAsync() => await PostAsync(() => Use("compact it", database => database.Compact()));

    /// <summary>Writes a consistent copy, with the last committed batch, into a folder that does not exist yet.</summary>
    public async Task CheckpointAsync(string folder)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        var full = Path.GetFullPath(folder);
        await PostAsync(() => Use($"write a checkpoint to {full}", database => database.Checkpoint(full)));
    }

    /// <summary>Bytes of the database's files now, log included.</summary>
    public long DiskBytes()
    {
        long total = 0;
        foreach (var file in new DirectoryInfo(Folder).EnumerateFiles())
        {
            // Files of a compaction vanish under us.
            try
            {
                total += file.Length;
            }
            catch (FileNotFoundException)
            {
                continue;
            }
        }

        return total;
    }

    /// <summary>Bytes of the database's table files: what compaction makes smallest.</summary>
    public long TableBytes()
    {
        var database = EnterUse();
        try
        {
            return database.TableBytes();
        }
        finally
        {
            _gate.ExitReadLock();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0) return;
        await PostAsync(() =>
        {
            Close(new StorageException($"metadata database {Folder}: it was closed"));
            return true;
        });
        _environment.StoreClosed();
    }

    private StorePosition Position
    {
        get
        {
            lock (_positionGate) return _position;
        }
        set
        {
            lock (_positionGate) _position = value;
        }
    }

    private static StorePosition ReadOrMakeFence(Database database, string folder)
    {
        var options = RocksDbNative.CreateReadOptions();
        try
        {
            if (database.ReadFence(options, folder) is { } position) return position;
        }
        finally
        {
            RocksDbNative.DestroyReadOptions(options);
        }

        // A crash between creation and the first record leaves an empty database; anything else without one is damage.
        if (!database.IsEmpty())
        {
            throw DatabaseFolder.CannotOpen(folder, $"Corruption: {folder} has records but no fence record");
        }

        return database.Write([], default) is { } error
            ? throw DatabaseFolder.CannotOpen(folder, error)
            : default(StorePosition);
    }

    private CommitResult Commit(StoreBatch batch)
    {
        var position = Position;
        if (batch.Epoch < position.Epoch) return CommitResult.Fenced;
        Check.That(batch.Epoch == position.Epoch);
        Check.That(batch.Sequence == position.Sequence + 1);
        return Apply(batch.Writes, new StorePosition(batch.Epoch, batch.Sequence), batch.FromReserve);
    }

    private CommitResult Apply(IReadOnlyList<StoreWrite> writes, StorePosition next, bool fromReserve)
    {
        if (!HasRoom(writes, fromReserve)) return CommitResult.OutOfSpace;
        string? error;
        if (_isReadOnly && !TryReopenForWriting()) return CommitResult.OutOfSpace;
        var database = EnterUse();
        try
        {
            error = database.Write(writes, next);
        }
        finally
        {
            _gate.ExitReadLock();
        }

        if (error is not null) return AfterFailedWrite(next, error);
        Position = next;
        return CommitResult.Committed;
    }

    private bool HasRoom(IReadOnlyList<StoreWrite> writes, bool fromReserve)
    {
        var reserve = _environment.Options.ReserveBytes;
        if (reserve == 0) return true;
        long bytes = 0;
        for (var i = 0; i < writes.Count; i++) bytes += writes[i].Key.Bytes.Length + (writes[i].Value?.Length ?? 0) + 16;
        return _fileSystem.AvailableFreeSpace >= bytes + (fromReserve ? reserve / 2 : reserve);
    }

    /// <summary>Only the disk knows what a failed write left behind: it is closed, and asked by opening it again.</summary>
    private CommitResult AfterFailedWrite(StorePosition tried, string error)
    {
        if (!NativeError.IsOutOfSpace(error) && error != Database.BackgroundFailure)
        {
            var failure = new StorageException(
                $"metadata database {Folder}: batch {tried.Sequence} could not be written: {error}; "
                + "the database was closed, and must be opened again to learn whether the batch is in it");
            Close(failure);
            throw failure;
        }

        var before = Position;
        Close(new StorageException($"metadata database {Folder}: no space left, and it could not be opened again: {error}"));
        _gate.EnterWriteLock();
        try
        {
            _database = Database.TryOpen(_environment, Folder, mayCreate: false, readOnly: false, out var refusal);
            _isReadOnly = _database is null;
            if (_isReadOnly && !NativeError.IsOutOfSpace(refusal!))
            {
                throw _failure = DatabaseFolder.CannotOpen(Folder, refusal!);
            }

            _database ??= Database.TryOpen(_environment, Folder, mayCreate: false, readOnly: true, out _);
            if (_database is null) throw _failure!;
            _failure = null;
        }
        finally
        {
            _gate.ExitWriteLock();
        }

        var found = StoredPosition();
        if (found == before) return CommitResult.OutOfSpace;

        // The log held all of it after all. Opened for writing, recovery has moved it into synced tables.
        if (found == tried && !_isReadOnly)
        {
            Position = found;
            return CommitResult.Committed;
        }

        var unknown = new StorageException(
            $"metadata database {Folder}: no space left ({error}), and whether batch {tried.Sequence} is durable is not "
            + $"known (found {found}); free space on its file system and open it again");
        Close(unknown);
        throw unknown;
    }

    private bool TryReopenForWriting()
    {
        _gate.EnterWriteLock();
        try
        {
            var database = Database.TryOpen(_environment, Folder, mayCreate: false, readOnly: false, out var error);
            if (database is null)
            {
                if (NativeError.IsOutOfSpace(error!)) return false;
                _database?.Dispose();
                _database = null;
                throw _failure = DatabaseFolder.CannotOpen(Folder, error!);
            }

            _database?.Dispose();
            _database = database;
            _isReadOnly = false;
        }
        finally
        {
            _gate.ExitWriteLock();
        }

        // While it was read-only its lock was free.
        var found = StoredPosition();
        if (found == Position) return true;
        var failure = new StorageException(
            $"metadata database {Folder}: another process wrote to it while it was out of space "
            + $"(expected {Position}, found {found}); this server must not go on: start it again");
        Close(failure);
        throw failure;
    }

    private StorePosition StoredPosition()
    {
        var database = EnterUse();
        var options = RocksDbNative.CreateReadOptions();
        try
        {
            return database.ReadFence(options, Folder) ?? default;
        }
        finally
        {
            RocksDbNative.DestroyReadOptions(options);
            _gate.ExitReadLock();
        }
    }

    /// <summary>Enters the gate for reading; the caller leaves it.</summary>
    private Database EnterUse()
    {
        _gate.EnterReadLock();
        if (_database is { } database) return database;
        _gate.ExitReadLock();
        throw _failure!;
    }

    private bool Use(string what, Func<Database, string?> action)
    {
        var database = EnterUse();
        try
        {
            if (action(database) is { } error)
            {
                throw new StorageException($"metadata database {Folder}: could not {what}: {error}");
            }

            return true;
        }
        finally
        {
            _gate.ExitReadLock();
        }
    }

    private void Close(StorageException reason)
    {
        _gate.EnterWriteLock();
        try
        {
            _failure = reason;
            _database?.Dispose();
            _database = null;
        }
        finally
        {
            _gate.ExitWriteLock();
        }
    }

    private bool TryGetFromMemory(IReadOnlyList<StoreKey> keys, byte[]?[] values, out ulong sequence)
    {
        var database = EnterUse();
        try
        {
            using var view = new ReadView(database, Folder, memoryOnly: true);
            return KeyReads.TryGet(database, Folder, view.Options, keys, values, 0, keys.Count) & view.TrySequence(out sequence);
        }
        finally
        {
            _gate.ExitReadLock();
        }
    }

    // By themselves, so that a read from memory allocates no closure.
    private ValueTask<ulong> GetFromDiskAsync(IReadOnlyList<StoreKey> keys, byte[]?[] values) =>
        PostReadAsync(() => GetFromDisk(keys, values));

    private ValueTask<StorePage> ScanDiskAsync(StoreRange range, int limit) =>
        PostReadAsync(() => Scan(range, limit, memoryOnly: false)!.Value);

    private ulong GetFromDisk(IReadOnlyList<StoreKey> keys, byte[]?[] values)
    {
        var database = EnterUse();
        try
        {
            using var view = new ReadView(database, Folder, memoryOnly: false);
            new PartedRead(database, Folder, view.Options, keys, values)
                .Run(_environment.ReadThreads, _environment.Options.ReadThreads - 1);
            Check.That(view.TrySequence(out var sequence));
            return sequence;
        }
        finally
        {
            _gate.ExitReadLock();
        }
    }

    private StorePage? Scan(StoreRange range, int limit, bool memoryOnly)
    {
        var database = EnterUse();
        try
        {
            using var view = new ReadView(database, Folder, memoryOnly);
            var pairs = new List<StorePair>(Math.Min(limit, 256));
            return view.Scan(range, limit, pairs) is { } isComplete && view.TrySequence(out var sequence)
                ? new StorePage(pairs, isComplete, sequence)
                : null;
        }
        finally
        {
            _gate.ExitReadLock();
        }
    }

    private ValueTask<T> PostReadAsync<T>(Func<T> run)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);
        _environment.CountDiskRead();
        var job = new StorageJob<T>(run);
        _environment.ReadThreads.Post(job);
        return new(job.Task);
    }

    private ValueTask<T> PostAsync<T>(Func<T> run)
    {
        var job = new StorageJob<T>(run);
        _environment.Threads.Post(job);
        return new(job.Task);
    }
}
