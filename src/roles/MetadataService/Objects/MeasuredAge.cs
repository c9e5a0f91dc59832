using FlexFs.Core;

namespace FlexFs.MetadataService.Objects;

/// <summary>Which moments of volume time are so long ago, as measured while this server ran.</summary>
/// <remarks>
/// Volume time follows the wall clock, so a step of that clock makes everything older at once. What is noted here is aged by the
/// monotonic clock instead, from when this server saw it; a restart begins anew. Bounded: of moments close to each other the
/// earlier one is kept.
/// </remarks>
internal sealed class MeasuredAge(TimeProvider clock, TimeSpan age)
{
    private const int PointsMax = 64;
    private readonly Queue<(Instant Moment, long SeenAt)> _points = new();
    private readonly TimeSpan _apart = age / PointsMax;
    private long _lastAt;

    /// <summary>What is before it has been so for the age.</summary>
    public Instant Reached { get; private set; }

    /// <summary>Volume time is at <paramref name="moment"/> now.</summary>
    public void Note(Instant moment)
    {
        var now = clock.GetTimestamp();
        if (_points.Count == 0 || clock.GetElapsedTime(_lastAt, now) >= _apart)
        {
            _points.Enqueue((moment, now));
            _lastAt = now;
        }

        while (_points.TryPeek(out var point) && clock.GetElapsedTime(point.SeenAt, now) >= age)
        {
            Reached = point.Moment;
            _points.Dequeue();
        }
    }
}
