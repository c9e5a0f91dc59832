namespace FlexFs.Simulation.Runtime;

/// <summary>Virtual time: stands still while anything is ready, then moves to the next timer.</summary>
public sealed class SimulatedTime(SimulatedContext loop)
{
    private readonly PriorityQueue<Timer, (long Due, long Order)> _timers = new();
    private long _order;

    /// <summary>Since the run began.</summary>
    public TimeSpan Elapsed { get; private set; }

    /// <summary>Moves to the next timer and lets it, and all others of that moment, become ready.</summary>
    /// <returns>False when there is none.</returns>
    public bool FireNext()
    {
        var fired = false;
        while (_timers.TryPeek(out var timer, out var at) && (!fired || at.Due <= Elapsed.Ticks))
        {
            _timers.Dequeue();
            if (timer.Order != at.Order || !timer.Process.IsAlive) continue;
            if (at.Due > Elapsed.Ticks) Elapsed = TimeSpan.FromTicks(at.Due);
            loop.Trace.Mix((ulong)at.Due);
            timer.Fire();
            fired = true;
        }

        return fired;
    }

    private void Arm(Timer timer, TimeSpan due)
    {
        timer.Order = ++_order;
        _timers.Enqueue(timer, (Elapsed.Ticks + Math.Max(due.Ticks, 0), timer.Order));
    }

    /// <summary>A timer of a process: it fires on that process's context, or never when the process is dead.</summary>
    public ITimer NewTimer(SimulatedProcess process, TimerCallback callback, object? state, TimeSpan due, TimeSpan period)
    {
        loop.AssertThread($"a timer of {process.Name}");
        var timer = new Timer(this, process, callback, state);
        timer.Change(due, period);
        return timer;
    }

    private sealed class Timer(SimulatedTime time, SimulatedProcess process, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan _period;

        /// <summary>Of the last arming; an older place in the queue is void.</summary>
        public long Order { get; set; }

        public SimulatedProcess Process => process;

        public void Fire()
        {
            var order = Order;
            process.Post(
                _ =>
                {
                    if (Order != order) return;
                    Order = 0;
                    if (_period > TimeSpan.Zero) time.Arm(this, _period);
                    callback(state);
                },
                null);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Order = 0;
            _period = period == Timeout.InfiniteTimeSpan ? TimeSpan.Zero : period;
            if (dueTime != Timeout.InfiniteTimeSpan) time.Arm(this, dueTime);
            return true;
        }

        public void Dispose() => Order = 0;

        public ValueTask DisposeAsync()
        {
            Order = 0;
            return default;
        }
    }
}

/// <summary>The clock of a process: monotonic time is everybody's, the wall clock is its own and may step.</summary>
public sealed class SimulatedClock(SimulatedTime time, SimulatedProcess process) : TimeProvider
{
    private static readonly DateTimeOffset Beginning = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>How far its wall clock is ahead of the world's.</summary>
    public TimeSpan Ahead { get; set; }

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <inheritdoc/>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <inheritdoc/>
    public override long GetTimestamp() => time.Elapsed.Ticks;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => Beginning + time.Elapsed + Ahead;

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        time.NewTimer(process, callback, state, dueTime, period);
}
