namespace FlexFs.MetadataService.Pipeline;

/// <summary>Calls from outside of a volume's context.</summary>
internal static class ContextCalls
{
    /// <summary>Runs <paramref name="call"/> on the context, and continues there after each of its awaits.</summary>
    public static Task<T> RunAsync<T>(this SynchronizationContext context, Func<Task<T>> call)
    {
        var pending = new Pending<T>(call);
        context.Post(static pending => ((Pending<T>)pending!).Begin(), pending);
        return pending.Task;
    }

    private sealed class Pending<T>(Func<Task<T>> call)
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<T> Task => _done.Task;

        public void Begin() => _ = RunAsync();

        private async Task RunAsync()
        {
            try
            {
                _done.TrySetResult(await call());
            }
            catch (Exception failure)
            {
                // It is the caller's, who awaits the task.
                _done.TrySetException(failure);
            }
        }
    }
}
