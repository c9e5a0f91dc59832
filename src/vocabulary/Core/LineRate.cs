namespace FlexFs.Core;

/// <summary>Lets so many lines of one kind into a log, and counts the others: what makes everything slow must not fill a disk.</summary>
/// <remarks>Any thread; the lock is held for a few comparisons.</remarks>
/// <param name="clock">Time.</param>
/// <param name="burst">Lines at once.</param>
/// <param name="interval">After it one more.</param>
public sealed class LineRate(TimeProvider clock, int burst, TimeSpan interval)
{
    private readonly Lock _gate = new();
    private long _filledAt = clock.GetTimestamp();
    private int _used;
    private long _suppressed;

    /// <summary>Whether a line may be written now; one that may not is counted.</summary>
    /// <param name="suppressed">Lines that were not written since the last one that was.</param>
    public bool TryTake(out long suppressed)
    {
        lock (_gate)
        {
            suppressed = 0;
            if (!TryPay())
            {
                _suppressed++;
                return false;
            }

            (suppressed, _suppressed) = (_suppressed, 0);
            return true;
        }
    }

    /// <summary>Whether lines were left out that no later one has told of, and a line about them may be written now.</summary>
    public bool TryTakeSuppressed(out long suppressed)
    {
        lock (_gate)
        {
            suppressed = 0;
            if (_suppressed == 0 || !TryPay()) return false;
            (suppressed, _suppressed) = (_suppressed, 0);
            return true;
        }
    }

    private bool TryPay()
    {
        var passed = (long)(clock.GetElapsedTime(_filledAt) / interval);
        if (passed > 0)
        {
            _used = (int)Math.Max(0, _used - passed);
            _filledAt = clock.GetTimestamp();
        }

        if (_used == burst) return false;
        _used++;
        return true;
    }
}
