using FlexFs.Core;
using FlexFs.MetadataService.Pipeline;

namespace FlexFs.MetadataService.Leases;

/// <summary>A request that waits for recalls, or for those that came before it.</summary>
internal sealed class LeaseWait(long ticket, ServiceRequest request, long since)
{
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

    /// <summary>What it waits for.</summary>
    public List<Recall> Recalls { get; } = [];

    /// <summary>Whose earlier request it lets go first; none when it only waits for recalls.</summary>
    public SessionId Behind { get; set; }

    /// <summary>The inodes that it changes or wants to write: nobody who comes later is given a lease on them.</summary>
    public List<InodeId> Changes { get; } = [];

    /// <summary>All inodes on which something may happen that lets it go on.</summary>
    public List<InodeId> Inodes { get; } = [];

    /// <summary>Whether a recall of it was carried out, and covers this.</summary>
    public bool HasDone(in LeaseNeed need)
    {
        foreach (var recall in Recalls)
        {
            if (recall.IsDone && recall.Covers(need)) return true;
        }

        return false;
    }

    /// <summary>Whether a recall of it is not carried out.</summary>
    public bool HasOpenRecalls
    {
        get
        {
            foreach (var recall in Recalls)
            {
                if (!recall.IsDone) return true;
            }

            return false;
        }
    }
}
