namespace FlexFs.Fuse;

/// <summary>Whose turn it is to wait for the next request: one reader's, always.</summary>
/// <remarks>
/// A reader that has handled its request takes the turn again at once if nobody has it, so while requests are short one
/// thread does everything. The others sleep until
///   - the reader with the turn gets a request that will take it long (<see cref="CallAnother"/>), or
///   - nobody has had the turn for a tick in which nothing was read: handlers are busy, or blocked.
/// The watching thread sleeps while the mount is idle.
/// </remarks>
internal sealed class ReaderTurn(FuseCounters counters)
{
    private const int TickMilliseconds = 4;
    private const int QuietTicks = 25;
    private const int IdleMilliseconds = 1000;

    // Monitors, not Locks: readers and the watching thread wait on them.
    private readonly object _readers = new();
    private readonly object _watch = new();
    private int _taken;
    private int _asleep;
    private int _called;
    private long _reads;
    private volatile bool _watcherAsleep;
    private volatile bool _ended;

    /// <summary>Waits for the turn; false when there is nothing to read any more.</summary>
    public bool Take()
    {
        while (!_ended)
        {
            if (Interlocked.CompareExchange(ref _taken, 1, 0) == 0) return true;
            lock (_readers)
            {
                _asleep++;
                while (_called == 0 && !_ended) Monitor.Wait(_readers);
                if (_called > 0) _called--;
                _asleep--;
            }
        }
        return false;
    }

    /// <summary>The one with the turn has a request.</summary>
    public void Leave()
    {
        _reads++;
        Volatile.Write(ref _taken, 0);
        if (!_watcherAsleep) return;
        _watcherAsleep = false;
        WakeWatcher();
    }

    /// <summary>Calls a sleeping reader, if nobody reads.</summary>
    public void CallAnother()
    {
        if (Volatile.Read(ref _taken) != 0 || Volatile.Read(ref _asleep) == 0) return;
        lock (_readers)
        {
            if (_asleep <= _called) return;
            _called++;
            Monitor.Pulse(_readers);
        }
        counters.CountReaderWoken();
    }

    /// <summary>Wakes everybody, for good.</summary>
    public void End()
    {
        _ended = true;
        lock (_readers) Monitor.PulseAll(_readers);
        WakeWatcher();
    }

    public void StartWatching() =>
        new Thread(Watch, 128 * 1024) { IsBackground = true, Name = "fuse reader watch" }.Start();

    private void WakeWatcher()
    {
        lock (_watch) Monitor.Pulse(_watch);
    }

    private void Watch()
    {
        long seen = -1;
        int quiet = 0;
        while (!_ended)
        {
            bool idle = quiet >= QuietTicks;
            lock (_watch)
            {
                // A wake-up lost to the race with Leave costs one second, not the request.
                _watcherAsleep = idle;
                if (!_ended) Monitor.Wait(_watch, idle ? IdleMilliseconds : TickMilliseconds);
                _watcherAsleep = false;
            }
            long reads = Volatile.Read(ref _reads);
            if (reads != seen)
            {
                quiet = 0;
            }
            else if (Volatile.Read(ref _taken) == 0)
            {
                CallAnother();
            }
            else
            {
                quiet = Math.Min(quiet + 1, QuietTicks);
            }
            seen = reads;
        }
    }
}
