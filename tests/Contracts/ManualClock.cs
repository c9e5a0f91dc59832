namespace FlexFs.Contracts;

/// <summary>Time that stands still until a test moves it to the next timer.</summary>
public sealed class ManualClock : TimeProvider
{
    private readonly List<ManualTimer> _timers = [];
    private long _now = 1;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _now;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch.AddTicks(_now);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves to the earliest timer and fires it; false when there is none.</summary>
    public bool FireNext()
    {
        ManualTimer? next;
        lock (_timers)
        {
            next = _timers.MinBy(timer => timer.Due);
            if (next is null) return false;
            _timers.Remove(next);
            _now = Math.Max(_now, next.Due);
        }

        next.Fire();
        return true;
    }

    /// <summary>Runs a call to its end on this thread, moving time whenever it waits.</summary>
    public async Task<T> RunAsync<T>(Func<ValueTask<T>> callAsync)
    {
        // Without a context what waits for a timer goes on inside FireNext.
        SynchronizationContext.SetSynchronizationContext(null);
        var task = callAsync().AsTask();
        while (!task.IsCompleted)
        {
            // A cancelled Task.Delay goes on in the pool; until it waits for a timer again there is none to fire.
            if (!FireNext()) await Task.Yield();
        }

        return await task;
    }

    private sealed class ManualTimer(ManualClock clock, TimerCallback callback, object? state) : ITimer
    {
        internal long Due { get; private set; }

        internal void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (clock._timers)
            {
                clock._timers.Remove(this);
                if (dueTime == Timeout.InfiniteTimeSpan) return true;
                Due = clock._now + dueTime.Ticks;
                clock._timers.Add(this);
                return true;
            }
        }

        public void Dispose()
        {
            lock (clock._timers) clock._timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
