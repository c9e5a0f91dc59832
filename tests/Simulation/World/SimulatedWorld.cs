using FlexFs.Core;
using FlexFs.MetadataService.Volumes;
using FlexFs.Simulation.Runtime;
using Microsoft.Extensions.Logging;

namespace FlexFs.Simulation.World;

/// <summary>Everything of one run: the loop, the network, the stores, the server, the clients.</summary>
public sealed class SimulatedWorld
{
    private readonly List<SimulatedClient> _clients = [];
    private int _processes;

    /// <summary>Makes the world; nothing runs yet.</summary>
    public SimulatedWorld(RunOptions options, int keep = 4000)
    {
        Options = options;
        Trace = new Trace(keep);
        Loop = new SimulatedContext(options.Seed, Trace);
        Chance = new Chance(options.Seed ^ 0xC0FFEE);
        Network = new SimulatedNetwork(this);
        Store = new SimulatedStore(this);
        Objects = new SimulatedObjects(this);
        Volume = new VolumeDescription(
            new VolumeId(new Guid("00112233-4455-6677-8899-aabbccddeeff")), "sim", Limits.BlockSizeLog2Min, TimeSpan.Zero);
    }

    /// <summary>Of the run.</summary>
    public RunOptions Options { get; }

    /// <summary>What happened.</summary>
    public Trace Trace { get; }

    /// <summary>The loop.</summary>
    public SimulatedContext Loop { get; }

    /// <summary>Chance of the world: faults, delays, workloads.</summary>
    public Chance Chance { get; }

    /// <summary>Rare branches.</summary>
    public Marks Marks { get; } = new();

    /// <summary>The network.</summary>
    public SimulatedNetwork Network { get; }

    /// <summary>The metadata store: what is durable of it.</summary>
    public SimulatedStore Store { get; }

    /// <summary>The object store.</summary>
    public SimulatedObjects Objects { get; }

    /// <summary>The one volume.</summary>
    public VolumeDescription Volume { get; }

    /// <summary>The server that runs now.</summary>
    public SimulatedServer? Server { get; private set; }

    /// <summary>The clients that live.</summary>
    public IReadOnlyList<SimulatedClient> Clients => _clients;

    /// <summary>How far the fastest clock of all was ever ahead.</summary>
    public TimeSpan FurthestAhead { get; set; }

    /// <summary>Virtual time.</summary>
    public TimeSpan Now => Loop.Time.Elapsed;

    /// <summary>A process.</summary>
    public SimulatedProcess NewProcess(string name) => new(Loop, $"{name}#{++_processes}");

    /// <summary>Starts a server on what is durable.</summary>
    public void StartServer()
    {
        Check.That(Server is null);
        Server = new SimulatedServer(this);
        Server.Start();
    }

    /// <summary>Kills the server.</summary>
    public void CrashServer()
    {
        if (Server is not { } server) return;
        Note($"{server.Process.Name} is killed");
        Marks.Reached("server: crash");
        Server = null;
        server.Process.Kill();
        Store.OwnerDied();
    }

    /// <summary>Ends the server politely.</summary>
    public async Task CloseServerAsync()
    {
        var server = Server!;
        await server.CloseAsync();
        Server = null;
        server.Process.Kill();
    }

    /// <summary>A client that is not mounted yet.</summary>
    public SimulatedClient NewClient()
    {
        var client = new SimulatedClient(this);
        _clients.Add(client);
        return client;
    }

    /// <summary>Kills a client.</summary>
    public void CrashClient(SimulatedClient client)
    {
        Note($"{client.Process.Name} is killed");
        Marks.Reached("client: crash");
        _clients.Remove(client);
        client.Process.Kill();
    }

    /// <summary>Forgets a client that has unmounted.</summary>
    public void Remove(SimulatedClient client)
    {
        _clients.Remove(client);
        client.Process.Kill();
    }

    /// <summary>An event of the run.</summary>
    public void Note(string text) => Trace.Note(Now, text);

    /// <summary>Waits a random while, on a process of the world.</summary>
    public Task DelayAsync(SimulatedProcess process, TimeSpan longest, TimeSpan shortest = default) =>
        PauseAsync(process, TimeSpan.FromTicks(Math.Max(shortest.Ticks, Chance.Delay(longest).Ticks)));

    // Task.Delay knows milliseconds only.
    private async Task PauseAsync(SimulatedProcess process, TimeSpan pause)
    {
        var done = new TaskCompletionSource();
        using var timer = process.Clock.CreateTimer(static done => ((TaskCompletionSource)done!).SetResult(), done, pause, Timeout.InfiniteTimeSpan);
        await done.Task;
    }

    /// <summary>Where a process's log lines go: into the trace, as remarks.</summary>
    public ILogger LogOf(string name) => new TraceLog(this, name);

    /// <summary>Loggers of a process.</summary>
    public ILoggerFactory LogsOf(SimulatedProcess process) => new TraceLogs(this, process.Name);

    private sealed class TraceLogs(SimulatedWorld world, string name) : ILoggerFactory
    {
        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public ILogger CreateLogger(string categoryName) => new TraceLog(world, $"{name} {categoryName}");

        public void Dispose()
        {
        }
    }

    private sealed class TraceLog(SimulatedWorld world, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            world.Loop.AssertThread($"a log line of {name}");
            world.Trace.Mix((ulong)eventId.Id);
            world.Trace.Remark(world.Now, $"{name}: {formatter(state, exception)}{(exception is null ? "" : $" {exception}")}");
        }
    }
}

/// <summary>A run is these and nothing else.</summary>
public sealed record RunOptions
{
    /// <summary>The seed.</summary>
    public required ulong Seed { get; init; }

    /// <summary>Operations that the workload makes.</summary>
    public int Steps { get; init; } = 200;

    /// <summary>Clients at a time.</summary>
    public int Clients { get; init; } = 2;

    /// <summary>Programs on each client.</summary>
    public int Programs { get; init; } = 2;

    /// <summary>What the programs do: names, bytes, mixed or shared.</summary>
    public string Workload { get; init; } = "mixed";

    /// <summary>Whether clients have leases: for the workload "shared" all of them, for others most.</summary>
    public bool Leases { get; init; }

    /// <summary>What goes wrong.</summary>
    public Faults Faults { get; init; }

    /// <summary>A bug put in on purpose.</summary>
    public Sabotage Sabotage { get; init; }

    /// <summary>Options that a seed chooses by itself, so that runs of many seeds differ in more than their order.</summary>
    public static RunOptions OfSeed(ulong seed, int? steps = null, string? workload = null, Faults? faults = null, bool? leases = null)
    {
        var chance = new Chance(seed ^ 0x0B7105);
        var some = Faults.None;
        var density = chance.Below(4);
        foreach (var fault in Enum.GetValues<Faults>())
        {
            if (fault is not (Faults.None or Faults.All) && density > 0 && chance.Below(4) < density) some |= fault;
        }

        workload ??= chance.Of(["names", "bytes", "mixed", "shared", "shared"]);
        return new RunOptions
        {
            Seed = seed,
            Steps = steps ?? chance.Between(30, 200),
            Clients = chance.Between(1, 3),
            Programs = chance.Between(1, 3),
            Workload = workload,
            Leases = leases ?? (workload == "shared" || chance.OneIn(2)),
            Faults = faults ?? some,
        };
    }

    /// <summary>The command that repeats the run.</summary>
    public string Command =>
        $"./dev sim {Seed} --steps {Steps} --clients {Clients} --programs {Programs} --workload {Workload} --leases {(Leases ? "on" : "off")} --faults {FaultText}"
        + (Sabotage == Sabotage.None ? "" : $" --sabotage {Sabotage}");

    private string FaultText => Faults == Faults.None ? "none" : Faults.ToString().Replace(" ", "", StringComparison.Ordinal);
}
