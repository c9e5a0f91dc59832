using FlexFs.Core;
using FlexFs.Metadata.Locks;
using FlexFs.MetadataService.Leases;
using FlexFs.MetadataService.Locks;
using FlexFs.MetadataService.Pipeline;
using FlexFs.MetadataService.Sessions;
using FlexFs.MetadataService.Volumes;

namespace FlexFs.MetadataService.Operators;

/// <summary>What operators see of one volume. On the volume's context.</summary>
internal sealed class VolumeOperators(
    VolumeSeat seat, VolumeExecutor executor, VolumeCalls calls, VolumeLocks locks, LeaseTable leases,
    IReadOnlyDictionary<SessionId, LiveSession> sessions)
{
    /// <summary>Its sessions, in order.</summary>
    public Task<Listing<SessionListing>> SessionsAsync(OperatorFilter filter) => Task.FromResult(
        Listing.Of(sessions.Values.Where(s => filter.Takes(s.Id, s.Client)).Select(Row), filter.Limit));

    /// <summary>Locks: those that are waited for, then those that are held.</summary>
    public Task<Listing<LockListing>> LocksAsync(OperatorFilter filter)
    {
        var waiting = locks.Waiting.Select(wait => Row(wait.Lock) with
        {
            IsWaiting = true,
            WaitsFor = wait.Blocker,
            WaitsForClient = ClientOf(wait.Blocker?.Owner.Session ?? SessionId.None),
        });
        IEnumerable<LockListing> held = filter.OnlyWaiting ? [] : locks.Held.Select(Row);
        return Task.FromResult(Listing.Of(
            waiting.Concat(held).Where(row => filter.Takes(row.Lock.Wish.Inode) && IsOf(row)), filter.Limit));

        bool IsOf(LockListing row) => filter.Takes(row.Lock.Wish.Owner.Session, row.Client)
            || (row.WaitsFor is { } blocker && filter.Takes(blocker.Owner.Session, row.WaitsForClient));
    }

    /// <summary>Leases: who waits for whom, what is being recalled, and what is held.</summary>
    public async Task<Listing<LeaseListing>> LeasesAsync(OperatorFilter filter)
    {
        var found = Listing.Of(new LeaseRows(seat, leases, sessions, filter).All(), filter.Limit);
        var paths = new InodePaths(calls);
        var named = new List<LeaseListing>(found.Rows.Count);
        foreach (var row in found.Rows) named.Add(row with { Path = await paths.FindAsync(row.Inode) });
        return found with { Rows = named };
    }

    private SessionListing Row(LiveSession session)
    {
        var held = leases.Of(session.Id);
        return new SessionListing
        {
            Volume = seat.Volume,
            Session = session.Id,
            Client = session.Client,
            IsConnected = session.Connection is not null,
            HeardBefore = seat.Clock.GetElapsedTime(session.HeardAt),
            IsReadOnly = session.IsReadOnly,
            Leases = held?.Inodes.Count ?? 0,
            Recalls = held?.Open.Count ?? 0,
            Opens = executor.OpensOf(session.Id),
            Locks = locks.CountOf(session.Id),
        };
    }

    private LockListing Row(ListedLock listed) => new()
    {
        Volume = seat.Volume,
        Lock = listed,
        Client = ClientOf(listed.Wish.Owner.Session),
    };

    private string ClientOf(SessionId session) => sessions.TryGetValue(session, out var found) ? found.Client : "";
}
