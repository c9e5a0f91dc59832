using FlexFs.Simulation.World;

namespace FlexFs.Simulation.Workloads;

/// <summary>Looks for a smaller run that fails too.</summary>
/// <remarks>Of the same seed: other options make another run, so each attempt is tried for a few neighbouring seeds.</remarks>
public static class Shrinker
{
    private const int SeedsPerAttempt = 12;

    /// <summary>The smallest failing run that was found, and why it fails.</summary>
    public static (RunOptions Options, Exception Failure) Shrink(RunOptions options, Exception failure, int attemptsMax = 60)
    {
        var best = (Options: options, Failure: failure);
        var attempts = 0;
        var isSmaller = true;
        while (isSmaller && attempts < attemptsMax)
        {
            isSmaller = false;
            foreach (var candidate in Candidates(best.Options))
            {
                if (attempts++ >= attemptsMax) break;
                if (Try(candidate) is not { } found) continue;
                best = found;
                isSmaller = true;
                break;
            }
        }

        return best;
    }

    private static IEnumerable<RunOptions> Candidates(RunOptions options)
    {
        if (options.Steps > 4) yield return options with { Steps = options.Steps / 2 };
        foreach (var fault in Enum.GetValues<Faults>())
        {
            if (fault is not (Faults.None or Faults.All) && (options.Faults & fault) != 0)
            {
                yield return options with { Faults = options.Faults & ~fault };
            }
        }

        if (options.Clients > 1) yield return options with { Clients = options.Clients - 1 };
        if (options.Programs > 1) yield return options with { Programs = options.Programs - 1 };
        if (options.Workload == "mixed") yield return options with { Workload = "bytes" };
        if (options.Workload == "mixed") yield return options with { Workload = "names" };
        if (options.Steps > 4) yield return options with { Steps = options.Steps * 3 / 4 };
    }

    private static (RunOptions, Exception)? Try(RunOptions options)
    {
        for (ulong i = 0; i < SeedsPerAttempt; i++)
        {
            var candidate = options with { Seed = options.Seed + i };
            if (new SimulatedRun(candidate).Run() is { } failure) return (candidate, failure);
        }

        return null;
    }
}
