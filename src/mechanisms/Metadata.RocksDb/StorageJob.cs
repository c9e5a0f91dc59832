namespace FlexFs.Metadata.RocksDb;

/// <summary>Work that is rare enough to be allocated each time; its result is awaited through a task.</summary>
internal sealed class StorageJob<T>(Func<T> run) : StorageWork
{
    private readonly TaskCompletionSource<T> _source = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when it ran.</summary>
    internal Task<T> Task => _source.Task;

    /// <inheritdoc/>
    internal override void Run()
    {
        try
        {
            _source.SetResult(run());
        }
        catch (Exception failure)
        {
            // Top of the thread's work: the waiter gets it.
            _source.SetException(failure);
        }
    }
}
