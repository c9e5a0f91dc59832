using FlexFs.Core;

namespace FlexFs.Metadata.Locks;

/// <summary>What one session has and waits for, so that it can be counted and let go.</summary>
internal sealed class SessionLocks(SessionId session)
{
    private readonly Dictionary<LockSpaceKey, int> _rangesOf = [];
    private readonly Queue<ulong> _earlyCancels = new();

    public SessionId Session => session;

    /// <summary>Ranges.</summary>
    public int Ranges { get; private set; }

    /// <summary>Owners that have something, by where.</summary>
    public SortedSet<(LockSpaceKey Space, ulong Owner)> Owners { get; } = [];

    /// <summary>What waits, by ticket.</summary>
    public SortedDictionary<ulong, LockWaiter> Waiters { get; } = [];

    public bool IsEmpty => Ranges == 0 && Owners.Count == 0 && Waiters.Count == 0 && _earlyCancels.Count == 0;

    public int RangesOf(LockSpaceKey space) => _rangesOf.GetValueOrDefault(space);

    public void Count(LockSpaceKey space, int change)
    {
        if (change == 0) return;
        Ranges += change;
        var left = _rangesOf.GetValueOrDefault(space) + change;
        Check.That(left >= 0);
        if (left == 0) _rangesOf.Remove(space);
        else _rangesOf[space] = left;
    }

    /// <summary>A cancellation overtook what it cancels.</summary>
    public void RememberCancel(ulong ticket, int countMax)
    {
        _earlyCancels.Enqueue(ticket);
        if (_earlyCancels.Count > countMax) _earlyCancels.Dequeue();
    }

    /// <summary>Whether it was cancelled before it came.</summary>
    public bool WasCancelled(ulong ticket) => _earlyCancels.Contains(ticket);
}
