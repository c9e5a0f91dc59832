using FlexFs.Metadata;
using FlexFs.Metadata.Storage;

namespace FlexFs.MetadataService.Pipeline;

/// <summary>What some requests miss, fetched together.</summary>
internal sealed class FetchRound
{
    private readonly List<StoreKey> _keys = [];
    private readonly HashSet<StoreKey> _seen = [];
    private readonly List<(StoreRange Range, int Limit)> _ranges = [];

    /// <summary>Who waits for it, in order of execution.</summary>
    public List<ServiceRequest> Requests { get; } = [];

    /// <summary>Whether nobody does.</summary>
    public bool IsEmpty => Requests.Count == 0;

    /// <summary>Keys and ranges.</summary>
    public int KeyCount => _keys.Count + _ranges.Count;

    /// <summary>Adds a request that could not run.</summary>
    public void Add(ServiceRequest request, in Execution execution)
    {
        Requests.Add(request);
        if (execution.State == ExecutionState.NeedsRange)
        {
            _ranges.Add((execution.MissingRange, execution.MissingRangeLimit));
            return;
        }

        foreach (var key in execution.MissingKeys)
        {
            if (_seen.Add(key)) _keys.Add(key);
        }
    }

    /// <summary>Reads it and gives it to the engine; says what failed. What came before the failure stays supplied.</summary>
    public async Task<StorageException?> RunAsync(VolumeEngine engine, IKeyValueStore store, TimeProvider clock)
    {
        var began = clock.GetTimestamp();
        var ticket = engine.BeginFetch();
        StorageException? failure = null;
        var scans = Begin(_ranges, store);
        try
        {
            for (var first = 0; first < _keys.Count; first += KeyValueLimits.KeysPerReadMax)
            {
                var keys = _keys.GetRange(first, Math.Min(KeyValueLimits.KeysPerReadMax, _keys.Count - first));
                var values = new byte[]?[keys.Count];
                var sequence = await store.GetManyAsync(keys, values, CancellationToken.None);
                engine.Supply(keys, values, sequence);
            }

        }
        catch (StorageException e)
        {
            failure = e;
        }

        foreach (var scan in scans)
        {
            try
            {
                var page = await scan.Page;
                if (failure is null) engine.Supply(scan.Range, page);
            }
            catch (StorageException e)
            {
                failure ??= e;
            }
        }

        engine.EndFetch(ticket);
        foreach (var request in Requests) request.WasFetched(clock.GetTimestamp() - began);
        return failure;
    }

    // All at once: one that has to wait for the disk does not hold up the others.
    private static List<(StoreRange Range, Task<StorePage> Page)> Begin(List<(StoreRange Range, int Limit)> ranges, IKeyValueStore store)
    {
        var scans = new List<(StoreRange, Task<StorePage>)>(ranges.Count);
        foreach (var (range, limit) in ranges) scans.Add((range, BeginAsync(range, limit, store)));
        return scans;
    }

    // A store that fails at once fails like one that fails later: what was begun is waited for.
    private static async Task<StorePage> BeginAsync(StoreRange range, int limit, IKeyValueStore store) =>
        await store.ScanAsync(range, limit, CancellationToken.None);
}
