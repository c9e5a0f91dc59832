namespace FlexFs.MetadataService.Pipeline;

/// <summary>Round robin over the lanes of the sessions: one that storms waits behind itself, not before the others.</summary>
/// <remarks>
/// 1. A lane with a request of a class is in the ring of that class exactly once, one without is not.
/// 2. No lane holds more than the bound; what would exceed it is refused, and ends the connection that sent it.
/// Any thread; the lock is held for moving references only.
/// </remarks>
internal sealed class FairQueue(int perLaneMax)
{
    private readonly Lock _gate = new();
    private readonly Queue<RequestLane>[] _rings = [new(), new(), new()];
    private int _count;

    /// <summary>Requests that wait.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Adds a request at the end of its lane; false when the lane is full.</summary>
    public bool TryEnqueue(ServiceRequest request)
    {
        var lane = request.Lane;
        lock (_gate)
        {
            if (lane.Count >= perLaneMax) return false;
            lane.Of(request.Class).Enqueue(request);
            ref var inRing = ref lane.InRing(request.Class);
            if (!inRing) _rings[(int)request.Class].Enqueue(lane);
            inRing = true;
            _count++;
        }

        return true;
    }

    /// <summary>Moves up to <paramref name="max"/> requests of a class to <paramref name="destination"/>, one of a lane at a time.</summary>
    public int Take(RequestClass kind, int max, Queue<ServiceRequest> destination)
    {
        if (Volatile.Read(ref _count) == 0) return 0;
        var taken = 0;
        lock (_gate)
        {
            var ring = _rings[(int)kind];
            for (; taken < max && ring.TryDequeue(out var lane); taken++)
            {
                var requests = lane.Of(kind);
                destination.Enqueue(requests.Dequeue());
                var hasMore = requests.Count > 0;
                lane.InRing(kind) = hasMore;
                if (hasMore) ring.Enqueue(lane);
            }

            _count -= taken;
        }

        return taken;
    }

    /// <summary>Whether there is a request of a class.</summary>
    public bool Has(RequestClass kind)
    {
        lock (_gate) return _rings[(int)kind].Count > 0;
    }
}
