using FlexFs.Simulation.Runtime;

namespace FlexFs.Simulation.World;

/// <summary>Lets things go wrong at random moments while the workload runs, of the kinds that the run's options have.</summary>
public sealed class FaultInjector(SimulatedWorld world)
{
    private readonly SimulatedProcess _process = world.NewProcess("faults");
    private readonly List<Faults> _kinds =
        [.. Enum.GetValues<Faults>().Where(f => f is not (Faults.None or Faults.All) && (world.Options.Faults & f) != 0)];

    private readonly List<SimulatedProcess> _frozen = [];
    private int _commitCrashes = 10;

    /// <summary>Whether faults still begin.</summary>
    public bool IsActive { get; private set; }

    /// <summary>Kills a client and lets another one come; set by who owns the clients' programs.</summary>
    public Action CrashClient { get; set; } = static () => { };

    /// <summary>Begins.</summary>
    public void Start()
    {
        IsActive = true;
        if ((world.Options.Faults & Faults.Lies) != 0) world.Objects.LiePercent = world.Chance.Of([1, 10, 30]);
        if ((world.Options.Faults & Faults.Cuts) != 0) world.Network.CutPercent = world.Chance.Of([0, 0, 1, 3]);
        if (_kinds.Contains(Faults.ServerCrashes)) world.Store.AtCommit = CrashAtCommit;
        if (_kinds.Count > 0) _process.Start(RunAsync);
    }

    /// <summary>Everything works again, at once and from now on.</summary>
    public void Stop()
    {
        IsActive = false;
        world.Note("faults end");
        world.Network.StalledUntil = TimeSpan.Zero;
        world.Network.Heal();
        foreach (var frozen in _frozen) frozen.Thaw();
        world.Network.CutPercent = 0;
        world.Network.DelayMax = TimeSpan.FromMilliseconds(2);
        world.Store.FailuresPerMille = 0;
        world.Store.IsFull = false;
        world.Store.DelayMax = TimeSpan.FromMilliseconds(3);
        world.Objects.FailurePercent = 0;
        world.Objects.LiePercent = 0;
        world.Objects.IsFull = false;
        world.Objects.DelayMax = TimeSpan.FromMilliseconds(10);
        if (world.Server is null) world.StartServer();

        // Ages are by the volume's time, which never goes back: a clock that did has to catch up before anything grows older.
        world.Server!.Process.Clock.Ahead = world.FurthestAhead;
    }

    private async Task RunAsync()
    {
        // Few enough that the workload gets on between them.
        var mean = world.Chance.Of([50, 200, 1000]);
        for (var left = world.Chance.Of([3, 20, 100]); IsActive && left > 0; left--)
        {
            await PauseAsync(world.Chance.Between(1, 2 * mean));
            if (IsActive) Begin(world.Chance.Of(_kinds));
        }
    }

    private void Begin(Faults fault)
    {
        switch (fault)
        {
            case Faults.Cuts:
                world.Network.CutOne();
                break;
            case Faults.Stalls when world.Network.StalledUntil <= world.Now:
                var stall = world.Chance.OneIn(6) ? world.Chance.Between(5000, 120_000) : world.Chance.Between(10, 8000);
                world.Note($"network: stalled for {stall} ms");
                world.Network.StalledUntil = world.Now + TimeSpan.FromMilliseconds(stall);
                break;
            case Faults.ServerCrashes when world.Server is not null:
                world.CrashServer();
                _process.Start(RestartAsync);
                break;
            case Faults.ClientCrashes:
                CrashClient();
                break;
            case Faults.StoreFailures:
                Until("store: fails", 2000, () => world.Store.FailuresPerMille = 100, () => world.Store.FailuresPerMille = 0);
                break;
            case Faults.StoreFull:
                Until("store: full", 2000, () => world.Store.IsFull = true, () => world.Store.IsFull = false);
                break;
            case Faults.ObjectFailures:
                var percent = world.Chance.Of([10, 50, 100]);
                Until("objects: fail", 8000, () => world.Objects.FailurePercent = percent, () => world.Objects.FailurePercent = 0);
                break;
            case Faults.ObjectsFull:
                Until("objects: full", 3000, () => world.Objects.IsFull = true, () => world.Objects.IsFull = false);
                break;
            case Faults.ClockSteps:
                StepClock();
                break;
            case Faults.Slowness:
                SlowDown();
                break;
            case Faults.Partitions:
                Part();
                break;
            case Faults.Freezes:
                Freeze();
                break;
        }
    }

    private void Part()
    {
        var client = world.Clients.Count > 0 && !world.Chance.OneIn(4) ? world.Chance.Of(world.Clients).Process : null;
        var way = world.Chance.Below(4);
        var milliseconds = Silence();
        world.Note($"network: {client?.Name ?? "all"} parted from the server for {milliseconds} ms{(way < 2 ? "" : way == 2 ? ", on the way to it" : ", on the way from it")}");
        world.Marks.Reached(client is null ? "fault: all clients parted" : "fault: a client parted");
        world.Network.Part(client, way != 3, way != 2, world.Now + TimeSpan.FromMilliseconds(milliseconds));
    }

    private void Freeze()
    {
        var target = world.Chance.OneIn(4) ? world.Server?.Process : world.Clients.Count > 0 ? world.Chance.Of(world.Clients).Process : null;
        if (target is null || target.IsFrozen) return;
        var milliseconds = Silence();
        world.Note($"{target.Name} stands still for {milliseconds} ms");
        world.Marks.Reached(target == world.Server?.Process ? "fault: the server stands still" : "fault: a client stands still");
        target.Freeze();
        _frozen.Add(target);
        _process.Start(async () =>
        {
            await PauseAsync(milliseconds);
            target.Thaw();
            _frozen.Remove(target);
        });
    }

    // A moment, about as long as leases hold, or about as long as sessions do.
    private int Silence() => world.Chance.Below(3) switch
    {
        0 => world.Chance.Between(1, 3000),
        1 => world.Chance.Between(8000, 16_000),
        _ => world.Chance.Between(10_000, 50_000),
    };

    // The moments that matter most: a batch is on its way to the disk.
    private void CrashAtCommit()
    {
        if (!IsActive || _commitCrashes == 0 || world.Server is null || !world.Chance.OneIn(60)) return;
        _commitCrashes--;
        world.CrashServer();
        _process.Start(RestartAsync);
    }

    private async Task RestartAsync()
    {
        var down = world.Chance.OneIn(10) ? world.Chance.Between(1000, 50_000) : world.Chance.Between(0, 1500);
        await PauseAsync(down);
        if (world.Server is null) world.StartServer();
    }

    private void Until(string what, int longest, Action begin, Action end)
    {
        world.Note(what);
        world.Marks.Reached($"fault: {what}");
        begin();
        _process.Start(async () =>
        {
            await PauseAsync(world.Chance.Between(1, longest));
            end();
        });
    }

    private void StepClock()
    {
        var step = TimeSpan.FromMilliseconds(world.Chance.Between(-5_000_000, 5_000_000));
        var target = world.Chance.OneIn(2) && world.Clients.Count > 0
            ? world.Chance.Of(world.Clients).Process
            : world.Server?.Process;
        if (target is null) return;
        target.Clock.Ahead += step;
        world.FurthestAhead = TimeSpan.FromTicks(Math.Max(world.FurthestAhead.Ticks, target.Clock.Ahead.Ticks));
        world.Note($"the clock of {target.Name} steps by {step}");
    }

    private void SlowDown()
    {
        var delay = TimeSpan.FromMilliseconds(world.Chance.Of([50, 500, 3000]));
        switch (world.Chance.Below(3))
        {
            case 0:
                Until("network: slow", 3000, () => world.Network.DelayMax = delay, () => world.Network.DelayMax = TimeSpan.FromMilliseconds(2));
                break;
            case 1:
                Until("store: slow", 3000, () => world.Store.DelayMax = delay, () => world.Store.DelayMax = TimeSpan.FromMilliseconds(3));
                break;
            default:
                Until("objects: slow", 3000, () => world.Objects.DelayMax = delay, () => world.Objects.DelayMax = TimeSpan.FromMilliseconds(10));
                break;
        }
    }

    private Task PauseAsync(int milliseconds) => Task.Delay(TimeSpan.FromMilliseconds(milliseconds), _process.Clock);
}
