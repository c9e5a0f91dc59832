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

    /// <summary>Those inside now.</summary>
    public int Inside => Volatile.Read(ref _inside);

    /// <summary>The most that were inside at once: what a test of the bound looks at.</summary>
    public int InsideMax { get; private set; }

    /// <summary>Waits for a place.</summary>
    public ValueTask EnterAsync()
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
            return new ValueTask(waiter.Task);
        }
    }

    /// <summary>Gives the place to who waits longest.</summary>
    public void Exit()
    {
        TaskCompletionSource? next;
        lock (_gate)
        {
            if (!_waiting.TryDequeue(out next)) _inside--;
        }

        next?.SetResult();
    }
}
