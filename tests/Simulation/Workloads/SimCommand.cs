using System.Diagnostics;
using System.Globalization;
using FlexFs.Metadata.Records;
using FlexFs.Simulation.World;
using FlexFs.Wire;

namespace FlexFs.Simulation.Workloads;

/// <summary>The command line: <c>sim [SEED] [--steps N] [--runs N] [--clients N] [--programs N] [--workload X] [--leases on|off] [--faults a,b] [--trace]</c>.</summary>
public static class SimCommand
{
    private const int TraceLines = 60;

    /// <summary>Runs it.</summary>
    /// <returns>0 when all runs are well, 1 when one failed, 2 for a wrong command line.</returns>
    public static int Run(string[] args)
    {
        ulong? seed = null;
        int? steps = null, clients = null, programs = null, runs = null;
        string? workload = null;
        Faults? faults = null;
        bool? leases = null;
        var sabotage = Sabotage.None;
        bool isWatched = false, shrinks = true;
        for (var i = 0; i < args.Length; i++)
        {
            string Value() => ++i < args.Length ? args[i] : throw new FormatException($"{args[i - 1]} needs a value");
            try
            {
                switch (args[i])
                {
                    case "--steps": steps = Number(Value()); break;
                    case "--runs": runs = Number(Value()); break;
                    case "--clients": clients = Number(Value()); break;
                    case "--programs": programs = Number(Value()); break;
                    case "--workload": workload = Value(); break;
                    case "--leases": leases = Value() switch { "on" => true, "off" => false, _ => throw new FormatException("--leases is on or off") }; break;
                    case "--faults": faults = Enum.Parse<Faults>(Value(), ignoreCase: true); break;
                    case "--sabotage": sabotage = Enum.Parse<Sabotage>(Value(), ignoreCase: true); break;
                    case "--trace": isWatched = true; break;
                    case "--no-shrink": shrinks = false; break;
                    default: seed = ulong.Parse(args[i], CultureInfo.InvariantCulture); break;
                }
            }
            catch (Exception e) when (e is FormatException or ArgumentException or OverflowException)
            {
                Console.Error.WriteLine($"sim: {e.Message}");
                Console.Error.WriteLine("sim [SEED] [--steps N] [--runs N] [--clients N] [--programs N] [--workload names|bytes|mixed|shared]");
                Console.Error.WriteLine($"    [--leases on|off] [--faults none|all|{string.Join(',', Enum.GetNames<Faults>().Where(n => n is not ("None" or "All")))}]");
                Console.Error.WriteLine("    [--trace] [--no-shrink]");
                return 2;
            }
        }

        var first = seed ?? (ulong)DateTime.UtcNow.Ticks;
        var count = runs ?? (seed is null ? 100 : 1);
        var marks = new Marks();
        marks.Expect(MarkNames.All);
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < count; i++)
        {
            var options = RunOptions.OfSeed(first + (ulong)i, steps, workload, faults, leases) with { Sabotage = sabotage };
            options = options with { Clients = clients ?? options.Clients, Programs = programs ?? options.Programs };
            var run = new SimulatedRun(options);
            if (isWatched) run.World.Trace.Watcher = Console.WriteLine;
            var failure = run.Run();
            marks.Add(run.World.Marks);
            if (failure is not null) return Report(run, failure, shrinks, isWatched);
            if (count == 1) Console.WriteLine($"{options.Command}: well; {run.World.Loop.Steps} steps, {run.World.Now.TotalSeconds:F1} s of its time, trace {run.World.Trace.Hash:x16}");
        }

        Console.WriteLine($"{count} runs are well, seeds {first} to {first + (ulong)count - 1}, in {clock.Elapsed.TotalSeconds:F1} s");
        if (count > 1) ReportMarks(marks);
        return 0;
    }

    /// <summary>A failure as text: what, the last events, how to repeat it.</summary>
    public static string Describe(SimulatedRun run, Exception failure) =>
        $"{string.Join("\n", run.World.Trace.Last(TraceLines))}\n\n"
        + (failure is Runtime.ViolationException or Runtime.StuckException ? failure.Message : failure.ToString())
        + $"\n\nRepeat it with: {run.Options.Command}\n";

    private static int Report(SimulatedRun run, Exception failure, bool shrinks, bool dumps)
    {
        Console.WriteLine(Describe(run, failure));
        if (dumps) Dump(run.World);
        if (!shrinks) return 1;
        Console.WriteLine("Looking for a smaller run that fails...");
        var (smallest, _) = Shrinker.Shrink(run.Options, failure);
        if (smallest == run.Options) return 1;
        var again = new SimulatedRun(smallest);
        if (again.Run() is { } same) Console.WriteLine("The smallest that was found:\n" + Describe(again, same));
        return 1;
    }

    // What is durable of the files, for a human who looks for where bytes went.
    private static void Dump(SimulatedWorld world)
    {
        foreach (var pair in world.Store.All(KeyFamily.Inode))
        {
            var inode = WireCodec.Read<InodeRecord>(pair.Value);
            Console.WriteLine($"inode {Keys.NumberAt(pair.Key, 1)}: file {inode.UserId}, {inode.Type}, {inode.SizeBytes} bytes, {inode.AllocatedBytes} allocated, version {inode.DataVersion}, {inode.Flags}");
        }

        foreach (var pair in world.Store.All(KeyFamily.Block))
        {
            var extents = WireCodec.Read<BlockRecord>(pair.Value).Extents;
            Console.WriteLine($"inode {Keys.NumberAt(pair.Key, 1)}, block {Keys.NumberAt(pair.Key, 9)}: "
                + string.Join(' ', extents.Select(e => $"{e.BlockOffset}+{e.LengthBytes}={e.Object.Value:x}@{e.ObjectOffset}")));
        }
    }

    private static void ReportMarks(Marks marks)
    {
        var never = marks.All.Where(m => m.Value == 0).Select(m => m.Key).ToList();
        foreach (var (name, times) in marks.All.Where(m => m.Value > 0)) Console.WriteLine($"{times,9}  {name}");
        if (never.Count > 0) Console.WriteLine($"never reached: {string.Join("; ", never)}");
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
