using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.MetadataService.Leases;

/// <summary>Who holds leases of one inode, and who waits for that to change.</summary>
/// <remarks>
/// Any number of read leases, or one write lease: checked after each grant. Most inodes have one holder or two, so they are in a list;
/// of a directory that thousands of hosts have cached an index says where each is.
/// </remarks>
internal sealed class LeaseHolders
{
    private const int IndexedFrom = 16;
    private readonly List<LeaseHolder> _holders = new(1);
    private Dictionary<SessionId, int>? _places;

    /// <summary>In no order that means anything, the same after the same calls.</summary>
    public IReadOnlyList<LeaseHolder> All => _holders;

    /// <summary>Requests that something here may let go on, in order of arrival.</summary>
    public List<LeaseWait> Waits { get; } = [];

    /// <summary>Whether nobody holds and nobody waits.</summary>
    public bool IsEmpty => _holders.Count == 0 && Waits.Count == 0;

    /// <summary>The lease of a session; the default when it has none.</summary>
    public LeaseHolder Find(SessionId session) => PlaceOf(session) is var at and >= 0 ? _holders[at] : default;

    /// <summary>The kind of it.</summary>
    public LeaseKind KindOf(SessionId session) => Find(session).Kind;

    /// <summary>Whether others hold a lease.</summary>
    public bool IsHeldByOthers(SessionId session) =>
        _holders.Count > 1 || (_holders.Count == 1 && _holders[0].Session != session);

    /// <summary>Whether another one holds the write lease.</summary>
    public bool IsWrittenByOthers(SessionId session) =>
        _holders.Count == 1 && _holders[0].Kind == LeaseKind.Write && _holders[0].Session != session;

    /// <summary>Sets the lease of a session; none takes it away.</summary>
    /// <param name="session">Whose.</param>
    /// <param name="kind">Which.</param>
    /// <param name="now">A timestamp: since when, if it is more than before.</param>
    public void Set(SessionId session, LeaseKind kind, long now)
    {
        var at = PlaceOf(session);
        if (at < 0)
        {
            if (kind != LeaseKind.None) Add(new LeaseHolder(session, kind, now));
        }
        else if (kind == LeaseKind.None)
        {
            RemoveAt(at);
        }
        else
        {
            var since = kind > _holders[at].Kind ? now : _holders[at].Since;
            _holders[at] = new LeaseHolder(session, kind, since);
        }

        Check.That(kind != LeaseKind.Write || _holders.Count == 1);
        Check.That(_holders.Count < 2 || _holders[0].Kind == LeaseKind.Read);
    }

    private int PlaceOf(SessionId session)
    {
        if (_places is not null) return _places.TryGetValue(session, out var place) ? place : -1;
        for (var i = 0; i < _holders.Count; i++)
        {
            if (_holders[i].Session == session) return i;
        }

        return -1;
    }

    private void Add(LeaseHolder holder)
    {
        _holders.Add(holder);
        if (_places is not null)
        {
            _places.Add(holder.Session, _holders.Count - 1);
        }
        else if (_holders.Count == IndexedFrom)
        {
            _places = [];
            for (var i = 0; i < _holders.Count; i++) _places.Add(_holders[i].Session, i);
        }
    }

    // The last one takes its place.
    private void RemoveAt(int at)
    {
        _places?.Remove(_holders[at].Session);
        var last = _holders[^1];
        _holders.RemoveAt(_holders.Count - 1);
        if (at < _holders.Count)
        {
            _holders[at] = last;
            if (_places is not null) _places[last.Session] = at;
        }

        if (_holders.Count < IndexedFrom / 2) _places = null;
    }
}

/// <summary>A lease.</summary>
/// <param name="Session">Whose.</param>
/// <param name="Kind">Which.</param>
/// <param name="Since">A timestamp: when it was granted.</param>
internal readonly record struct LeaseHolder(SessionId Session, LeaseKind Kind, long Since);
