using FlexFs.Core;

namespace FlexFs.Client.Leases;

/// <summary>Whether anything was taken back of an inode since a question about it was sent.</summary>
/// <remarks>
/// Answers and recalls overtake each other, at the server and on their way through this client. So a lease in an answer counts only if
/// nothing of its inode was recalled, released or changed by this client since the question began. Its lock guards everything; it takes
/// no other.
/// </remarks>
internal sealed class LeaseClock
{
    // What was forgotten counts as taken back just now: then a lease is not taken that could have been.
    private const int InodesMax = 8192;
    private readonly Lock _gate = new();
    private readonly Dictionary<InodeId, Marks> _marks = [];
    private long _now;
    private long _floor;

    /// <summary>A question begins.</summary>
    public long Begin()
    {
        lock (_gate) return _now;
    }

    /// <summary>This client changes an inode, or gave it up.</summary>
    public void Mark(InodeId inode)
    {
        lock (_gate) _marks[inode] = MarksOf(inode) with { Change = ++_now };
    }

    /// <summary>A recall arrived.</summary>
    public void Recall(InodeId inode, ulong id)
    {
        lock (_gate)
        {
            var marks = MarksOf(inode);
            _marks[inode] = marks with { Recall = ++_now, RecallId = Math.Max(id, marks.RecallId) };
        }
    }

    /// <summary>Everything is taken back: the session ended.</summary>
    public void MarkAll()
    {
        lock (_gate)
        {
            _marks.Clear();
            _floor = ++_now;
        }
    }

    /// <summary>Whether nothing of the inode was taken back since.</summary>
    public bool IsFresh(InodeId inode, long since)
    {
        lock (_gate)
        {
            return since >= _floor
                && (!_marks.TryGetValue(inode, out var marks) || (marks.Change <= since && marks.Recall <= since));
        }
    }

    /// <summary>The same of an answer that tells which recalls were begun before it was given.</summary>
    /// <remarks>
    /// Two hosts that want to write one file recall each other's leases with every question, so that a recall comes between each
    /// question and its answer: without the number neither would ever take one.
    /// </remarks>
    public bool IsFresh(InodeId inode, long since, ulong lastRecall)
    {
        lock (_gate)
        {
            return since >= _floor
                && (!_marks.TryGetValue(inode, out var marks) || (marks.Change <= since && marks.RecallId <= lastRecall));
        }
    }

    // Makes room for one more.
    private Marks MarksOf(InodeId inode)
    {
        if (_marks.TryGetValue(inode, out var marks)) return marks;
        if (_marks.Count >= InodesMax)
        {
            _marks.Clear();
            _floor = _now + 1;
        }

        return default;
    }

    /// <summary>When something of an inode was taken back last.</summary>
    /// <param name="Change">By this client.</param>
    /// <param name="Recall">By a recall.</param>
    /// <param name="RecallId">The last of those.</param>
    private readonly record struct Marks(long Change, long Recall, ulong RecallId);
}
