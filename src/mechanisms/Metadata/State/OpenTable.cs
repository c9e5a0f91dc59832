using FlexFs.Core;

namespace FlexFs.Metadata.State;

/// <summary>How a session has an inode open.</summary>
internal enum OpenState : byte
{
    /// <summary>Not at all.</summary>
    Closed = 0,

    /// <summary>At most for reading.</summary>
    Reading = 1,

    /// <summary>For writing, with a handle of now or of before; until the session has it open no more.</summary>
    Writing = 2,
}

/// <summary>Which session has which inode open. In memory only: sessions tell it again after a restart of the server.</summary>
/// <remarks>
/// A change that a request made which observed something not yet durable is journalled until that is durable, so that a rollback
/// undoes it: its request will run again.
/// </remarks>
internal sealed class OpenTable
{
    private readonly Dictionary<SessionId, SortedDictionary<InodeId, OpenState>> _bySession = [];
    private readonly Dictionary<InodeId, Sessions> _sessionsOf = [];
    private readonly List<Undo> _journal = [];

    /// <summary>How many have an inode open, and how many of them for writing.</summary>
    private readonly record struct Sessions(int Open, int Writing);

    private readonly record struct Undo(ulong Sequence, SessionId Session, InodeId Inode, OpenState Before);

    /// <summary>Pairs of session and inode.</summary>
    public int Count { get; private set; }

    /// <summary>Sessions that have something open.</summary>
    public int SessionCount => _bySession.Count;

    /// <summary>Inodes that a session has open.</summary>
    public int CountOf(SessionId session) => _bySession.TryGetValue(session, out var inodes) ? inodes.Count : 0;

    /// <summary>Whether every session has told what it has open; until then anything may be open somewhere.</summary>
    public bool IsComplete { get; set; } = true;

    /// <summary>Whether any session has it open, or may have.</summary>
    public bool IsOpen(InodeId inode) => !IsComplete || _sessionsOf.ContainsKey(inode);

    /// <summary>Whether this session has it open.</summary>
    public bool IsOpenIn(SessionId session, InodeId inode) => StateOf(session, inode) != OpenState.Closed;

    /// <summary>Whether a session other than this one has it open, or may have.</summary>
    public bool IsOpenElsewhere(SessionId session, InodeId inode) =>
        !IsComplete || _sessionsOf.GetValueOrDefault(inode).Open > (IsOpenIn(session, inode) ? 1 : 0);

    /// <summary>Whether a session other than this one has it open for writing, or may have.</summary>
    public bool IsWrittenElsewhere(SessionId session, InodeId inode) =>
        !IsComplete || _sessionsOf.GetValueOrDefault(inode).Writing > (StateOf(session, inode) == OpenState.Writing ? 1 : 0);

    /// <summary>Up to <paramref name="count"/> inodes that a session has open, lowest first.</summary>
    public void First(SessionId session, int count, List<InodeId> into)
    {
        into.Clear();
        if (!_bySession.TryGetValue(session, out var inodes)) return;
        foreach (var inode in inodes.Keys)
        {
            if (into.Count == count) return;
            into.Add(inode);
        }
    }

    /// <summary>
    /// Notes an open or a close by a request that observed <paramref name="sequence"/>; 0 when all that was durable. What is open for
    /// writing stays so when it is opened for reading too.
    /// </summary>
    public void Set(SessionId session, InodeId inode, OpenState state, ulong sequence)
    {
        var before = StateOf(session, inode);
        if (state == before || (state == OpenState.Reading && before == OpenState.Writing)) return;
        Apply(session, inode, before, state);
        if (sequence > 0) _journal.Add(new Undo(sequence, session, inode, before));
    }

    /// <summary>What up to <paramref name="durable"/> was observed stays.</summary>
    public void Committed(ulong durable) => _journal.RemoveAll(undo => undo.Sequence <= durable);

    /// <summary>Undoes what was observed after <paramref name="durable"/>.</summary>
    public void RollBack(ulong durable)
    {
        for (var i = _journal.Count - 1; i >= 0; i--)
        {
            var undo = _journal[i];
            if (undo.Sequence > durable) Apply(undo.Session, undo.Inode, StateOf(undo.Session, undo.Inode), undo.Before);
        }

        _journal.Clear();
    }

    private OpenState StateOf(SessionId session, InodeId inode) =>
        _bySession.TryGetValue(session, out var inodes) ? inodes.GetValueOrDefault(inode) : OpenState.Closed;

    private void Apply(SessionId session, InodeId inode, OpenState before, OpenState after)
    {
        if (!_bySession.TryGetValue(session, out var inodes)) _bySession[session] = inodes = [];
        if (after == OpenState.Closed) inodes.Remove(inode);
        else inodes[inode] = after;
        if (inodes.Count == 0) _bySession.Remove(session);
        var opened = Difference(OpenState.Reading);
        var of = _sessionsOf.GetValueOrDefault(inode);
        of = new Sessions(of.Open + opened, of.Writing + Difference(OpenState.Writing));
        if (of.Open == 0) _sessionsOf.Remove(inode);
        else _sessionsOf[inode] = of;
        Count += opened;

        int Difference(OpenState atLeast) => (after >= atLeast ? 1 : 0) - (before >= atLeast ? 1 : 0);
    }
}
