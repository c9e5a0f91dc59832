using FlexFs.Core;
using FlexFs.MetadataService.Pipeline;

namespace FlexFs.MetadataService.Leases;

/// <summary>Requests whose clients were told to send them again where they may wait, and have not yet: each keeps its place meanwhile.</summary>
/// <remarks>
/// Of one session at most so many: such a request holds no slot any more, so nothing else would bound them. Beyond it the oldest loses its
/// place, as after a while every one does.
/// </remarks>
internal sealed class ParkedRequests(int perSessionMax)
{
    private readonly SortedDictionary<SessionId, List<LeaseWait>> _bySession = [];

    /// <summary>All of them, each session's in order.</summary>
    public IEnumerable<LeaseWait> All => _bySession.Values.SelectMany(waits => waits);

    /// <summary>Adds one.</summary>
    /// <returns>The one that loses its place for it, or null. It is still here.</returns>
    public LeaseWait? Add(LeaseWait wait)
    {
        var session = wait.Request.Engine.Session;
        if (!_bySession.TryGetValue(session, out var waits)) _bySession.Add(session, waits = []);
        waits.Add(wait);
        return waits.Count > perSessionMax ? waits[0] : null;
    }

    /// <summary>Removes one.</summary>
    public void Remove(LeaseWait wait)
    {
        var session = wait.Request.Engine.Session;
        if (!_bySession.TryGetValue(session, out var waits)) return;
        waits.Remove(wait);
        if (waits.Count == 0) _bySession.Remove(session);
    }

    /// <summary>The one that is the same request, sent on the same connection.</summary>
    public LeaseWait? Find(ServiceRequest request)
    {
        if (!_bySession.TryGetValue(request.Engine.Session, out var waits)) return null;
        foreach (var wait in waits)
        {
            var first = wait.Request;
            if (first.Engine.Opcode == request.Engine.Opcode && first.Sink == request.Sink
                && first.Engine.Payload.Span.SequenceEqual(request.Engine.Payload.Span)) return wait;
        }

        return null;
    }
}
