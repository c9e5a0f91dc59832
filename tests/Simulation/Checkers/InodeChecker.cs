using FlexFs.Core;
using FlexFs.Simulation.World;

namespace FlexFs.Simulation.Checkers;

/// <summary>
/// Whether the answers about each inode's attributes and bytes could have come from one inode, one operation at a time
/// (<see cref="Orders{TModel,TOperation}"/>).
/// </summary>
/// <remarks>
/// Inodes are checked one by one: each operation is about one, and a history is linearizable when that of each object is. A client with
/// leases may be told that bytes are written before they are durable. When it dies, or its session is ended, what no fsync confirmed may be
/// lost, and with it what that client alone saw of it; whatever another one saw stays.
/// </remarks>
public sealed class InodeChecker(Marks marks)
{
    private readonly SortedDictionary<uint, List<InodeOperation>> _inodes = [];
    private readonly SortedDictionary<uint, uint> _modes = [];
    private readonly SortedSet<uint> _excluded = [];
    private readonly SortedDictionary<(string Client, ulong Session), long> _lost = [];

    /// <summary>An inode was made, by the operation that is its tag.</summary>
    public void Made(uint tag, uint mode) => _modes.TryAdd(tag, mode);

    /// <summary>An inode is not looked at any more: something was written that cells do not show.</summary>
    public void Exclude(uint tag) => _excluded.Add(tag);

    /// <summary>Whether an inode is not looked at any more.</summary>
    public bool IsExcluded(uint tag) => _excluded.Contains(tag);

    /// <summary>An operation begins.</summary>
    public void Asked(InodeOperation operation)
    {
        if (!_inodes.TryGetValue(operation.Tag, out var history)) _inodes.Add(operation.Tag, history = []);
        history.Add(operation);
    }

    /// <summary>An fsync or close said that all is well: what its client was told before it asked is durable.</summary>
    /// <param name="tag">The file.</param>
    /// <param name="client">Who asked.</param>
    /// <param name="session">In which session.</param>
    /// <param name="handle">Of a close: what went through it; null for all.</param>
    /// <param name="asked">Event number of the question.</param>
    public void Synced(uint tag, string client, ulong session, ulong? handle, long asked)
    {
        if (!_inodes.TryGetValue(tag, out var history)) return;
        foreach (var o in history)
        {
            if (handle is { } one && o.Handle != one) continue;
            if (o.Client == client && o.Session == session && o.SessionAfter == session && o.Answered != 0 && o.Answered <= asked) o.IsSafe = true;
        }
    }

    /// <summary>A session is over, and with it what was not durable of it.</summary>
    /// <param name="client">Whose.</param>
    /// <param name="session">Which.</param>
    /// <param name="until">Until when what was under way may have taken effect; 0 for ever, when the client died.</param>
    public void Lost(string client, ulong session, long until) => _lost.TryAdd((client, session), until);

    /// <summary>Looks for an order that explains all answers.</summary>
    /// <exception cref="Runtime.ViolationException">There is none.</exception>
    public void Check()
    {
        foreach (var (tag, history) in _inodes)
        {
            if (IsExcluded(tag) || !_modes.TryGetValue(tag, out var mode)) continue;
            new Orders<InodeModel, InodeOperation>("attributes", new InodeModel(mode), marks).Check(Settled(history));
        }
    }

    private List<InodeOperation> Settled(List<InodeOperation> history)
    {
        var settled = new List<InodeOperation>();
        foreach (var o in history)
        {
            if (o.IsRead)
            {
                if (o.Answered != 0 && o.Errno == Errno.OK && !SawWhatWasLost(o, history)) settled.Add(o);
                continue;
            }

            // These refuse before anything is done.
            if (o.Answered != 0 && o.Errno is Errno.ENOSPC or Errno.EBADF) continue;
            if (IsLost(o) && !IsSafe(o, history)) settled.Add(o.Lost(EndOf(o)));
            else settled.Add(o.Answered != 0 && o.Errno != Errno.OK ? o.Lost(o.Answered) : o);
        }

        return settled;
    }

    // Attributes may wait for the commit of bytes that are on their way.
    private static bool IsSafe(InodeOperation o, List<InodeOperation> history) =>
        o.Answered != 0 && o.Errno == Errno.OK
        && (o.IsSafe || o.Verb is InodeVerb.Truncate or InodeVerb.SetXattr
            || (o.Verb == InodeVerb.SetMode && !history.Exists(w => w.Verb is InodeVerb.Write or InodeVerb.Append
                && w.Client == o.Client && !w.IsSafe && w.Asked < o.Answered)));

    private bool IsLost(InodeOperation o) =>
        _lost.ContainsKey((o.Client, o.Session)) || _lost.ContainsKey((o.Client, o.SessionAfter));

    // When it can have taken effect at the latest.
    private long EndOf(InodeOperation o)
    {
        if (o.Answered == 0) return 0;
        if (!_lost.TryGetValue((o.Client, o.SessionAfter), out var until)) return o.Answered;
        return until == 0 ? 0 : Math.Max(o.Answered, until);
    }

    private bool SawWhatWasLost(InodeOperation read, List<InodeOperation> history) =>
        IsLost(read) && history.Exists(o => o.Client == read.Client && !o.IsRead && o.Asked < read.Answered
            && IsLost(o) && !IsSafe(o, history));
}
