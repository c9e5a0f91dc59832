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
    private readonly Dictionary<InodeId, long> _marks = [];
    private long _now;
    private long _floor;

    /// <summary>A question begins.</summary>
    public long Begin()
    {
        lock (_gate) return _now;
    }

    /// <summary>Something of an inode is taken back.</summary>
    public void Mark(InodeId inode)
    {
        lock (_gate)
        {
            if (_marks.Count >= InodesMax && !_marks.ContainsKey(inode))
            {
                _marks.Clear();
                _floor = _now + 1;
            }

            _marks[inode] = ++_now;
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
        lock (_gate) return since >= _floor && (!_marks.TryGetValue(inode, out var mark) || mark <= since);
    }
}
