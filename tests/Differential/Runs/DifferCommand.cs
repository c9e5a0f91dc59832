using System.Diagnostics;
using System.Globalization;
using FlexFs.Differential.Operations;

namespace FlexFs.Differential.Runs;

/// <summary>The command line: <c>differ [SEED] [--steps N] [--runs N] [--two-mounts] [--acl] [--unprivileged | --uid N]</c>.</summary>
internal static class DifferCommand
{
    private const string Usage = "differ [SEED] [--steps N] [--runs N] [--two-mounts] [--acl] [--unprivileged | --uid 0|1001|1002|1003]";

    /// <summary>Runs it.</summary>
    /// <returns>0 when both sides agree in all runs, 1 when they differ, 2 for a wrong command line.</returns>
    internal static async Task<int> RunAsync(string[] args)
    {
        ulong? seed = null;
        int steps = 2000, runs = 1;
        var users = Users.Everybody;
        Configuration configuration = new(Mounts: 1, HasAcls: false);
        for (var i = 0; i < args.Length; i++)
        {
            string Value() => ++i < args.Length ? args[i] : throw new FormatException($"{args[i - 1]} needs a value");
            try
            {
                switch (args[i])
                {
                    case "--steps": steps = Number(Value()); break;
                    case "--runs": runs = Number(Value()); break;
                    case "--two-mounts": configuration = configuration with { Mounts = 2 }; break;
                    case "--acl": configuration = configuration with { HasAcls = true }; break;
                    case "--unprivileged": users = Users.Unprivileged; break;
                    case "--uid": users = [UserOf(Number(Value()))]; break;
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
        Counts counts = new();
        for (var i = 0; i < runs; i++)
        {
            var options = configuration.Run(first + (ulong)i, steps, users);
            Run run = new(arena.Playground, options);
            if (run.Perform() is { } difference)
            {
                Console.WriteLine(Report.Of(run, options, difference, CommandOf(configuration, options)));
                return 1;
            }

            counts.Add(run.Counts);
        }

        Console.WriteLine($"{runs} runs of {steps} operations agree, {configuration}, seeds {first} to {first + (ulong)runs - 1}, in {clock.Elapsed.TotalSeconds:F1} s");
        Console.Write(counts);
        return 0;
    }

    /// <summary>How to have a run again.</summary>
    internal static string CommandOf(Configuration configuration, RunOptions options) => string.Create(
        CultureInfo.InvariantCulture,
        $"./dev differ {options.Seed} --steps {options.Steps}{(configuration.Mounts > 1 ? " --two-mounts" : "")}{(configuration.HasAcls ? " --acl" : "")}{Who(options.Generator.Users)}");

    private static string Who(IReadOnlyList<int> users) => users.Count == 1
        ? string.Create(CultureInfo.InvariantCulture, $" --uid {Users.All[users[0]].Uid}")
        : users == Users.Unprivileged ? " --unprivileged" : "";

    private static int UserOf(int uid)
    {
        var index = Array.FindIndex(Users.All, user => user.Uid == uid);
        return index >= 0 ? index : throw new FormatException($"there is no user {uid} here");
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
