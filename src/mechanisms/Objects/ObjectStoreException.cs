namespace FlexFs.Objects;

/// <summary>A store failed: what was tried, where, how often, for how long. The outcome of a put or a deletion is not known.</summary>
public sealed class ObjectStoreException : Exception
{
    /// <summary>A failed attempt.</summary>
    /// <param name="operation">What was tried, with the name: "get of 3f/00000000000000a1".</param>
    /// <param name="location">Where: the store's <see cref="IObjectStore.Location"/>.</param>
    /// <param name="reason">What happened, and what to do when that is known.</param>
    /// <param name="isTransient">Whether the same may succeed when tried again.</param>
    /// <param name="elapsed">From the first attempt.</param>
    /// <param name="attempt">Counts from 1.</param>
    /// <param name="cause">What the system said.</param>
    public ObjectStoreException(
        string operation, string location, string reason, bool isTransient, TimeSpan elapsed, int attempt = 1,
        Exception? cause = null)
        : base($"{operation} at {location}: {reason} (attempt {attempt}, after {elapsed.TotalMilliseconds:F0} ms)", cause)
    {
        Operation = operation;
        Location = location;
        Reason = reason;
        IsTransient = isTransient;
        Elapsed = elapsed;
        Attempt = attempt;
    }

    /// <summary>What was tried.</summary>
    public string Operation { get; }

    /// <summary>At which store.</summary>
    public string Location { get; }

    /// <summary>What happened.</summary>
    public string Reason { get; }

    /// <summary>Whether the same may succeed when tried again.</summary>
    public bool IsTransient { get; }

    /// <summary>From the first attempt to this failure.</summary>
    public TimeSpan Elapsed { get; }

    /// <summary>Attempts so far.</summary>
    public int Attempt { get; }
}
