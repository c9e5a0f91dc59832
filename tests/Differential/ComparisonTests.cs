using FlexFs.Differential.Operations;
using FlexFs.Differential.Runs;
using FlexFs.Harness;
using FlexFs.Harness.Native;

namespace FlexFs.Differential;

/// <summary>The comparison itself.</summary>
public class ComparisonTests
{
    private static readonly Configuration OneFolder = new(Mounts: 1, HasAcls: true);

    [Fact]
    public async Task Two_folders_of_ext4_do_not_differ_and_every_call_is_made()
    {
        Requirements.Mounting();
        await using var local = await LocalExt4.CreateAsync();
        Run run = new(Twice(local), OneFolder.Run(1, 8000, Users.Everybody));
        if (run.Perform() is { } difference) Assert.Fail(difference.Text);
        Assert.Equal(Enum.GetValues<Call>().Length, run.Counts.Calls);
        Assert.InRange(run.Counts.SuccessShare, 0.55, 0.85);
    }

    [Fact]
    public async Task A_wrong_byte_is_found_and_shown_in_few_operations()
    {
        Requirements.Mounting();
        await using var local = await LocalExt4.CreateAsync();
        Run run = new(Twice(local), OneFolder.Run(1, 2000, [0]))
        {
            Lie = operation => operation is { Call: Call.PWrite, Length: > 500 } ? operation with { Fill = operation.Fill ^ 2 } : operation,
        };
        var difference = run.Perform();
        Assert.NotNull(difference);
        var (operations, smallest) = new Shrinker(run).Shrink([.. run.Operations], difference);
        Assert.InRange(operations.Count, 2, 8);
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

    private static Playground Twice(LocalExt4 local)
    {
        var (a, b) = (Path.Combine(local.Path, "a"), Path.Combine(local.Path, "b"));
        Directory.CreateDirectory(a);
        Directory.CreateDirectory(b);
        return new Playground(a, [b]) { ReusesInodes = true };
    }
}
