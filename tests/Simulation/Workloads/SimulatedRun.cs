using FlexFs.Core;
using FlexFs.Simulation.Checkers;
using FlexFs.Simulation.Runtime;
using FlexFs.Simulation.World;

namespace FlexFs.Simulation.Workloads;

/// <summary>One run: programs on clients under faults, then peace, an audit, and a look at what is stored.</summary>
public sealed class SimulatedRun
{
    private static readonly TimeSpan WorkMax = TimeSpan.FromHours(2);
    private const long StepsMax = 6_000_000;
    private const int ClientCrashesMax = 3;
    private readonly RunState _state;
    private readonly FaultInjector _faults;
    private readonly SimulatedProcess _operator;
    private int _clientCrashes;
    private int _programs;
    private ulong _programNumbers;

    /// <summary>Nothing runs yet.</summary>
    public SimulatedRun(RunOptions options)
    {
        Options = options;
        World = new SimulatedWorld(options);
        _state = new RunState(World);
        _faults = new FaultInjector(World) { CrashClient = CrashClient };
        _operator = World.NewProcess("operator");
        World.Marks.Expect(MarkNames.All);
    }

    /// <summary>What it is.</summary>
    public RunOptions Options { get; }

    /// <summary>Where it runs.</summary>
    public SimulatedWorld World { get; }

    /// <summary>Runs to the end.</summary>
    /// <returns>Why it failed; null when all is well.</returns>
    public Exception? Run()
    {
        try
        {
            RunPhases();
            return null;
        }
        catch (Exception failure)
        {
            return failure;
        }
    }

    private void RunPhases()
    {
        World.StartServer();
        var isPrepared = false;
        _operator.Start(async () =>
        {
            await PrepareAsync();
            isPrepared = true;
        });
        Until("the preparation", () => isPrepared);
        for (var i = 0; i < Options.Clients; i++) StartClient();
        _faults.Start();
        Until("the workload", () => _programs == 0 && (_state.StepsLeft <= 0));
        _faults.Stop();
        var isDone = false;
        _operator.Start(async () =>
        {
            await EndAsync();
            isDone = true;
        });
        Until("the end", () => isDone);
        _state.Names.Check();
        _state.Inodes.Check();
        new SpaceChecker(World).Check();
    }

    // Files that every program of the workload goes to.
    private async Task PrepareAsync()
    {
        var client = await MountAsync();
        await client.Process.RunAsync(async () =>
        {
            var actions = new NameActions(_state, client);
            while (_state.Files.Count < (Options.Workload == "names" ? 1 : _state.IsShared ? 2 : 3)) await actions.CreateAsync(isExclusive: true);
            return true;
        });
        await UnmountAsync(client);
    }

    private SimulatedClient NewClient()
    {
        var client = World.NewClient();
        client.SessionLost = session => _state.Inodes.Lost(client.Process.Name, session, _state.NextEvent());
        return client;
    }

    private void StartClient()
    {
        var client = NewClient();
        for (var i = 0; i < Options.Programs; i++) _programs++;
        var running = Options.Programs;
        client.Process.Killed += () => _programs -= running;
        client.Process.Start(async () =>
        {
            await client.MountAsync();
            for (var i = 0; i < Options.Programs; i++)
            {
                client.Process.Start(async () =>
                {
                    await RunProgramAsync(client);
                    running--;
                    _programs--;
                });
            }
        });
    }

    private async Task RunProgramAsync(SimulatedClient client)
    {
        var names = new NameActions(_state, client);
        var bytes = new ByteActions(_state, client);
        var inodes = new InodeActions(_state, client);
        var locks = new LockActions(_state, client, ++_programNumbers);
        var isWatching = _state.IsShared && World.Chance.OneIn(4);
        if (Options.Sabotage == Sabotage.CodeEscapes) await Task.Delay(1, CancellationToken.None).ConfigureAwait(false);
        while (_state.StepsLeft > 0)
        {
            _state.StepsLeft--;
            await ((isWatching ? "watch" : Choose()) switch
            {
                "watch" => inodes.WatchAsync(names),
                "names" => names.StepAsync(),
                "bytes" => bytes.StepAsync(),
                "locks" => locks.StepAsync(),
                _ => inodes.StepAsync(),
            });
            if (World.Chance.OneIn(_state.PauseOneIn)) await World.DelayAsync(client.Process, _state.PauseMax);
            if (World.Server?.StopReason is { } stopped) throw new ViolationException($"the volume stopped: {stopped}");
        }

        await locks.EndAsync();
        await inodes.EndAsync();
        await bytes.EndAsync();
    }

    private string Choose() => Options.Workload switch
    {
        "mixed" => World.Chance.OneIn(2) ? "names" : "bytes",
        "shared" => World.Chance.Of(["names", "names", "inodes", "inodes", "locks"]),
        _ => Options.Workload,
    };

    private void CrashClient()
    {
        if (World.Clients.Count == 0 || _clientCrashes == ClientCrashesMax) return;
        _clientCrashes++;
        var client = World.Chance.Of(World.Clients);
        if (client.IsMounted) _state.Inodes.Lost(client.Process.Name, client.SessionNumber, 0);
        World.CrashClient(client);
        StartClient();
    }

    private async Task EndAsync()
    {
        foreach (var client in World.Clients.ToArray())
        {
            if (client.IsMounted) await UnmountAsync(client);
            else World.CrashClient(client);
        }

        var auditor = await MountAsync();
        await auditor.Process.RunAsync(async () =>
        {
            await AuditAsync(auditor);
            return true;
        });
        await UnmountAsync(auditor);

        // The sessions of the dead expire, orphans go, what is condemned is deleted.
        var rest = SimulatedServer.SessionTerm + SimulatedServer.SessionTerm + SimulatedServer.DeletionMargin;
        await Task.Delay(rest + TimeSpan.FromSeconds(60), _operator.Clock);
        if (World.Server!.StopReason is { } stopped) throw new ViolationException($"the volume stopped: {stopped}");
        await World.CloseServerAsync();
    }

    private async Task AuditAsync(SimulatedClient auditor)
    {
        var names = new NameActions(_state, auditor);
        var bytes = new ByteActions(_state, auditor);
        var inodes = new InodeActions(_state, auditor);
        var directories = new Queue<Known>([_state.Directories[0]]);
        var files = new SortedDictionary<uint, Known>();
        while (directories.TryDequeue(out var directory))
        {
            await names.CountAsync(directory);
            if (_state.IsShared && directory.Tag != 0) await inodes.LookAsync(directory, isDirectory: true);
            foreach (var (_, child, isDirectory) in await names.ListAsync(directory))
            {
                if (isDirectory) directories.Enqueue(child);
                else files[child.Tag] = child;
            }
        }

        foreach (var file in files.Values)
        {
            await names.CountAsync(file);
            await (_state.IsShared ? inodes.LookAsync(file, isDirectory: false) : bytes.ReadAllAsync(file));
        }
    }

    private async Task<SimulatedClient> MountAsync()
    {
        var client = NewClient();
        return await client.Process.RunAsync(async () =>
        {
            await client.MountAsync();
            return client;
        });
    }

    private async Task UnmountAsync(SimulatedClient client)
    {
        var session = client.Files.Session.Session.Value;
        var asked = _state.NextEvent();
        var errno = await client.Process.RunAsync(() => client.Files.UnmountAsync().AsTask());
        var answered = _state.NextEvent();
        World.Note($"{client.Process.Name} is unmounted: {errno}");
        _state.Expect(errno, client, "the unmount");
        if (errno != Errno.OK) _state.Inodes.Lost(client.Process.Name, session, 0);
        if (errno == Errno.OK) _state.Bytes.Synced(null, client.Process.Name, null, session, asked, answered);
        World.Remove(client);
    }

    private void Until(string what, Func<bool> isDone)
    {
        try
        {
            World.Loop.Run(isDone, WorkMax, StepsMax);
        }
        catch (StuckException stuck)
        {
            throw new StuckException($"{what}: {stuck.Message}; {_programs} programs, {_state.StepsLeft} steps left");
        }
    }
}
