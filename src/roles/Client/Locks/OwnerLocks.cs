using FlexFs.Client.Writing;
using FlexFs.Core;
using FlexFs.Core.Locks;

namespace FlexFs.Client.Locks;

/// <summary>Names the locks of one owner of one file.</summary>
internal readonly record struct LockKey(InodeId Inode, LockKind Kind, ulong Owner) : IComparable<LockKey>
{
    public int CompareTo(LockKey other)
    {
        if (Inode.CompareTo(other.Inode) is not 0 and var byInode) return byInode;
        return Kind.CompareTo(other.Kind) is not 0 and var byKind ? byKind : Owner.CompareTo(other.Owner);
    }
}

/// <summary>A request about locks of an owner that is not answered yet.</summary>
internal sealed class LockStep(LockRange range)
{
    public LockRange Range { get; } = range;

    /// <summary>Another request of the owner about these bytes was under way at the same time: which came first at the server is not known.</summary>
    public bool WasCrossed { get; set; }
}

/// <summary>What this client knows that one owner has locked of one file. Guarded by the lock of <see cref="FileLocks"/>.</summary>
internal sealed class OwnerLocks(LockKey key)
{
    private readonly List<LockStep> _steps = new(1);

    public LockKey Key { get; } = key;

    /// <summary>What the server granted and was not told to take back.</summary>
    public LockRanges Held { get; } = new();

    /// <summary>Handles through which it locked.</summary>
    public HashSet<ulong> Handles { get; } = new(1);

    /// <summary>Lets one request at a time go whose order among others was in doubt.</summary>
    public AsyncWindow Settling { get; } = new(1);

    /// <summary>Lock requests that were granted and are to be asked once more: what they get is remembered here.</summary>
    public int Unsettled { get; set; }

    /// <summary>Whether nothing has to be remembered.</summary>
    public bool IsIdle => Held.Count == 0 && _steps.Count == 0 && Unsettled == 0;

    public LockStep Begin(LockRange range)
    {
        var step = new LockStep(range);
        foreach (var other in _steps)
        {
            if (!other.Range.Overlaps(range)) continue;
            other.WasCrossed = true;
            step.WasCrossed = true;
        }

        _steps.Add(step);
        return step;
    }

    public void End(LockStep step) => _steps.Remove(step);
}
