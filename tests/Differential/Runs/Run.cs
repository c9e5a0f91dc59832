using FlexFs.Differential.Operations;
using FlexFs.Differential.Worlds;
using FlexFs.Harness.Native;

namespace FlexFs.Differential.Runs;

/// <summary>What makes a run.</summary>
/// <param name="Seed">Of its operations.</param>
/// <param name="Steps">How many.</param>
/// <param name="Generator">Which.</param>
/// <param name="ClosesAtTurns">Whether a mount closes its files before the other has its turn.</param>
internal sealed record RunOptions(ulong Seed, int Steps, GeneratorOptions Generator, bool ClosesAtTurns);

/// <summary>One run: the same operations on both sides, compared step by step and at the end.</summary>
internal sealed class Run(Playground playground, RunOptions options)
{
    private const int Confirmations = 3;
    private static readonly TimeSpan ClockTick = TimeSpan.FromMilliseconds(15);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan PatiencePerStep = TimeSpan.FromMilliseconds(50);
    private readonly List<Operation> _operations = [];

    /// <summary>What the second side performs instead: a fault that the comparison is to find.</summary>
    internal Func<Operation, Operation> Lie { get; init; } = static operation => operation;

    /// <summary>What was performed.</summary>
    internal IReadOnlyList<Operation> Operations => _operations;

    /// <summary>How often which call succeeded and failed, for the report.</summary>
    internal Dictionary<Call, (int Good, int Bad)> Counts { get; } = [];

    /// <summary>Random operations; null when both sides agree.</summary>
    internal Difference? Perform()
    {
        Difference? difference = null;
        Identity.OnThread(() => difference = Perform(null), Patience + (options.Steps * PatiencePerStep));
        return difference;
    }

    /// <summary>Given operations, on fresh folders.</summary>
    internal Difference? Replay(IReadOnlyList<Operation> operations)
    {
        Difference? difference = null;
        Identity.OnThread(() => difference = Perform(operations), Patience + (operations.Count * PatiencePerStep));
        return difference;
    }

    private Difference? Perform(IReadOnlyList<Operation>? given)
    {
        using var folders = playground.Fresh();
        try
        {
            using World ext4 = new([folders.Local], options.ClosesAtTurns, reusesInodes: true);
            using World flexFs = new(folders.Mounts, options.ClosesAtTurns, playground.ReusesInodes);
            if (Compare(given, ext4, flexFs, isConfirming: false) is { } difference) return difference;
            ext4.CloseAll();
            flexFs.CloseAll();
            return CompareTrees(folders, ext4, flexFs);
        }
        finally
        {
            _ = Libc.ChDir("/");
        }
    }

    private Difference? Compare(IReadOnlyList<Operation>? given, World ext4, World flexFs, bool isConfirming)
    {
        Generator generator = new(options.Seed, options.Generator, ext4);
        List<Operation> operations = isConfirming ? [] : _operations;
        operations.Clear();
        for (var step = 0; step < (given?.Count ?? options.Steps); step++)
        {
            var operation = given?[step] ?? generator.Next();
            operations.Add(operation);
            if (isConfirming && step == given!.Count - 1) Thread.Sleep(ClockTick);
            var expected = ext4.Execute(operation);
            var found = flexFs.Execute(Lie(operation));
            if (expected != found && !KnownDifference.Covers(operation, expected, found)
                && (!OnlyMoves(expected, found) || (isConfirming ? step == given!.Count - 1 : IsConfirmed(operations))))
            {
                return Difference.Of(step, operation, expected, found);
            }

            if (given is not null) continue;
            Count(operation.Call, expected);
            if (operation.HasPath) generator.Names.Learn(operation.Path, ext4.Exists(operation.Path));
            if (operation.HasSecondPath) generator.Names.Learn(operation.Path2, ext4.Exists(operation.Path2));
        }

        return null;
    }

    // ext4 writes down a clock that stands still for some milliseconds, so two changes in a row may have one time there: once more, with
    // a pause before the last operation.
    private bool IsConfirmed(IReadOnlyList<Operation> operations)
    {
        for (var i = 0; i < Confirmations; i++)
        {
            if (!DiffersAgain(operations)) return false;
        }

        return true;
    }

    private bool DiffersAgain(IReadOnlyList<Operation> operations)
    {
        using var folders = playground.Fresh();
        using World ext4 = new([folders.Local], options.ClosesAtTurns, reusesInodes: true);
        using World flexFs = new(folders.Mounts, options.ClosesAtTurns, playground.ReusesInodes);
        return Compare([.. operations], ext4, flexFs, isConfirming: true) is not null;
    }

    private static bool OnlyMoves(Outcome expected, Outcome found) =>
        expected.Result == found.Result
        && KnownDifference.WithoutMoves(expected.Details) == KnownDifference.WithoutMoves(found.Details);

    private Difference? CompareTrees(Playground.Pair folders, World ext4, World flexFs)
    {
        var expected = Tree.Of(folders.Local, ext4);
        foreach (var mount in folders.Mounts)
        {
            if (Tree.Difference(expected, Tree.Of(mount, flexFs)) is { } text)
            {
                return new Difference(_operations.Count, $"the trees at the end, through {mount}:\n{text}");
            }
        }

        return null;
    }

    private void Count(Call call, Outcome outcome)
    {
        var (good, bad) = Counts.GetValueOrDefault(call);
        Counts[call] = outcome.IsError ? (good, bad + 1) : (good + 1, bad);
    }
}
