namespace FlexFs.Mount.Bridge;

/// <summary>
/// Counts what this mount changes, at its beginning and at its end: an answer that was fetched at another count may be older than what a
/// program was told since, and is not given out again.
/// </summary>
internal sealed class ChangeCount
{
    private long _value;

    /// <summary>The count of now.</summary>
    internal long Value => Volatile.Read(ref _value);

    /// <summary>A change is under way until it is disposed.</summary>
    internal Change Begin()
    {
        Interlocked.Increment(ref _value);
        return new Change(this);
    }

    /// <summary>A change that is under way.</summary>
    internal readonly struct Change(ChangeCount? count) : IDisposable
    {
        public void Dispose()
        {
            if (count is not null) Interlocked.Increment(ref count._value);
        }
    }
}
