using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.MetadataService.Leases;

/// <summary>Who holds leases of one inode, and who waits for that to change.</summary>
/// <remarks>Any number of read leases, or one write lease: checked after each grant. Few entries, so lists.</remarks>
internal sealed class LeaseHolders
{
    private readonly List<LeaseHolder> _holders = [];

    /// <summary>In order of their first lease.</summary>
    public IReadOnlyList<LeaseHolder> All => _holders;

    /// <summary>Requests that something here may let go on, in order of arrival.</summary>
    public List<LeaseWait> Waits { get; } = [];

    /// <summary>Whether nobody holds and nobody waits.</summary>
    public bool IsEmpty => _holders.Count == 0 && Waits.Count == 0;

    /// <summary>The lease of a session; the default when it has none.</summary>
    public LeaseHolder Find(SessionId session)
    {
        foreach (var holder in _holders)
        {
            if (holder.Session == session) return holder;
        }

        return default;
    }

    /// <summary>The kind of it.</summary>
    public LeaseKind KindOf(SessionId session) => Find(session).Kind;

    /// <summary>Whether others hold a lease.</summary>
    public bool IsHeldByOthers(SessionId session)
    {
        foreach (var holder in _holders)
        {
            if (holder.Session != session) return true;
        }

        return false;
    }

    /// <summary>Whether another one holds the write lease.</summary>
    public bool IsWrittenByOthers(SessionId session)
    {
        foreach (var holder in _holders)
        {
            if (holder.Kind == LeaseKind.Write && holder.Session != session) return true;
        }

        return false;
    }

    /// <summary>Sets the lease of a session; none takes it away.</summary>
    /// <param name="session">Whose.</param>
    /// <param name="kind">Which.</param>
    /// <param name="now">A timestamp: since when, if it is more than before.</param>
    public void Set(SessionId session, LeaseKind kind, long now)
    {
        var at = _holders.FindIndex(holder => holder.Session == session);
        if (at < 0)
        {
            if (kind != LeaseKind.None) _holders.Add(new LeaseHolder(session, kind, now));
        }
        else if (kind == LeaseKind.None)
        {
            _holders.RemoveAt(at);
        }
        else
        {
            var since = kind > _holders[at].Kind ? now : _holders[at].Since;
            _holders[at] = new LeaseHolder(session, kind, since);
        }

        Check.That(!IsWrittenByOthers(SessionId.None) || _holders.Count == 1);
    }
}

/// <summary>A lease.</summary>
/// <param name="Session">Whose.</param>
/// <param name="Kind">Which.</param>
/// <param name="Since">A timestamp: when it was granted.</param>
internal readonly record struct LeaseHolder(SessionId Session, LeaseKind Kind, long Since);
