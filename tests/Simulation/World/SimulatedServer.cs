using FlexFs.Core;
using System.IO.Pipelines;
using FlexFs.Metadata;
using FlexFs.MetadataService;
using FlexFs.MetadataService.Volumes;
using FlexFs.Simulation.Runtime;

namespace FlexFs.Simulation.World;

/// <summary>One life of the metadata server: the real service on a process that can be killed.</summary>
public sealed class SimulatedServer
{
    /// <summary>What every client presents.</summary>
    public const string Token = "token";

    /// <summary>Silence after which a session is expired.</summary>
    public static readonly TimeSpan SessionTerm = TimeSpan.FromSeconds(30);

    /// <summary>How much longer condemned objects are kept.</summary>
    public static readonly TimeSpan DeletionMargin = TimeSpan.FromSeconds(15);

    private readonly SimulatedWorld _world;
    private readonly MetadataServer _server;
    private readonly CancellationTokenSource _stopping = new();
    private Task _upkeep = Task.CompletedTask;

    /// <summary>Not running yet.</summary>
    public SimulatedServer(SimulatedWorld world)
    {
        _world = world;
        Process = world.NewProcess("server");
        var chance = world.Chance.Fork();
        _server = new MetadataServer(new MetadataServerSetup
        {
            Directory = new OneVolume(world.Volume),
            Stores = world.Store,
            NewSessionKey = () => new UInt128(chance.Next(), chance.Next()),
            NewContext = Process.NewLane,
            Deleter = world.Objects,
            Clock = Process.Clock,
            Logs = world.LogsOf(Process),
            Options = new ServiceOptions
            {
                SessionTerm = SessionTerm,
                DeletionMargin = DeletionMargin,
                LeaseMargin = world.Options.Sabotage == Sabotage.ServerEndsSessionsEarly ? TimeSpan.FromSeconds(-7) : TimeSpan.FromSeconds(1),
                BatchRequestsMax = world.Chance.Of([1, 3, 16, 4096]),
                StepRequestsMax = world.Chance.Of([1, 4, 512]),
            },

            // A small working set, so that most requests meet keys that must be fetched.
            EngineOptions = new EngineOptions
            {
                WorkingSetKeysMax = world.Chance.Of([8, 64, 1 << 20]),
                RemovalStep = world.Chance.Of([1, 2, 256]),
                HashSeed = 1,
            },
        });
    }

    /// <summary>Where it runs.</summary>
    public SimulatedProcess Process { get; }

    /// <summary>Whether it takes connections.</summary>
    public bool IsServing { get; private set; }

    /// <summary>Opens its port.</summary>
    public void Start()
    {
        IsServing = true;
        Process.Start(() => _upkeep = _server.RunAsync(_stopping.Token));
        Sabotages.Apply(_world, Process, _server);
    }

    /// <summary>Serves a connection.</summary>
    public void Accept(IDuplexPipe transport) => Process.Start(async () =>
    {
        var end = await _server.ServeAsync(transport, _stopping.Token);
        _world.Trace.Remark(_world.Now, $"{Process.Name}: a connection ended: {end}");
        if (end.Kind == Rpc.RpcEndKind.Fault) throw new ViolationException($"the server's connection failed: {end}");
    });

    /// <summary>Why a volume stopped by itself; null while all serve.</summary>
    public string? StopReason => _server.Status.Select(s => s.StopReason).FirstOrDefault(r => r is not null);

    /// <summary>Sessions that it knows.</summary>
    public int Sessions => _server.Status.Sum(s => s.Sessions);

    /// <summary>Ends it politely.</summary>
    public Task CloseAsync() => Process.RunAsync(async () =>
    {
        IsServing = false;
        await _server.CloseAsync();
        _stopping.Cancel();
        await _upkeep;
        _server.Dispose();
        return true;
    });

    private sealed class OneVolume(VolumeDescription volume) : IVolumeDirectory
    {
        public VolumeGrant Find(string name, string token) =>
            name == volume.Name && token == Token ? VolumeGrant.Yes(volume, false, Token) : VolumeGrant.No("no such volume");

        public VolumeGrant Look(VolumeId id, string grant) => Find(volume.Name, grant);

        public long Version => 0;
    }
}
