using FlexFs.Differential.Operations;
using FlexFs.Differential.Worlds;
using FlexFs.Harness.Native;

namespace FlexFs.Differential.Runs;

/// <summary>What makes a run.</summary>
/// <param name="Seed">Of its operations.</param>
/// <param name="Steps">How many.</param>
/// <param name="Generator">Which.</param>
internal sealed record RunOptions(ulong Seed, int Steps, GeneratorOptions Generator);

/// <summary>One run: the same operations on both sides, compared step by step and at the end.</summary>
internal sealed class Run(Playground playground, RunOptions options)
{
    private const int Confirmations = 3;
    private const int LockTries = 100;

    // So that a difference that no call shows is found near where it began.
    private const int StepsBetweenTrees = 500;
    private static readonly TimeSpan ClockTick = TimeSpan.FromMilliseconds(15);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan PatiencePerStep = TimeSpan.FromMilliseconds(50);
    private readonly List<Operation> _operations = [];

    /// <summary>What the second side performs instead: a fault that the comparison is to find.</summary>
    internal Func<Operation, Operation> Lie { get; init; } = static operation => operation;

    /// <summary>What was performed.</summary>
    internal IReadOnlyList<Operation> Operations => _operations;

    /// <summary>How often which call succeeded and failed, for the report.</summary>
    internal Counts Counts { get; } = new();

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
            var (ext4, flexFs) = Worlds(folders);
            using var first = ext4;
            using var second = flexFs;
            if (Compare(given, folders, ext4, flexFs, isConfirming: false) is { } difference) return difference;
            ext4.CloseAll();
            flexFs.CloseAll();
            return CompareTrees(_operations.Count, folders, ext4, flexFs);
        }
        finally
        {
            _ = Libc.ChDir("/");
        }
    }

    private Difference? Compare(IReadOnlyList<Operation>? given, Playground.Pair folders, World ext4, World flexFs, bool isConfirming)
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
            var found = Execute(flexFs, Lie(operation), expected);
            if (expected != found && !KnownDifference.Covers(operation, expected, found)
                && (!OnlyMoves(expected, found) || (isConfirming ? step == given!.Count - 1 : IsConfirmed(operations))))
            {
                return Difference.Of(step, operation, expected, found);
            }

            if (!isConfirming && step % StepsBetweenTrees == StepsBetweenTrees - 1 && CompareTrees(step, folders, ext4, flexFs) is { } trees) return trees;
            if (given is not null) continue;
            Counts.Add(operation.Call, expected.Result);
            if (operation is { Call: Call.Rename, Flags: 0 or (int)RenameFlags.RENAME_NOREPLACE } && !expected.IsError) generator.Names.Move(operation.Path, operation.Path2);
            if (operation.HasPath) generator.Names.Learn(operation.Path, ext4.Look(operation.Path) is not null);
            if (operation.HasSecondPath) generator.Names.Learn(operation.Path2, ext4.Look(operation.Path2) is not null);
        }

        return null;
    }

    private (World Ext4, World FlexFs) Worlds(Playground.Pair folders)
    {
        var isShared = options.Generator.Mounts > 1;
        return (new World([folders.Local], isShared, reusesInodes: true), new World(folders.Mounts, isShared, playground.ReusesInodes));
    }

    // The kernel tells a FUSE mount that the last descriptor of a file was closed when close(2) has returned: its lock may be there for a
    // moment longer.
    private static Outcome Execute(World world, Operation operation, Outcome expected)
    {
        var found = world.Execute(operation);
        for (var i = 0; i < LockTries && operation.IsLock && found != expected; i++)
        {
            Thread.Sleep(ClockTick);
            found = world.Execute(operation);
        }

        return found;
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
        var (ext4, flexFs) = Worlds(folders);
        using var first = ext4;
        using var second = flexFs;
        return Compare([.. operations], folders, ext4, flexFs, isConfirming: true) is not null;
    }

    private static bool OnlyMoves(Outcome expected, Outcome found) =>
        expected.Result == found.Result
        && KnownDifference.WithoutMoves(expected.Details) == KnownDifference.WithoutMoves(found.Details);

    private Difference? CompareTrees(int step, Playground.Pair folders, World ext4, World flexFs)
    {
        var expected = Tree.Of(folders.Local, ext4);
        foreach (var mount in folders.Mounts)
        {
            if (Tree.Difference(expected, Tree.Of(mount, flexFs)) is { } text)
            {
                return new Difference(step, "trees", $"the trees behind it, through {mount}:\n{text}");
            }
        }

        return null;
    }
}
