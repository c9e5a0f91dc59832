using FlexFs.Core;

namespace FlexFs.Metadata.State;

/// <summary>Which session has which inode open. In memory only: sessions tell it again after a restart of the server.</summary>
/// <remarks>
/// A change that a request made which observed something not yet durable is journalled until that is durable, so that a rollback
/// undoes it: its request will run again.
/// </remarks>
internal sealed class OpenTable
{
    private readonly Dictionary<SessionId, SortedSet<InodeId>> _bySession = [];
    private readonly Dictionary<InodeId, int> _sessionsOf = [];
    private readonly List<Undo> _journal = [];

    private readonly record struct Undo(ulong Sequence, SessionId Session, InodeId Inode, bool WasOpened);

    /// <summary>Pairs of session and inode.</summary>
    public int Count { get; private set; }

    /// <summary>Sessions that have something open.</summary>
    public int SessionCount => _bySession.Count;

    /// <summary>Whether every session has told what it has open; until then anything may be open somewhere.</summary>
    public bool IsComplete { get; set; } = true;

    /// <summary>Whether any session has it open, or may have.</summary>
    public bool IsOpen(InodeId inode) => !IsComplete || _sessionsOf.ContainsKey(inode);

    /// <summary>Whether this session has it open.</summary>
    public bool IsOpenIn(SessionId session, InodeId inode) =>
        _bySession.TryGetValue(session, out var inodes) && inodes.Contains(inode);

    /// <summary>Whether a session other than this one has it open, or may have.</summary>
    public bool IsOpenElsewhere(SessionId session, InodeId inode) =>
        !IsComplete || _sessionsOf.GetValueOrDefault(inode) > (IsOpenIn(session, inode) ? 1 : 0);

    /// <summary>Up to <paramref name="count"/> inodes that a session has open, lowest first.</summary>
    public void First(SessionId session, int count, List<InodeId> into)
    {
        into.Clear();
        if (!_bySession.TryGetValue(session, out var inodes)) return;
        foreach (var inode in inodes)
        {
            if (into.Count == count) return;
            into.Add(inode);
        }
    }

    /// <summary>Notes an open or a close by a request that observed <paramref name="sequence"/>; 0 when all that was durable.</summary>
    public void Set(SessionId session, InodeId inode, bool isOpen, ulong sequence)
    {
        if (Apply(session, inode, isOpen) && sequence > 0) _journal.Add(new Undo(sequence, session, inode, isOpen));
    }

    /// <summary>What up to <paramref name="durable"/> was observed stays.</summary>
    public void Committed(ulong durable) => _journal.RemoveAll(undo => undo.Sequence <= durable);

    /// <summary>Undoes what was observed after <paramref name="durable"/>.</summary>
    public void RollBack(ulong durable)
    {
        for (var i = _journal.Count - 1; i >= 0; i--)
        {
            var undo = _journal[i];
            if (undo.Sequence > durable) Apply(undo.Session, undo.Inode, !undo.WasOpened);
        }

        _journal.Clear();
    }

    private bool Apply(SessionId session, InodeId inode, bool isOpen)
    {
        if (isOpen)
        {
            if (!_bySession.TryGetValue(session, out var inodes)) _bySession[session] = inodes = [];
            if (!inodes.Add(inode)) return false;
            _sessionsOf[inode] = _sessionsOf.GetValueOrDefault(inode) + 1;
            Count++;
        }
        else
        {
            if (!_bySession.TryGetValue(session, out var inodes) || !inodes.Remove(inode)) return false;
            if (inodes.Count == 0) _bySession.Remove(session);
            if (_sessionsOf[inode] == 1) _sessionsOf.Remove(inode);
            else _sessionsOf[inode]--;
            Count--;
        }

        return true;
    }
}
