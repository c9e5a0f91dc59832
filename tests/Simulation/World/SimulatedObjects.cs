using FlexFs.Core;
using FlexFs.MetadataService.Objects;
using FlexFs.Objects;
using FlexFs.Objects.Memory;
using FlexFs.Simulation.Runtime;

namespace FlexFs.Simulation.World;

/// <summary>The object store: slow, failing, answering too late, full, and lying when it is told to.</summary>
/// <remarks>A failed put left nothing, or the whole object, at once or later. Never other bytes but when it lies, and then only to readers.</remarks>
public sealed class SimulatedObjects : IObjectDeleter
{
    private readonly SimulatedWorld _world;
    private readonly SimulatedProcess _process;
    private readonly MemoryObjectStore _disk;

    /// <summary>Empty.</summary>
    public SimulatedObjects(SimulatedWorld world)
    {
        _world = world;
        _process = world.NewProcess("objects");
        _disk = new MemoryObjectStore(_process.Clock);
    }

    /// <summary>Names of the volume's objects.</summary>
    public ObjectNames Names { get; } = new("sim");

    /// <summary>Longest delay of a request.</summary>
    public TimeSpan DelayMax { get; set; } = TimeSpan.FromMilliseconds(10);

    /// <summary>Of a hundred requests, so many fail.</summary>
    public int FailurePercent { get; set; }

    /// <summary>Of a hundred reads, so many have a damaged byte.</summary>
    public int LiePercent { get; set; }

    /// <summary>Whether there is no space for new objects.</summary>
    public bool IsFull
    {
        get => _disk.CapacityBytes == 0;
        set => _disk.CapacityBytes = value ? 0 : long.MaxValue;
    }

    /// <summary>Objects that are there.</summary>
    public int Count => _disk.Count;

    /// <summary>Ids of all objects that are there.</summary>
    public SortedSet<ObjectId> All()
    {
        var all = new SortedSet<ObjectId>();
        string? continuation = null;
        do
        {
            var page = _disk.ListAsync("", continuation, ObjectStoreLimits.NamesPerPageMax, CancellationToken.None).Result;
            foreach (var listed in page.Objects)
            {
                Check.That(Names.TryParse(listed.Name, out var id));
                all.Add(id);
            }

            continuation = page.Continuation;
        }
        while (continuation is not null);
        return all;
    }

    /// <summary>The store as one process sees it.</summary>
    public IObjectStore Of(SimulatedProcess process) => new Handle(this, process.Name);

    /// <inheritdoc/>
    public ValueTask DeleteAsync(VolumeId volume, IReadOnlyList<ObjectId> objects, CancellationToken cancellationToken)
    {
        if (_world.Options.Sabotage == Sabotage.ReaperKeepsAll) return default;
        return new ValueTask(_process.RunAsync(async () =>
        {
            await DelayAsync();
            if (Fails()) throw new IOException("simulated: a deletion failed");
            var names = objects.Select(Names.Of).ToList();
            if (_world.Options.Sabotage == Sabotage.ReaperDeletesLive) names = [.. All().Take(1).Select(Names.Of), .. names];
            await _disk.DeleteAsync(names, CancellationToken.None);
            _world.Note($"objects: {names.Count} deleted");
            _world.Marks.Reached("objects: deleted");
            await DelayAsync();
            if (Fails()) throw new IOException("simulated: the answer to a deletion was lost");
            return true;
        }));
    }

    private async Task<PutOutcome> PutAsync(string who, ObjectName name, byte[] bytes)
    {
        await DelayAsync();
        if (!Fails())
        {
            var outcome = await _disk.PutAsync(name, bytes, CancellationToken.None);
            _world.Note($"objects: put of {name} by {who}: {outcome}");
            await DelayAsync();
            return outcome;
        }

        // A clock that jumps makes condemned objects old at once, so that a late put could come after their deletion.
        var mayBeLate = (_world.Options.Faults & Faults.ClockSteps) == 0;
        switch (_world.Chance.Below(mayBeLate ? 3 : 2))
        {
            case 0:
                _world.Marks.Reached("objects: a failed put left nothing");
                break;
            case 1:
                _world.Marks.Reached("objects: the answer to a put was lost");
                await _disk.PutAsync(name, bytes, CancellationToken.None);
                break;
            default:
                _world.Marks.Reached("objects: a failed put takes effect later");
                _process.Start(() => PutLateAsync(name, bytes));
                break;
        }

        throw Failure("put", name);
    }

    private async Task PutLateAsync(ObjectName name, byte[] bytes)
    {
        await Task.Delay(_world.Chance.Delay(TimeSpan.FromSeconds(5)), _process.Clock);
        await _disk.PutAsync(name, bytes, CancellationToken.None);
    }

    private async Task<ObjectRange> GetAsync(ObjectName name, long offset, Memory<byte> destination)
    {
        await DelayAsync();
        if (Fails()) throw Failure("get", name);
        var range = await _disk.GetAsync(name, offset, destination, CancellationToken.None);
        if (range.BytesRead > 0 && _world.Chance.Percent(LiePercent))
        {
            _world.Marks.Reached("objects: a read lied");
            destination.Span[_world.Chance.Below(range.BytesRead)] ^= (byte)(1 << _world.Chance.Below(8));
        }

        await DelayAsync();
        return range;
    }

    private bool Fails() => _world.Chance.Percent(FailurePercent);

    private Task DelayAsync() => _world.DelayAsync(_process, DelayMax);

    private static ObjectStoreException Failure(string what, ObjectName name) =>
        new($"{what} of {name}", "simulated", "a fault of the simulator", isTransient: true, TimeSpan.Zero);

    private sealed class Handle(SimulatedObjects store, string who) : IObjectStore
    {
        public string Location => "simulated";

        public ValueTask<PutOutcome> PutAsync(
            ObjectName name, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            var copy = bytes.ToArray();
            return new(store._process.RunAsync(() => store.PutAsync(who, name, copy)));
        }

        public ValueTask<ObjectRange> GetAsync(
            ObjectName name, long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
            new(store._process.RunAsync(() => store.GetAsync(name, offset, destination)));

        public ValueTask<long?> LengthAsync(ObjectName name, CancellationToken cancellationToken) =>
            new(store._process.RunAsync(async () =>
            {
                await store.DelayAsync();
                return await store._disk.LengthAsync(name, CancellationToken.None);
            }));

        public ValueTask DeleteAsync(IReadOnlyList<ObjectName> names, CancellationToken cancellationToken) =>
            new(store._process.RunAsync(async () =>
            {
                await store.DelayAsync();
                await store._disk.DeleteAsync(names, CancellationToken.None);
                return true;
            }));

        public ValueTask<ObjectPage> ListAsync(
            string prefix, string? continuation, int limit, CancellationToken cancellationToken) =>
            new(store._process.RunAsync(async () =>
            {
                await store.DelayAsync();
                return await store._disk.ListAsync(prefix, continuation, limit, CancellationToken.None);
            }));

        public ValueTask DisposeAsync() => default;
    }
}
