using FlexFs.Core;
using FlexFs.Core.Locks;
using FlexFs.Protocol.Metadata;
using FlexFs.Simulation.Runtime;
using FlexFs.Simulation.World;

namespace FlexFs.Simulation.Checkers;

/// <summary>A lock that a program asked for, from its question to its end.</summary>
public sealed class LockAttempt
{
    /// <summary>The file.</summary>
    public required uint Tag { get; init; }

    /// <summary>fcntl(2) or flock(2).</summary>
    public required LockKind Kind { get; init; }

    /// <summary>Which program.</summary>
    public required ulong Owner { get; init; }

    /// <summary>Which mount.</summary>
    public required SimulatedClient Client { get; init; }

    /// <summary>Shared or exclusive.</summary>
    public required LockType Type { get; init; }

    /// <summary>Which bytes.</summary>
    public required LockRange Range { get; init; }

    /// <summary>Event number of the question.</summary>
    public required long Asked { get; init; }

    /// <summary>The session in which it was granted; 0 while it is not.</summary>
    public ulong Session { get; set; }

    /// <summary>Whether the program has begun to let go of it.</summary>
    public bool IsLeaving { get; set; }

    /// <summary>Event number since which it is certainly free; never for who died, until the session is over.</summary>
    public long Ended { get; set; } = long.MaxValue;

    /// <summary>Whether the program may act under it now: its mount lives, and has not found out that the session may be over.</summary>
    public bool IsBelieved => Session != 0 && !IsLeaving && Client.Process.IsAlive && Client.Files.Session.Session.Value == Session
        && Client.Files.LeaseLeft > TimeSpan.Zero;

    /// <summary>Whether the two exclude each other.</summary>
    public bool Excludes(LockAttempt other) => Tag == other.Tag && Kind == other.Kind && (Owner != other.Owner || Client != other.Client)
        && Range.Overlaps(other.Range) && (Type == LockType.Exclusive || other.Type == LockType.Exclusive);

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Client.Process.Name}, owner {Owner}: {Kind} {Type} of {Tag}, {Range}, asked at event {Asked}, "
        + (Session == 0 ? "not granted" : $"session {Session}") + (IsLeaving ? ", let go" : "");
}

/// <summary>Locks: no two who exclude each other believe to hold one, and none is refused for nothing.</summary>
/// <remarks>
/// A mount that was not heard for a lease's term reads and writes nothing, so what it believes ends then. That everybody who waits gets
/// his turn is seen by the run's end: the workload would never be done.
/// </remarks>
public sealed class LockChecker
{
    private readonly List<LockAttempt> _attempts = [];

    /// <summary>A program asks.</summary>
    public void Asked(LockAttempt attempt) => _attempts.Add(attempt);

    /// <summary>It was granted.</summary>
    /// <exception cref="ViolationException">Another one believes to have what excludes it.</exception>
    public void Granted(LockAttempt attempt, ulong session)
    {
        attempt.Session = session;
        Check();
    }

    /// <summary>It was refused at once.</summary>
    /// <exception cref="ViolationException">Nobody had it or waited for it.</exception>
    public void Refused(LockAttempt attempt, long answered)
    {
        attempt.Ended = answered;
        if (_attempts.Exists(other => other.Excludes(attempt) && other.Asked < answered && other.Ended > attempt.Asked)) return;
        throw new ViolationException($"locks: refused at event {answered}, though nobody had or wanted it:\n  {attempt}");
    }

    /// <summary>Looks at what everybody believes now.</summary>
    /// <exception cref="ViolationException">Two exclude each other.</exception>
    public void Check()
    {
        var believed = _attempts.FindAll(attempt => attempt.IsBelieved);
        foreach (var one in believed)
        {
            if (believed.Find(one.Excludes) is { } other) throw new ViolationException($"locks: held twice:\n  {one}\n  {other}");
        }
    }
}
