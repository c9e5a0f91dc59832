using System.Threading.Tasks.Sources;
using FlexFs.Core;
using FlexFs.Metadata.Storage;

namespace FlexFs.Metadata.RocksDb;

/// <summary>The one commit that a store may have under way; used again for each, so a commit allocates nothing here.</summary>
internal sealed class CommitWork(Func<StoreBatch, CommitResult> commit) : StorageWork, IValueTaskSource<CommitResult>
{
    // The completion never runs the waiter on a thread that the next commit needs.
    private ManualResetValueTaskSourceCore<CommitResult> _core = new() { RunContinuationsAsynchronously = true };
    private StoreBatch? _batch;
    private int _isBusy;

    /// <summary>Begins a commit. One at a time.</summary>
    internal ValueTask<CommitResult> BeginAsync(StoreBatch batch, StorageThreads threads)
    {
        Check.That(Interlocked.Exchange(ref _isBusy, 1) == 0);
        _core.Reset();
        _batch = batch;
        var task = new ValueTask<CommitResult>(this, _core.Version);
        threads.Post(this);
        return task;
    }

    /// <inheritdoc/>
    internal override void Run()
    {
        var batch = _batch!;
        _batch = null;
        try
        {
            _core.SetResult(commit(batch));
        }
        catch (Exception failure)
        {
            // Top of the thread's work: the waiter gets it.
            _core.SetException(failure);
        }
    }

    CommitResult IValueTaskSource<CommitResult>.GetResult(short token)
    {
        // Only here is the source free again: a new commit may begin from the continuation that reads this result.
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            Volatile.Write(ref _isBusy, 0);
        }
    }

    ValueTaskSourceStatus IValueTaskSource<CommitResult>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<CommitResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
