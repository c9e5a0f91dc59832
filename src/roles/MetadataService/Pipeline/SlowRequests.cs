using System.Globalization;
using System.Text;
using FlexFs.Core;
using FlexFs.Metadata.Locks;
using FlexFs.MetadataService.Leases;
using FlexFs.MetadataService.Volumes;
using FlexFs.Protocol.Metadata;

namespace FlexFs.MetadataService.Pipeline;

/// <summary>A lock that a request waits for, for the log.</summary>
/// <param name="Blocker">Who was in the way when it began to wait; null when that was not found.</param>
/// <param name="Client">The client of that session.</param>
/// <param name="Since">A timestamp: since when.</param>
internal sealed record LockWait(LockBlocker? Blocker, string Client, long Since);

/// <summary>Writes a line for each request that took longer than the threshold: what it waited for, and for how long.</summary>
/// <remarks>
/// What is not slow costs a subtraction. Inodes are named by number, never by name. On the volume's context.
/// </remarks>
internal sealed class SlowRequests(VolumeSeat seat)
{
    private const int LinesAtOnce = 20;
    private const int RecallsNamed = 3;
    private static readonly TimeSpan LineInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Mentioned = TimeSpan.FromMilliseconds(1);
    private readonly LineRate _rate = new(seat.Clock, LinesAtOnce, LineInterval);

    /// <summary>Names the client of a session. Set once.</summary>
    public Func<SessionId, string> ClientOf { get; set; } = static _ => "";

    /// <summary>A request is answered.</summary>
    public void Look(ServiceRequest request, Errno errno, long now)
    {
        var threshold = seat.Options.SlowRequest;
        if (threshold == TimeSpan.Zero) return;
        var elapsed = Between(request.BeganAt, now) + Between(0, request.HeldTicks);
        if (elapsed < threshold || !_rate.TryTake(out var suppressed)) return;
        var engine = request.Engine;
        var who = engine.Session == SessionId.None ? "the server itself" : Name(engine.Session, ClientOf(engine.Session));
        var about = RequestSubject.Of(engine.Opcode, engine.Payload);
        Log.SlowRequest(
            seat.Log, engine.Opcode, about == InodeId.None ? "" : $" of {about}", who, elapsed.TotalSeconds, errno,
            Parts(request, elapsed, now), suppressed == 0 ? "" : $"; {suppressed} lines were left out before");
    }

    /// <summary>Once in a while: what was left out is told of, also when nothing is slow any more.</summary>
    public void Upkeep()
    {
        if (_rate.TryTakeSuppressed(out var suppressed)) Log.SlowRequestsLeftOut(seat.Log, suppressed);
    }

    private string Parts(ServiceRequest request, TimeSpan elapsed, long now)
    {
        var parts = new StringBuilder();
        var left = elapsed;
        Add("sessions that had not told what they hold after the restart", Between(0, request.HeldTicks));
        if (request.Waited is { } wait) left -= AddRecalls(parts, wait);
        if (request.LockWait is { } held) Add(Describe(held), Between(held.Since, request.CameAt));
        Add(string.Create(CultureInfo.InvariantCulture, $"reads of the database ({request.Rounds})"), Between(0, request.ReadTicks));
        if (request.ExecutedAt is { } executed) Add("commit to the database", Between(executed, now));
        if (left >= Mentioned) Add("its turn", left);
        return parts.ToString();

        void Add(string what, TimeSpan time)
        {
            if (time < Mentioned) return;
            Append(parts, what, time);
            left -= time;
        }
    }

    // Recalls of one request run side by side: what it waited is not their sum.
    private TimeSpan AddRecalls(StringBuilder parts, LeaseWait wait)
    {
        var waited = Between(wait.Since, wait.EndedAt);
        var longest = wait.Recalls.OrderByDescending(recall => recall.DoneAt).Take(RecallsNamed);
        foreach (var recall in longest)
        {
            Append(parts, $"recall of {recall.Inode} from {Name(recall.Session, recall.Client)}", Between(wait.Since, recall.DoneAt));
        }

        if (wait.Recalls.Count > RecallsNamed)
        {
            Append(parts, string.Create(
                CultureInfo.InvariantCulture, $"{wait.Recalls.Count} recalls in all"), waited);
        }
        else if (wait.Recalls.Count == 0)
        {
            var before = wait.Behind == SessionId.None ? "others" : Name(wait.Behind, ClientOf(wait.Behind));
            Append(parts, $"requests of {before} that came before it", waited);
        }

        return waited;
    }

    private static string Describe(LockWait held) => held.Blocker is not { } blocker ? "a lock"
        : string.Create(
            CultureInfo.InvariantCulture,
            $"a lock that {Name(blocker.Owner.Session, held.Client)} process {blocker.ProcessId} {(blocker.Holds ? "held" : "waited for")}");

    private static string Name(SessionId session, string client) => client.Length == 0 ? $"{session}" : $"{session} ({client})";

    private static void Append(StringBuilder parts, string what, TimeSpan time) =>
        parts.Append(parts.Length == 0 ? "" : ", ").Append(what).Append(CultureInfo.InvariantCulture, $" {time.TotalSeconds:0.000} s");

    private TimeSpan Between(long from, long to) => to <= from ? TimeSpan.Zero : seat.Clock.GetElapsedTime(from, to);
}
