using FlexFs.Core;
using FlexFs.Metadata.Access;
using FlexFs.MetadataService.Pipeline;
using FlexFs.Protocol.Metadata;

namespace FlexFs.MetadataService.Leases;

/// <summary>What the table has others do.</summary>
internal interface ILeaseEvents
{
    /// <summary>Sends a recall to its session, if that is connected; if not, it is sent when it comes back.</summary>
    void Send(Recall recall);

    /// <summary>Something that a request waited for has happened: it is to be executed again.</summary>
    void Wake(ServiceRequest request);

    /// <summary>Host, mount point and process of a session, for logs.</summary>
    string ClientOf(SessionId session);

    /// <summary>Calls <see cref="LeaseTable.SendDue"/> in a while.</summary>
    void CallBack(TimeSpan after);
}

/// <summary>Which session may cache what, and who waits until others have dropped it.</summary>
/// <remarks>
/// After every call (LeaseTableTests):
///   1. of an inode there are any number of read leases or one write lease (<see cref="LeaseHolders"/>);
///   2. a session that believes to hold a lease holds at least that one here; the reverse need not be so;
///   3. nothing is granted on an inode to who has not acknowledged a recall of it, nor while an older request of another waits to
///      change or write it: so what waits gets its turn;
///   4. a change takes effect when every other holder has dropped what it is about, and no other session holds the write lease.
/// One thread: the volume's context. Nothing is stored. Time comes as timestamps of the clock.
/// </remarks>
internal sealed class LeaseTable(ServiceOptions options, TimeProvider clock, ILeaseEvents events)
{
    private readonly Dictionary<InodeId, LeaseHolders> _inodes = [];
    private readonly SortedDictionary<SessionId, LeaseSession> _sessions = [];
    private readonly SortedDictionary<long, LeaseWait> _waits = [];
    private readonly ParkedRequests _parked = new(options.ParkedRequestsMax);
    private readonly List<Recall> _unsent = [];
    private readonly RequestGate _gate = new();
    private ulong _lastRecall;
    private long _lastTicket;

    /// <summary>Whether no session has leases, so that no request needs a gate.</summary>
    public bool IsUnused => _sessions.Count == 0;

    /// <summary>Leases of all sessions.</summary>
    public int Count { get; private set; }

    /// <summary>Sessions that have leases, or may have.</summary>
    public IReadOnlyCollection<LeaseSession> Sessions => _sessions.Values;

    /// <summary>Inodes of which somebody holds a lease, or for which somebody waits.</summary>
    public int InodeCount => _inodes.Count;

    /// <summary>Requests that wait, in order of arrival.</summary>
    public IReadOnlyCollection<LeaseWait> Waits => _waits.Values;

    /// <summary>Leases and recalls of a session; null when it has none and may have none.</summary>
    public LeaseSession? Of(SessionId session) => _sessions.GetValueOrDefault(session);

    /// <summary>No recall has an id of one of before the restart.</summary>
    /// <param name="epoch">Of this server's ownership: grows with each start.</param>
    public void BeginIds(ulong epoch) => _lastRecall = epoch << 32;

    /// <summary>A session that understands leases.</summary>
    public void Add(SessionId session) => _sessions.TryAdd(session, new LeaseSession(session));

    /// <summary>A session ended: it holds nothing any more, and nobody waits for it.</summary>
    public void Drop(SessionId id)
    {
        if (!_sessions.Remove(id, out var session)) return;
        foreach (var recall in session.Open) recall.End(clock.GetTimestamp());
        _unsent.RemoveAll(recall => recall.Session == id);
        Count -= session.Inodes.Count;

        // Of what is being recalled it may have no lease any more.
        var inodes = session.Inodes.Concat(session.Open.Select(recall => recall.Inode)).Distinct();
        foreach (var inode in inodes.Order().ToArray())
        {
            if (!_inodes.TryGetValue(inode, out var holders)) continue;
            holders.Set(id, LeaseKind.None, default);
            WakeWaits(inode, holders);
        }
    }

    /// <summary>What a session has to be told again on a new connection.</summary>
    public IEnumerable<Recall> OpenRecalls(SessionId session) =>
        _sessions.TryGetValue(session, out var found) ? found.Open.Where(recall => recall.IsSent) : [];

    /// <summary>After a restart: what a session says that it held. Of what excludes each other the first one has it.</summary>
    public void Reclaim(SessionId id, IEnumerable<HeldLease> leases)
    {
        if (!_sessions.TryGetValue(id, out var session)) return;
        foreach (var lease in leases)
        {
            var isFree = !_inodes.TryGetValue(lease.Inode, out var holders)
                || !(lease.Kind == LeaseKind.Write ? holders.IsHeldByOthers(id) : holders.IsWrittenByOthers(id));

            // Both cannot have been so; what a client says is not to be trusted with the volume.
            if (lease.Kind != LeaseKind.None && isFree) Set(session, lease.Inode, lease.Kind);
        }
    }

    /// <summary>The gate of a request, until the next one is asked for.</summary>
    public ILeaseGate For(ServiceRequest request)
    {
        if (request.Wait is null) Adopt(request);
        _gate.Begin(this, request, _sessions.GetValueOrDefault(request.Engine.Session));
        return _gate;
    }

    /// <summary>A session carried a recall out, or is at it.</summary>
    public void Acknowledge(SessionId id, in RecallAnswer answer)
    {
        if (!_sessions.TryGetValue(id, out var session) || session.Find(answer.Id) is not { } recall) return;
        if (answer.IsUnderWay)
        {
            recall.ProgressAt = clock.GetTimestamp();
            return;
        }

        session.End(recall);
        recall.End(clock.GetTimestamp());
        var holders = _inodes.GetValueOrDefault(recall.Inode);
        if (holders is null) return;
        var kept = Min(answer.Kept, Min(recall.Keep, holders.KindOf(id)));
        Set(session, recall.Inode, kept);
        WakeWaits(recall.Inode, holders);
    }

    /// <summary>A session has dropped what it had of some inodes, unasked.</summary>
    public void Release(SessionId id, IEnumerable<InodeId> inodes)
    {
        if (!_sessions.TryGetValue(id, out var session)) return;
        foreach (var inode in inodes)
        {
            // What is being recalled is answered by the acknowledgement.
            if (!session.Inodes.Contains(inode) || session.IsRecalled(inode)) continue;
            var holders = _inodes[inode];
            Set(session, inode, LeaseKind.None);
            WakeWaits(inode, holders);
        }
    }

    /// <summary>A request was answered or dropped: it waits no more, and those behind it may go on.</summary>
    public void End(ServiceRequest request)
    {
        if (request.Wait is not { } wait) return;
        request.Wait = null;
        request.Waited = wait;
        wait.EndedAt = clock.GetTimestamp();
        End(wait);
    }

    /// <summary>What a request removed is gone for good: nothing that anybody has of it can be reached.</summary>
    /// <remarks>Not before that is durable: a removal that is rolled back leaves the inode, and leases that are good.</remarks>
    public void ForgetRemoved(ServiceRequest request)
    {
        foreach (var inode in request.Removed ?? []) ForgetInode(inode);
        request.Removed = null;
    }

    /// <summary>A connection is gone: what waited of it will be asked again.</summary>
    public void Forget(IReplySink sink)
    {
        // What is woken is dropped by the executor.
        DropUnwoken([.. _waits.Values.Where(wait => wait.Request.Sink == sink && !wait.IsWoken)]);
    }

    /// <summary>Everything that waits is dropped: the volume stops.</summary>
    public void Clear()
    {
        DropUnwoken([.. _waits.Values.Where(wait => !wait.IsWoken)]);
    }

    /// <summary>Sends what had to wait until a young write lease was used for a moment.</summary>
    public void SendDue()
    {
        var wait = TimeSpan.MaxValue;
        foreach (var recall in _unsent.ToArray())
        {
            var left = TimeLeft(recall);
            if (left > TimeSpan.Zero)
            {
                wait = left < wait ? left : wait;
                continue;
            }

            _unsent.Remove(recall);
            Send(recall);
        }

        if (wait < TimeSpan.MaxValue) events.CallBack(wait);
    }

    /// <summary>Forgets requests whose clients did not send them again: nobody waits for them.</summary>
    public void ForgetParked()
    {
        foreach (var wait in _parked.All.ToArray())
        {
            if (clock.GetElapsedTime(wait.Since) >= options.ParkedRequest) Drop(wait);
        }
    }

    internal LeaseKind Offer(LeaseSession session, InodeId inode, LeaseKind wanted, bool isNeeded, LeaseWait? own)
    {
        var isFull = !isNeeded && (session.Inodes.Count >= options.LeasesPerSessionMax || Count >= options.LeasesMax);
        if (!_inodes.TryGetValue(inode, out var holders)) return isFull ? LeaseKind.None : wanted;

        if (session.IsRecalled(inode) || HasOlderChange(holders, inode, own)) return LeaseKind.None;
        var held = holders.KindOf(session.Id);
        if (held == LeaseKind.None && isFull) return LeaseKind.None;
        if (held == LeaseKind.Write) return LeaseKind.Write;
        if (holders.IsWrittenByOthers(session.Id)) return LeaseKind.None;
        return wanted == LeaseKind.Write && holders.IsHeldByOthers(session.Id) ? LeaseKind.Read : wanted;
    }

    internal bool IsContested(ServiceRequest request, InodeId inode) =>
        _inodes.TryGetValue(inode, out var holders) && HasOlderChange(holders, inode, request.Wait);

    internal bool IsWrittenElsewhere(SessionId session, InodeId inode) =>
        _inodes.TryGetValue(inode, out var holders) && holders.IsWrittenByOthers(session);

    internal bool Admits(ServiceRequest request, LeaseSession? session, Footprint footprint)
    {
        var needs = LeaseNeeds.Of(this, request, session, footprint);
        if (needs.IsFree)
        {
            End(request);
            foreach (var inode in footprint.Made) ForgetInode(inode);
            foreach (var (inode, kind) in footprint.Offers) Set(session!, inode, kind);
            foreach (var inode in footprint.Removed)
            {
                if (_inodes.ContainsKey(inode)) (request.Removed ??= []).Add(inode);
            }

            return true;
        }

        Register(request, needs);
        return false;
    }

    internal LeaseHolders? Find(InodeId inode) => _inodes.GetValueOrDefault(inode);

    /// <summary>Whether somebody who came earlier waits to change or write it.</summary>
    internal static bool HasOlderChange(LeaseHolders holders, InodeId inode, LeaseWait? own) =>
        OlderChange(holders, inode, own) is not null;

    /// <summary>The first who came earlier and waits to change or write it.</summary>
    internal static LeaseWait? OlderChange(LeaseHolders holders, InodeId inode, LeaseWait? own)
    {
        foreach (var wait in holders.Waits)
        {
            if (wait == own || (own is not null && wait.Ticket > own.Ticket)) continue;
            if (wait.Changes.Contains(inode)) return wait;
        }

        return null;
    }

    private void Register(ServiceRequest request, LeaseNeeds needs)
    {
        var now = clock.GetTimestamp();
        var wait = request.Wait ?? new LeaseWait(++_lastTicket, request, now);
        request.Wait = wait;
        _waits.TryAdd(wait.Ticket, wait);
        wait.IsWoken = false;
        wait.Behind = needs.Behind;
        wait.Changes.Clear();
        wait.Changes.AddRange(needs.Changes);
        foreach (var inode in needs.Inodes)
        {
            if (wait.Inodes.Contains(inode)) continue;
            wait.Inodes.Add(inode);
            Entry(inode).Waits.Add(wait);
        }

        foreach (var need in needs.Recalls)
        {
            var recall = FindOpen(need) ?? Begin(need, now);
            wait.WaitFor(recall);
        }

        if (!request.Sink.SendsToWait(request)) return;
        wait.IsParked = true;
        if (_parked.Add(wait) is { } oldest) Drop(oldest);
    }

    // The client sent it again where it may wait: it takes the place that it had.
    private void Adopt(ServiceRequest request)
    {
        if (_parked.Find(request) is not { } wait) return;
        var first = wait.Request;
        _parked.Remove(wait);
        wait.IsParked = false;
        wait.IsWoken = true;
        wait.Request = request;
        request.Wait = wait;
        first.Wait = null;
        first.Sink.Drop(first);
    }

    // The end of one may wake the next: that one is with the executor then, which drops it.
    private void DropUnwoken(HashSet<LeaseWait> waits)
    {
        foreach (var wait in waits.OrderBy(wait => wait.Ticket))
        {
            if (!wait.IsWoken) Drop(wait);
        }
    }

    private void Drop(LeaseWait wait)
    {
        var request = wait.Request;
        request.Wait = null;
        End(wait);
        request.Sink.Drop(request);
    }

    private void End(LeaseWait wait)
    {
        if (wait.IsParked) _parked.Remove(wait);
        wait.Leave();
        _waits.Remove(wait.Ticket);
        foreach (var inode in wait.Inodes)
        {
            if (!_inodes.TryGetValue(inode, out var holders)) continue;
            holders.Waits.Remove(wait);
            WakeWaits(inode, holders);
        }
    }

    private void WakeWaits(InodeId inode, LeaseHolders holders)
    {
        foreach (var wait in holders.Waits)
        {
            if (wait.IsParked || wait.IsWoken || wait.HasOpenRecalls) continue;
            wait.IsWoken = true;
            events.Wake(wait.Request);
        }

        if (holders.IsEmpty) _inodes.Remove(inode);
    }

    private Recall? FindOpen(in LeaseNeed need)
    {
        foreach (var recall in _sessions[need.Session].OpenOf(need.Inode))
        {
            if (recall.Covers(need)) return recall;
        }

        return null;
    }

    private Recall Begin(in LeaseNeed need, long now)
    {
        // One after the other of ever more names would never end: then all of them go at once, and what comes is covered.
        var session = _sessions[need.Session];
        var names = session.OpenOf(need.Inode).Count < options.RecallsPerInodeMax ? need.Names : [];
        var recall = new Recall(
            ++_lastRecall, need.Inode, need.Session, events.ClientOf(need.Session), need.Keep, need.Parts, names, now);
        session.Begin(recall);
        var left = TimeLeft(recall);
        if (left <= TimeSpan.Zero)
        {
            Send(recall);
            return recall;
        }

        _unsent.Add(recall);
        events.CallBack(left);
        return recall;
    }

    // A write lease is left to its holder for a moment, or two writers would do nothing but take it from each other. Who wants to read
    // gets the bytes at once.
    private TimeSpan TimeLeft(Recall recall)
    {
        if (recall.Keep != LeaseKind.None || !_inodes.TryGetValue(recall.Inode, out var holders)) return TimeSpan.Zero;
        foreach (var holder in holders.All)
        {
            if (holder.Session != recall.Session) continue;
            return holder.Kind == LeaseKind.Write
                ? options.WriteLeaseHold - clock.GetElapsedTime(holder.Since)
                : TimeSpan.Zero;
        }

        return TimeSpan.Zero;
    }

    private void Send(Recall recall)
    {
        recall.IsSent = true;
        recall.ProgressAt = clock.GetTimestamp();
        events.Send(recall);
    }

    private void Set(LeaseSession session, InodeId inode, LeaseKind kind)
    {
        var holders = kind == LeaseKind.None ? _inodes.GetValueOrDefault(inode) : Entry(inode);
        if (holders is null) return;
        var before = holders.KindOf(session.Id);
        holders.Set(session.Id, kind, clock.GetTimestamp());
        if (before == LeaseKind.None && kind != LeaseKind.None && session.Inodes.Add(inode)) Count++;
        if (before != LeaseKind.None && kind == LeaseKind.None && session.Inodes.Remove(inode)) Count--;
        if (holders.IsEmpty) _inodes.Remove(inode);
    }

    // The inode is gone, or was never there: nothing that anybody has of it can be reached.
    private void ForgetInode(InodeId inode)
    {
        if (!_inodes.TryGetValue(inode, out var holders)) return;
        foreach (var holder in holders.All.ToArray()) Set(_sessions[holder.Session], inode, LeaseKind.None);
        WakeWaits(inode, holders);
    }

    private LeaseHolders Entry(InodeId inode)
    {
        if (!_inodes.TryGetValue(inode, out var holders)) _inodes.Add(inode, holders = new LeaseHolders());
        return holders;
    }

    private int NeededMax => options.LeasesNeededMax;

    private static LeaseKind Min(LeaseKind a, LeaseKind b) => a < b ? a : b;

    /// <summary>The gate of one request at a time.</summary>
    private sealed class RequestGate : ILeaseGate
    {
        private LeaseTable _table = null!;
        private ServiceRequest _request = null!;
        private LeaseSession? _session;

        public bool UsesLeases => _session is not null;

        public ulong LastRecall => _table._lastRecall;

        public void Begin(LeaseTable table, ServiceRequest request, LeaseSession? session)
        {
            _table = table;
            _request = request;
            _session = session;
        }

        public LeaseKind Offer(InodeId inode, LeaseKind wanted, bool isNeeded) =>
            _session is null ? LeaseKind.None : _table.Offer(_session, inode, wanted, isNeeded, _request.Wait);

        public bool MayNeed(InodeId inode) => _session is null || _session.Inodes.Contains(inode)
            || _session.Inodes.Count < _table.NeededMax;

        public bool IsHeld(InodeId inode) => _session is not null && _session.Inodes.Contains(inode);

        public bool IsHeldElsewhere(InodeId inode) => _table.Find(inode)?.IsHeldByOthers(_request.Engine.Session) ?? false;

        public bool IsWrittenElsewhere(InodeId inode) => _table.IsWrittenElsewhere(_request.Engine.Session, inode);

        public bool IsContested(InodeId inode) => _table.IsContested(_request, inode);

        public bool Admits(Footprint footprint) => _table.Admits(_request, _session, footprint);
    }
}
