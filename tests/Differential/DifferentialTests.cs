using FlexFs.Differential.Operations;
using FlexFs.Differential.Runs;
using FlexFs.Harness;

namespace FlexFs.Differential;

/// <summary>A mount does what ext4 does, in random sequences of system calls.</summary>
public class DifferentialTests
{
    private const int LongSteps = 1_000_000;
    private const int Steps = 1500;

    /// <summary>Configurations and users.</summary>
    public static TheoryData<string, int?, int> Kinds { get; } = new()
    {
        { "one mount", 0, 3 },
        { "one mount", null, 5 },
        { "one mount", 1, 2 },
        { "two mounts", 0, 2 },
        { "two mounts", null, 3 },
    };

    /// <summary>./dev differ SEED repeats one of them.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Random_sequences_of_system_calls_do_what_they_do_on_ext4(string name, int? user, int runs)
    {
        Requirements.Mounting();
        var configuration = name == Configuration.TwoMounts.Name ? Configuration.TwoMounts : Configuration.OneMount;
        await using var arena = await Arena.StartAsync(configuration);
        var count = Requirements.IsLong ? LongSteps / Kinds.Count / Steps * 2 : runs;
        for (var i = 0; i < count; i++)
        {
            var options = configuration.Run((ulong)(1000 + i), Steps, user);
            Run run = new(arena.Playground, options);
            if (run.Perform() is { } difference)
            {
                Assert.Fail(Report.Of(run, options, difference, DifferCommand.CommandOf(configuration, options)));
            }
        }
    }
}

/// <summary>The comparison itself.</summary>
public class ComparisonTests
{
    [Fact]
    public async Task Two_folders_of_ext4_do_not_differ()
    {
        Requirements.Mounting();
        await using var local = await Harness.Native.LocalExt4.CreateAsync();
        Run run = new(Twice(local), Configuration.OneMount.Run(1, 6000, user: null));
        if (run.Perform() is { } difference) Assert.Fail(difference.Text);
        Assert.True(run.Counts.Count > 35, $"only {run.Counts.Count} calls were made");
    }

    [Fact]
    public async Task A_wrong_byte_is_found_and_shown_in_few_operations()
    {
        Requirements.Mounting();
        await using var local = await Harness.Native.LocalExt4.CreateAsync();
        Run run = new(Twice(local), Configuration.OneMount.Run(1, 2000, user: 0))
        {
            Lie = operation => operation is { Call: Call.PWrite, Length: > 500 } ? operation with { Fill = operation.Fill ^ 2 } : operation,
        };
        var difference = run.Perform();
        Assert.NotNull(difference);
        var (operations, smallest) = new Shrinker(run).Shrink([.. run.Operations], difference);
        Assert.InRange(operations.Count, 2, 4);
        Assert.Contains(operations, operation => operation.Call == Call.PWrite);
        Assert.NotEmpty(smallest.Text);
    }

    [Fact]
    public void Each_known_difference_is_in_the_documentation_with_its_reason()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "FlexFs.slnx"))) folder = Path.GetDirectoryName(folder)!;
        var page = File.ReadAllText(Path.Combine(folder, "docs/semantics.md"));
        foreach (var known in KnownDifference.All) Assert.Contains($"| {known.What} | {known.Why} |", page, StringComparison.Ordinal);
    }

    private static Playground Twice(Harness.Native.LocalExt4 local)
    {
        var (a, b) = (Path.Combine(local.Path, "a"), Path.Combine(local.Path, "b"));
        Directory.CreateDirectory(a);
        Directory.CreateDirectory(b);
        return new Playground(a, [b]) { ReusesInodes = true };
    }
}
