namespace FlexFs.Client.Writing;

/// <summary>
/// Lets so many in at a time, in the order in which they came. With a size of 1, a lock that may be held over an await.
/// </summary>
/// <remarks>Its lock guards the count and the queue. Who entered exits once.</remarks>
internal sealed class AsyncWindow(int size)
{
    private readonly Lock _gate = new();
    private readonly Queue<TaskCompletionSource> _waiting = new();
    private int _inside;

    /// <summary>The most that were inside at once: what a test of the bound looks at.</summary>
    public int InsideMax { get; private set; }

    /// <summary>Waits for a place.</summary>
    /// <exception cref="OperationCanceledException">The caller waits no more, and is not inside.</exception>
    public ValueTask EnterAsync(CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            if (_inside < size)
            {
                _inside++;
                InsideMax = Math.Max(InsideMax, _inside);
                return ValueTask.CompletedTask;
            }

            var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Enqueue(waiter);
            return cancellationToken.CanBeCanceled ? WaitAsync(waiter, cancellationToken) : new ValueTask(waiter.Task);
        }
    }

    /// <summary>Gives the place to who waits longest.</summary>
    public void Exit()
    {
        lock (_gate)
        {
            // Continuations run later, not under the lock. Who waits no more is passed over.
            while (_waiting.TryDequeue(out var next))
            {
                if (next.TrySetResult()) return;
            }

            _inside--;
        }
    }

    private static async ValueTask WaitAsync(TaskCompletionSource waiter, CancellationToken cancellationToken)
    {
        await using var registration = cancellationToken.UnsafeRegister(
            static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token), waiter);
        await waiter.Task;
    }
}
