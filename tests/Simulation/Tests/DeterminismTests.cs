using FlexFs.Simulation.Runtime;
using FlexFs.Simulation.Workloads;
using FlexFs.Simulation.World;

namespace FlexFs.Simulation.Tests;

public sealed class DeterminismTests
{
    [Theory]
    [InlineData("names")]
    [InlineData("bytes")]
    [InlineData("mixed")]
    [InlineData("shared")]
    public void One_seed_is_one_run(string workload)
    {
        for (ulong seed = 77; seed < 85; seed++)
        {
            var options = RunOptions.OfSeed(seed, steps: 120, workload: workload, faults: Faults.All);
            var (first, second) = (TraceOf(options), TraceOf(options));
            Assert.True(first.Count > 1000);
            Assert.Equal((first.Count, first.Hash), (second.Count, second.Hash));
        }
    }

    [Fact]
    public void Another_seed_is_another_run()
    {
        var options = RunOptions.OfSeed(77, steps: 40, workload: "mixed", faults: Faults.None);
        Assert.NotEqual(TraceOf(options).Hash, TraceOf(options with { Seed = 78 }).Hash);
    }

    [Fact]
    public void Code_that_leaves_the_thread_fails_the_run()
    {
        var options = RunOptions.OfSeed(5, steps: 40, workload: "names", faults: Faults.None);
        var failure = new SimulatedRun(options with { Sabotage = Sabotage.CodeEscapes }).Run();
        Assert.True(failure is EscapeException or StuckException, $"{failure}");
    }

    private static Trace TraceOf(RunOptions options)
    {
        var run = new SimulatedRun(options);
        if (run.Run() is { } failure) Assert.Fail(SimCommand.Describe(run, failure));
        return run.World.Trace;
    }
}
