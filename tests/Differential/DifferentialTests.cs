using FlexFs.Differential.Operations;
using FlexFs.Differential.Runs;
using FlexFs.Harness;

namespace FlexFs.Differential;

/// <summary>A mount does what ext4 does, in random sequences of system calls.</summary>
public class DifferentialTests
{
    private const int LongOperations = 1_000_000;
    private const int Steps = 2000;
    private const int Runs = 4;

    /// <summary>How many mounts, who performs, whether there are ACLs.</summary>
    public static TheoryData<int, string, bool> Kinds { get; } = new()
    {
        { 1, "root", false },
        { 1, "others", false },
        { 2, "root", false },
        { 2, "others", false },
        { 1, "all", true },
        { 2, "all", true },
    };

    /// <summary>./dev differ SEED repeats one of them.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Random_sequences_of_system_calls_do_what_they_do_on_ext4(int mounts, string who, bool hasAcls)
    {
        Requirements.Mounting();
        Configuration configuration = new(mounts, hasAcls);
        var users = who switch { "root" => [0], "others" => Users.Unprivileged, _ => Users.Everybody };
        await using var arena = await Arena.StartAsync(configuration);
        Counts counts = new();
        for (var i = 0; i < (Requirements.IsLong ? LongOperations / Steps : Runs); i++)
        {
            var options = configuration.Run((ulong)(1000 + i), Steps, users);
            Run run = new(arena.Playground, options);
            if (run.Perform() is { } difference)
            {
                Assert.Fail(Report.Of(run, options, difference, DifferCommand.CommandOf(configuration, options)));
            }

            counts.Add(run.Counts);
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{counts.Made} operations agree, {configuration}, {who}\n{counts}");
        Assert.InRange(counts.SuccessShare, 0.55, 0.85);
    }
}
