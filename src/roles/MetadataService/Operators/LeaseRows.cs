using FlexFs.Core;
using FlexFs.MetadataService.Leases;
using FlexFs.MetadataService.Sessions;
using FlexFs.MetadataService.Volumes;

namespace FlexFs.MetadataService.Operators;

/// <summary>Reads a lease table for operators: who waits, what is being recalled, what is held.</summary>
/// <remarks>
/// Lazy, so a limit bounds the work: a row costs a look-up or two, and the leases of each session that has rows in it are put in
/// order. No filter needs more than the sessions and the leases that it names. On the volume's context, within one step.
/// </remarks>
internal sealed class LeaseRows(
    VolumeSeat seat, LeaseTable table, IReadOnlyDictionary<SessionId, LiveSession> sessions, OperatorFilter filter)
{
    private readonly long _now = seat.Clock.GetTimestamp();

    public IEnumerable<LeaseListing> All() =>
        filter.OnlyWaiting ? Waits().Concat(Recalled()) : Waits().Concat(Recalled()).Concat(Held());

    private IEnumerable<LeaseListing> Waits()
    {
        foreach (var wait in table.Waits)
        {
            var waits = wait.Request.Engine;
            foreach (var (inode, session) in Blockers(wait))
            {
                var (client, other) = (ClientOf(waits.Session), ClientOf(session));
                if (!filter.Takes(inode) || !(filter.Takes(waits.Session, client) || filter.Takes(session, other))) continue;
                yield return new LeaseListing
                {
                    Volume = seat.Volume,
                    Inode = inode,
                    State = LeaseState.Waits,
                    Operation = waits.Opcode,
                    Session = waits.Session,
                    Client = client,
                    For = Since(wait.Since),
                    WaitsFor = session,
                    WaitsForClient = other,
                };
            }
        }
    }

    private static IEnumerable<(InodeId Inode, SessionId Session)> Blockers(LeaseWait wait)
    {
        if (wait.IsWoken) yield break;
        if (!wait.HasOpenRecalls)
        {
            yield return (wait.Inodes[0], wait.Behind);
            yield break;
        }

        foreach (var recall in wait.Recalls)
        {
            if (!recall.IsDone) yield return (recall.Inode, recall.Session);
        }
    }

    private IEnumerable<LeaseListing> Recalled()
    {
        foreach (var (session, client) in Sessions())
        {
            foreach (var recall in session.Open)
            {
                if (filter.Takes(recall.Inode)) yield return Row(session.Id, client, recall.Inode, LeaseState.Recalled, recall.Since);
            }
        }
    }

    private IEnumerable<LeaseListing> Held()
    {
        foreach (var (session, client) in Sessions())
        {
            foreach (var inode in InodesOf(session))
            {
                if (session.IsRecalled(inode)) continue;
                yield return Row(session.Id, client, inode, LeaseState.Held, since: null);
            }
        }
    }

    private IEnumerable<InodeId> InodesOf(LeaseSession session)
    {
        if (filter.Inode is not { } wanted) return session.Inodes.Order().Take(filter.Limit + 1);
        return session.Inodes.Contains(wanted) ? [wanted] : [];
    }

    private IEnumerable<(LeaseSession Session, string Client)> Sessions()
    {
        IEnumerable<LeaseSession> all = filter.Session is not { } wanted ? table.Sessions
            : table.Of(wanted) is { } one ? [one] : [];
        foreach (var session in all)
        {
            var client = ClientOf(session.Id);
            if (filter.Takes(session.Id, client)) yield return (session, client);
        }
    }

    private LeaseListing Row(SessionId session, string client, InodeId inode, LeaseState state, long? since)
    {
        var holder = table.Find(inode)?.Find(session) ?? default;
        return new LeaseListing
        {
            Volume = seat.Volume,
            Inode = inode,
            State = state,
            Kind = holder.Kind,
            Session = session,
            Client = client,
            For = Since(since ?? holder.Since),
            Left = LeftOf(session),
        };
    }

    // What the server grants by itself; it waits a margin longer before it ends a session.
    private TimeSpan LeftOf(SessionId id)
    {
        if (!sessions.TryGetValue(id, out var session)) return TimeSpan.Zero;
        var left = seat.Options.LeaseTerm - Since(session.HeardAt);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private string ClientOf(SessionId session) => sessions.TryGetValue(session, out var found) ? found.Client : "";

    private TimeSpan Since(long timestamp) => seat.Clock.GetElapsedTime(timestamp, _now);
}
