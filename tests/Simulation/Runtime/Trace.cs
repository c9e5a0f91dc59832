using FlexFs.Core;

namespace FlexFs.Simulation.Runtime;

/// <summary>What happened: the last events as text, and a hash of all of them.</summary>
/// <remarks>Two runs are the same run if and only if their hashes are the same.</remarks>
public sealed class Trace(int keep)
{
    private readonly Queue<(TimeSpan At, string Text)> _last = new();

    /// <summary>Of all events so far.</summary>
    public ulong Hash { get; private set; } = 14695981039346656037;

    /// <summary>Events so far.</summary>
    public long Count { get; private set; }

    /// <summary>Where each line goes at once, when somebody watches.</summary>
    public Action<string>? Watcher { get; set; }

    /// <summary>An event that has no line of its own: a choice of the scheduler, a timer.</summary>
    public void Mix(ulong value)
    {
        Count++;
        Hash = (Hash ^ value) * 1099511628211;
        Hash ^= Hash >> 29;
    }

    /// <summary>An event with a line.</summary>
    public void Note(TimeSpan at, string text)
    {
        Mix((ulong)at.Ticks);
        foreach (var c in text) Hash = (Hash ^ c) * 1099511628211;
        Remark(at, text);
    }

    /// <summary>A line that is no event: its text may differ between two runs (addresses, stack traces).</summary>
    public void Remark(TimeSpan at, string text)
    {
        Watcher?.Invoke(Line(at, text));
        _last.Enqueue((at, text));
        if (_last.Count > keep) _last.Dequeue();
    }

    /// <summary>The last lines.</summary>
    public IEnumerable<string> Last(int count) => _last.Skip(Math.Max(0, _last.Count - count)).Select(e => Line(e.At, e.Text));

    private static string Line(TimeSpan at, string text) =>
        string.Create(null, $"{at.TotalMilliseconds,12:F3} ms  {text}");
}
