namespace FlexFs.Core;

/// <summary>A point in time: nanoseconds since 1970-01-01T00:00:00Z, without leap seconds. May be before 1970.</summary>
/// <param name="Nanoseconds">Signed, so years 1678 to 2262.</param>
public readonly record struct Instant(long Nanoseconds) : IComparable<Instant>
{
    /// <summary>Nanoseconds in a second.</summary>
    public const long NanosecondsPerSecond = 1_000_000_000;

    /// <summary>The time of <paramref name="clock"/>, in its resolution of 100 ns.</summary>
    public static Instant Now(TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(clock);
        return From(clock.GetUtcNow());
    }

    /// <summary>Converts, exact to 100 ns.</summary>
    public static Instant From(DateTimeOffset time) => new((time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) * 100);

    /// <summary>The last and the first whole second.</summary>
    private const long SecondsMax = long.MaxValue / NanosecondsPerSecond;
    private const long SecondsMin = long.MinValue / NanosecondsPerSecond;

    /// <summary>
    /// Of seconds and nanoseconds as struct timespec has them. What is before 1678 or after 2262 becomes the first or the
    /// last second: utimensat(2) has file systems take the nearest time that they can keep.
    /// </summary>
    public static Instant FromTimespec(long seconds, uint nanoseconds) =>
        seconds >= SecondsMax ? new(SecondsMax * NanosecondsPerSecond)
        : seconds <= SecondsMin ? new(SecondsMin * NanosecondsPerSecond)
        : new((seconds * NanosecondsPerSecond) + nanoseconds);

    /// <summary>Whole seconds, rounded towards the past, as struct timespec has them.</summary>
    public long Seconds => (Nanoseconds - SubsecondNanoseconds) / NanosecondsPerSecond;

    /// <summary>Nanoseconds within the second, 0 to 999,999,999.</summary>
    public uint SubsecondNanoseconds
    {
        get
        {
            var rest = Nanoseconds % NanosecondsPerSecond;
            return (uint)(rest < 0 ? rest + NanosecondsPerSecond : rest);
        }
    }

    /// <summary>This instant moved by <paramref name="span"/>.</summary>
    public Instant Plus(TimeSpan span) => new(Nanoseconds + (span.Ticks * 100));

    /// <summary>The time from <paramref name="earlier"/> to this instant.</summary>
    public TimeSpan Since(Instant earlier) => TimeSpan.FromTicks((Nanoseconds - earlier.Nanoseconds) / 100);

    /// <summary>The later of the two.</summary>
    public static Instant Max(Instant a, Instant b) => a.Nanoseconds >= b.Nanoseconds ? a : b;

    /// <inheritdoc/>
    public int CompareTo(Instant other) => Nanoseconds.CompareTo(other.Nanoseconds);

    /// <inheritdoc/>
    public override string ToString() =>
        DateTimeOffset.UnixEpoch.AddTicks(Nanoseconds / 100).ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", null);
}
