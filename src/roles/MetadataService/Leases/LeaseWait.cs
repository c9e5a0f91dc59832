using FlexFs.Core;
using FlexFs.MetadataService.Pipeline;

namespace FlexFs.MetadataService.Leases;

/// <summary>A request that waits for recalls, or for those that came before it.</summary>
/// <remarks>A thousand hosts may have a directory cached that one changes: nothing here looks at all of its recalls for each of them.</remarks>
internal sealed class LeaseWait(long ticket, ServiceRequest request, long since)
{
    private readonly List<Recall> _recalls = [];
    private readonly Dictionary<SessionId, List<Recall>> _recallsOf = [];
    private int _openRecalls;

    /// <summary>Order of arrival: what came earlier has the right of way.</summary>
    public long Ticket { get; } = ticket;

    /// <summary>The request; another one with the same bytes, once the client has sent it again where it may wait.</summary>
    public ServiceRequest Request { get; set; } = request;

    /// <summary>A timestamp: when it began to wait.</summary>
    public long Since { get; } = since;

    /// <summary>A timestamp: when the wait was over.</summary>
    public long EndedAt { get; set; }

    /// <summary>Whether the client was told to send it again where it may wait, and has not yet.</summary>
    public bool IsParked { get; set; }

    /// <summary>Whether it is with the executor, which has it once.</summary>
    public bool IsWoken { get; set; }

    /// <summary>What it waits for, and waited for.</summary>
    public IReadOnlyList<Recall> Recalls => _recalls;

    /// <summary>Whose earlier request it lets go first; none when it only waits for recalls.</summary>
    public SessionId Behind { get; set; }

    /// <summary>The inodes that it changes or wants to write: nobody who comes later is given a lease on them.</summary>
    public List<InodeId> Changes { get; } = [];

    /// <summary>All inodes on which something may happen that lets it go on.</summary>
    public List<InodeId> Inodes { get; } = [];

    /// <summary>Whether a recall of it is not carried out.</summary>
    public bool HasOpenRecalls => _openRecalls > 0;

    /// <summary>Waits for a recall, too.</summary>
    public void WaitFor(Recall recall)
    {
        if (!_recallsOf.TryGetValue(recall.Session, out var recalls)) _recallsOf.Add(recall.Session, recalls = new List<Recall>(1));
        if (recalls.Contains(recall)) return;
        recalls.Add(recall);
        _recalls.Add(recall);
        if (recall.Begin(this)) _openRecalls++;
    }

    /// <summary>One of its recalls was carried out.</summary>
    public void RecallDone() => _openRecalls--;

    /// <summary>It waits no more: what is open is for the others.</summary>
    public void Leave()
    {
        if (_openRecalls == 0) return;
        foreach (var recall in _recalls) recall.Leave(this);
        _openRecalls = 0;
    }

    /// <summary>Whether a recall of it was carried out, and covers this.</summary>
    public bool HasDone(in LeaseNeed need)
    {
        if (!_recallsOf.TryGetValue(need.Session, out var recalls)) return false;
        foreach (var recall in recalls)
        {
            if (recall.IsDone && recall.Covers(need)) return true;
        }

        return false;
    }
}
