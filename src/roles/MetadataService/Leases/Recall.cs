using System.Collections.Immutable;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.MetadataService.Leases;

/// <summary>What one session is asked to drop, until it says that it has.</summary>
internal sealed class Recall(
    ulong id, InodeId inode, SessionId session, string client, LeaseKind keep, InodeParts parts,
    ImmutableArray<ReadOnlyMemory<byte>> names, long since)
{
    private readonly List<LeaseWait> _waits = new(1);

    /// <summary>Names it in the acknowledgement.</summary>
    public ulong Id { get; } = id;

    /// <summary>The inode.</summary>
    public InodeId Inode { get; } = inode;

    /// <summary>Whose lease it is.</summary>
    public SessionId Session { get; } = session;

    /// <summary>The client of that session, also when the session has ended.</summary>
    public string Client { get; } = client;

    /// <summary>The lease that may be kept.</summary>
    public LeaseKind Keep { get; } = keep;

    /// <summary>What is to be dropped at any rate.</summary>
    public InodeParts Parts { get; } = parts;

    /// <summary>The names of the directory that change; none for all of them.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>> Names { get; } = names;

    /// <summary>A timestamp: when it began.</summary>
    public long Since { get; } = since;

    /// <summary>A timestamp: when the session last said that it is at it.</summary>
    public long ProgressAt { get; set; } = since;

    /// <summary>Whether it was sent at all: a young write lease is left to its holder for a moment.</summary>
    public bool IsSent { get; set; }

    /// <summary>Whether the session has done it, or has ended.</summary>
    public bool IsDone { get; private set; }

    /// <summary>A timestamp: since when it is done.</summary>
    public long DoneAt { get; private set; }

    /// <summary>Whether somebody still waits for it: who asked for it may have gone away.</summary>
    public bool IsWaitedFor => _waits.Count > 0;

    /// <summary>Somebody waits for it; false when it is done.</summary>
    public bool Begin(LeaseWait wait)
    {
        if (IsDone) return false;
        _waits.Add(wait);
        return true;
    }

    /// <summary>Who waited for it does not any more.</summary>
    public void Leave(LeaseWait wait) => _waits.Remove(wait);

    /// <summary>It is done.</summary>
    public void End(long now)
    {
        (IsDone, DoneAt) = (true, now);
        foreach (var wait in _waits) wait.RecallDone();
        _waits.Clear();
    }

    /// <summary>Whether this asks for all that another one would.</summary>
    public bool Covers(in LeaseNeed need)
    {
        if (Inode != need.Inode || Session != need.Session) return false;
        if (Keep > need.Keep || (Parts & need.Parts) != need.Parts) return false;
        if ((need.Parts & InodeParts.Names) == 0 || Names.IsEmpty) return true;
        if (need.Names.IsEmpty) return false;
        foreach (var name in need.Names)
        {
            if (!Has(name.Span)) return false;
        }

        return true;
    }

    /// <summary>As it is sent.</summary>
    public RecallPush ToPush() => new()
    {
        Id = Id,
        Inode = Inode,
        Keep = Keep,
        Parts = Parts,
        Names = Names,
    };

    private bool Has(ReadOnlySpan<byte> name)
    {
        foreach (var mine in Names)
        {
            if (mine.Span.SequenceEqual(name)) return true;
        }

        return false;
    }
}
