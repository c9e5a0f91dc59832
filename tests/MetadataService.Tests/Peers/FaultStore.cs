using FlexFs.Core;
using FlexFs.Metadata.Storage;
using FlexFs.Metadata.Storage.Memory;
using FlexFs.MetadataService.Volumes;

namespace FlexFs.MetadataService.Tests.Peers;

/// <summary>What is on the disk of a test, and what it does to whoever uses it. Outlives the service.</summary>
public sealed class FaultDisk
{
    private TaskCompletionSource? _commitGate;
    private TaskCompletionSource? _readGate;
    private int _begun;
    private int _reads;
    private int _opened;
    private volatile int _owner;

    public MemoryStore Disk { get; } = new();

    /// <summary>Batches that became durable, and what each wrote.</summary>
    public List<StoreBatch> Batches { get; } = [];

    /// <summary>Commits that were begun.</summary>
    public int Begun => _begun;

    /// <summary>Reads that were begun.</summary>
    public int Reads => _reads;

    /// <summary>Times the store was opened.</summary>
    public int Opened => _opened;

    /// <summary>The next commit fails: not written, or written all the same.</summary>
    public CommitFault NextFault { get; set; }

    /// <summary>The next read fails.</summary>
    public bool FailsNextRead { get; set; }

    /// <summary>Opening fails as long as this is so.</summary>
    public bool CannotBeOpened { get; set; }

    /// <summary>Commits wait from now on until they are let go.</summary>
    public void HoldCommits() => _commitGate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void LetCommitsGo() => Interlocked.Exchange(ref _commitGate, null)?.TrySetResult();

    /// <summary>Reads wait from now on until they are let go.</summary>
    public void HoldReads() => _readGate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void LetReadsGo() => Interlocked.Exchange(ref _readGate, null)?.TrySetResult();

    /// <summary>The stores as the server sees them that is started now: once it is dead it opens nothing.</summary>
    public IVolumeStores ForServer() => new ServersStores(this, _owner);

    /// <summary>Whoever has the store open is dead: what it still asks is never answered, and does nothing.</summary>
    public void ForgetOwner()
    {
        lock (Disk) _owner++;
        LetCommitsGo();
        LetReadsGo();
    }

    private sealed class ServersStores(FaultDisk disk, int owner) : IVolumeStores
    {
        public ValueTask<IKeyValueStore> OpenAsync(VolumeId volume, CancellationToken cancellationToken)
        {
            if (disk.CannotBeOpened || disk._owner != owner) throw new StorageException("the test's disk is away");
            Interlocked.Increment(ref disk._opened);
            return new(new FaultStore(disk, owner));
        }
    }

    private sealed class FaultStore(FaultDisk disk, int owner) : IKeyValueStore
    {
        private bool _hasFailed;

        public ValueTask<StorePosition> PositionAsync(CancellationToken cancellationToken) =>
            OnDisk(() => disk.Disk.PositionAsync(cancellationToken));

        public ValueTask<StorePosition> TakeOwnershipAsync(CancellationToken cancellationToken) =>
            OnDisk(() => disk.Disk.TakeOwnershipAsync(cancellationToken));

        public async ValueTask<ulong> GetManyAsync(
            IReadOnlyList<StoreKey> keys, byte[]?[] values, CancellationToken cancellationToken)
        {
            await BeginReadAsync();
            return await OnDisk(() => disk.Disk.GetManyAsync(keys, values, cancellationToken));
        }

        public async ValueTask<StorePage> ScanAsync(StoreRange range, int limit, CancellationToken cancellationToken)
        {
            await BeginReadAsync();
            return await OnDisk(() => disk.Disk.ScanAsync(range, limit, cancellationToken));
        }

        public async ValueTask<CommitResult> CommitAsync(StoreBatch batch)
        {
            Interlocked.Increment(ref disk._begun);
            if (disk._commitGate is { } gate) await gate.Task;
            ThrowIfFailed();
            var fault = disk.NextFault;
            disk.NextFault = CommitFault.None;
            if (fault == CommitFault.Lost) throw Fail("the write failed");
            var result = await OnDisk(() => disk.Disk.CommitAsync(batch));
            if (result == CommitResult.Committed) lock (disk.Batches) disk.Batches.Add(batch);
            if (fault == CommitFault.Written) throw Fail("the outcome is not known");
            return result;
        }

        public ValueTask DisposeAsync() => default;

        private async ValueTask BeginReadAsync()
        {
            Interlocked.Increment(ref disk._reads);
            if (disk._readGate is { } gate) await gate.Task;
            ThrowIfFailed();
            if (!disk.FailsNextRead) return;
            disk.FailsNextRead = false;
            throw Fail("the read failed");
        }

        // The dead wait for ever, as whoever is killed in a system call.
        private ValueTask<T> OnDisk<T>(Func<ValueTask<T>> call)
        {
            lock (disk.Disk) return disk._owner == owner ? call() : new(new TaskCompletionSource<T>().Task);
        }

        private StorageException Fail(string why)
        {
            _hasFailed = true;
            return new StorageException($"the test's disk: {why}");
        }

        private void ThrowIfFailed()
        {
            if (_hasFailed) throw new StorageException("the test's disk failed before");
        }
    }
}

/// <summary>How a commit fails.</summary>
public enum CommitFault
{
    None,

    /// <summary>Nothing was written.</summary>
    Lost,

    /// <summary>It is durable, but nobody is told.</summary>
    Written,
}
