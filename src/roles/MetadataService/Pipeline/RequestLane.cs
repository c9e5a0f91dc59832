namespace FlexFs.MetadataService.Pipeline;

/// <summary>The requests of one session that have not been executed: of each class in the order in which they came.</summary>
/// <remarks>
/// Unanswered requests of one client have no order among themselves, so the classes may overtake each other: reads go on while
/// a batch is full, and what frees space while the store is. Guarded by the <see cref="FairQueue"/> that it belongs to.
/// </remarks>
internal sealed class RequestLane
{
    private readonly Queue<ServiceRequest>[] _queues = [new(), new(), new()];
    private readonly bool[] _inRing = new bool[RequestClasses.Count];

    /// <summary>Requests of all classes.</summary>
    public int Count => _queues[0].Count + _queues[1].Count + _queues[2].Count;

    /// <summary>The requests of a class.</summary>
    public Queue<ServiceRequest> Of(RequestClass kind) => _queues[(int)kind];

    /// <summary>Whether it is in the ring of a class.</summary>
    public ref bool InRing(RequestClass kind) => ref _inRing[(int)kind];
}
