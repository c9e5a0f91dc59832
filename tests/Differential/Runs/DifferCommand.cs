using System.Diagnostics;
using System.Globalization;
using FlexFs.Differential.Operations;

namespace FlexFs.Differential.Runs;

/// <summary>The command line: <c>differ [SEED] [--steps N] [--runs N] [--two-mounts] [--uid N]</c>.</summary>
internal static class DifferCommand
{
    private const string Usage = "differ [SEED] [--steps N] [--runs N] [--two-mounts] [--uid 0|1001|1002]";

    /// <summary>Runs it.</summary>
    /// <returns>0 when both sides agree in all runs, 1 when they differ, 2 for a wrong command line.</returns>
    internal static async Task<int> RunAsync(string[] args)
    {
        ulong? seed = null;
        int steps = 2000, runs = 1;
        int? user = null;
        var configuration = Configuration.OneMount;
        for (var i = 0; i < args.Length; i++)
        {
            string Value() => ++i < args.Length ? args[i] : throw new FormatException($"{args[i - 1]} needs a value");
            try
            {
                switch (args[i])
                {
                    case "--steps": steps = Number(Value()); break;
                    case "--runs": runs = Number(Value()); break;
                    case "--two-mounts": configuration = Configuration.TwoMounts; break;
                    case "--uid": user = UserOf(Number(Value())); break;
                    default: seed = ulong.Parse(args[i], CultureInfo.InvariantCulture); break;
                }
            }
            catch (Exception e) when (e is FormatException or OverflowException)
            {
                await Console.Error.WriteLineAsync($"differ: {e.Message}\n{Usage}");
                return 2;
            }
        }

        var first = seed ?? (ulong)DateTime.UtcNow.Ticks % 1_000_000_000;
        await using var arena = await Arena.StartAsync(configuration);
        var clock = Stopwatch.StartNew();
        Dictionary<Call, (int Good, int Bad)> counts = [];
        for (var i = 0; i < runs; i++)
        {
            var options = configuration.Run(first + (ulong)i, steps, user);
            Run run = new(arena.Playground, options);
            if (run.Perform() is { } difference)
            {
                Console.WriteLine(Report.Of(run, options, difference, CommandOf(configuration, options)));
                return 1;
            }

            foreach (var (call, (good, bad)) in run.Counts)
            {
                var (g, b) = counts.GetValueOrDefault(call);
                counts[call] = (g + good, b + bad);
            }
        }

        Console.WriteLine($"{runs} runs of {steps} operations agree, {configuration.Name}, seeds {first} to {first + (ulong)runs - 1}, in {clock.Elapsed.TotalSeconds:F1} s");
        foreach (var (call, (good, bad)) in counts.OrderBy(each => each.Key)) Console.WriteLine($"{call,-12} {good,8} succeeded {bad,8} failed alike");
        return 0;
    }

    /// <summary>How to have a run again.</summary>
    internal static string CommandOf(Configuration configuration, RunOptions options) => string.Create(
        CultureInfo.InvariantCulture,
        $"./dev differ {options.Seed} --steps {options.Steps}{(configuration.Mounts > 1 ? " --two-mounts" : "")}{(options.Generator.User is { } user ? $" --uid {Users.All[user].Uid}" : "")}");

    private static int UserOf(int uid)
    {
        var index = Array.FindIndex(Users.All, user => user.Uid == uid);
        return index >= 0 ? index : throw new FormatException($"there is no user {uid} here");
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
