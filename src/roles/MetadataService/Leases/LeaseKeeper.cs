using FlexFs.Core;
using FlexFs.MetadataService.Pipeline;
using FlexFs.MetadataService.Sessions;
using FlexFs.MetadataService.Volumes;

namespace FlexFs.MetadataService.Leases;

/// <summary>Joins the leases of a volume to its sessions, its executor and time.</summary>
/// <remarks>
/// 1. After a restart nothing runs until every session that may hold leases has told which, or its term is over and it is ended.
/// 2. A session is fenced for leases only when another one waits, and it was silent for longer than it may believe to hold them; or it
///    is heard and does not carry the recall out; or so many recalls are open that they take too much memory.
/// On the volume's context.
/// </remarks>
internal sealed class LeaseKeeper : ILeaseEvents
{
    private readonly ServiceOptions _options;
    private readonly TimeProvider _clock;
    private readonly VolumeExecutor _executor;
    private readonly IReadOnlyDictionary<SessionId, LiveSession> _sessions;
    private bool _isCallingBack;
    private long _graceSince;

    public LeaseKeeper(VolumeSeat seat, VolumeExecutor executor, IReadOnlyDictionary<SessionId, LiveSession> sessions)
    {
        _options = seat.Options;
        _clock = seat.Clock;
        _executor = executor;
        _sessions = sessions;
        Table = new LeaseTable(seat.Options, seat.Clock, this);
        executor.Leases = Table;
    }

    /// <summary>Who holds what.</summary>
    public LeaseTable Table { get; }

    /// <summary>Whether sessions that held leases before the restart have not told them yet.</summary>
    public bool IsInGrace { get; private set; }

    /// <summary>Sessions of before the restart are known; from now on their time runs.</summary>
    public void BeginGrace()
    {
        Table.BeginIds(_executor.Epoch);
        _graceSince = _clock.GetTimestamp();
        IsInGrace = Unreclaimed().Any();
    }

    /// <summary>Ends the grace if nobody is missing.</summary>
    public void EndGraceIfComplete()
    {
        if (!IsInGrace || Unreclaimed().Any()) return;
        IsInGrace = false;
        foreach (var session in _sessions.Values) session.Connection?.GraceEnded();
    }

    /// <summary>Sessions to be ended: their leases are void, or they do not give them up.</summary>
    public List<(LiveSession Session, string Reason)> Overdue()
    {
        var overdue = new List<(LiveSession, string)>();
        var term = _options.LeaseTerm + _options.LeaseMargin;
        if (IsInGrace && _clock.GetElapsedTime(_graceSince) >= term)
        {
            foreach (var session in Unreclaimed())
            {
                if (session.IsEnding) continue;
                overdue.Add((session, $"it has not told what it holds {term.TotalSeconds:0} s after the start of the server"));
            }
        }

        foreach (var held in Table.Sessions)
        {
            if (held.Open.Count == 0 || !_sessions.TryGetValue(held.Id, out var session) || session.IsEnding) continue;
            if (held.Open.Count > _options.RecallsPerSessionMax)
            {
                overdue.Add((session, $"it has not carried out {held.Open.Count} recalls"));
                continue;
            }

            if (held.Open.FirstOrDefault(recall => recall.IsWaitedFor) is not { } oldest) continue;
            var silence = _clock.GetElapsedTime(session.HeardAt);
            if (silence >= term && _clock.GetElapsedTime(oldest.Since) > TimeSpan.Zero)
            {
                overdue.Add((session, $"it was silent for {silence.TotalSeconds:0} s while others waited for {oldest.Inode}"));
            }
            else if (oldest.IsSent && _clock.GetElapsedTime(oldest.ProgressAt) >= _options.RecallPatience)
            {
                overdue.Add((session, $"it has not given up {oldest.Inode}, for which others wait"));
            }
            else if (_clock.GetElapsedTime(oldest.Since) >= _options.RecallLongest)
            {
                overdue.Add((session, $"it has been giving up {oldest.Inode} for {_options.RecallLongest.TotalMinutes:0} minutes"));
            }
        }

        return overdue;
    }

    /// <inheritdoc/>
    public void Send(Recall recall)
    {
        if (_sessions.TryGetValue(recall.Session, out var session)) session.Connection?.Push(recall.ToPush());
    }

    /// <summary>A new connection is told what the old one may have lost.</summary>
    public void SendAgain(SessionConnection connection)
    {
        foreach (var recall in Table.OpenRecalls(connection.Session.Id))
        {
            // Nobody minded how long it was away; whoever comes now gives it the time that everybody has.
            if (!recall.IsWaitedFor) recall.ProgressAt = _clock.GetTimestamp();
            connection.Push(recall.ToPush());
        }
    }

    /// <inheritdoc/>
    public string ClientOf(SessionId session) => _sessions.GetValueOrDefault(session)?.Client ?? "";

    /// <inheritdoc/>
    public void Wake(ServiceRequest request) => _executor.RunAgain(request);

    /// <inheritdoc/>
    public void CallBack(TimeSpan after)
    {
        // What is due later is asked for by the call that comes first.
        if (_isCallingBack) return;
        _isCallingBack = true;
        _ = CallBackAsync(after);
    }

    private async Task CallBackAsync(TimeSpan after)
    {
        // Task.Delay leaves out parts of milliseconds: it would be over at once, and nothing be due yet.
        await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(after.TotalMilliseconds)), _clock);
        _isCallingBack = false;
        Table.SendDue();
    }

    private IEnumerable<LiveSession> Unreclaimed() =>
        _sessions.Values.Where(session => session is { UsesLeases: true, HasReclaimed: false });
}
