using FlexFs.Simulation.Workloads;
using FlexFs.Simulation.World;

namespace FlexFs.Simulation.Tests;

public sealed class SimulationTests
{
    private static readonly bool IsLong = Environment.GetEnvironmentVariable("FLEXFS_LONG") == "1";

    // Each claim runs its own seeds, so that the parts of the suite can run beside each other.
    private static readonly int Runs = IsLong ? 3000 : 60;

    [Fact]
    public void Without_faults_every_order_of_steps_is_right() => AllAreWell(1_000_000, Runs, faults: Faults.None);

    [Fact]
    public void Names_survive_any_mix_of_faults() => AllAreWell(2_000_000, Runs, workload: "names");

    [Fact]
    public void Bytes_survive_any_mix_of_faults() => AllAreWell(3_000_000, Runs, workload: "bytes");

    [Fact]
    public void Names_and_bytes_together_survive_any_mix_of_faults() => AllAreWell(4_000_000, Runs, workload: "mixed");

    [Fact]
    public void What_hosts_share_at_once_has_one_order_whatever_fails() => AllAreWell(6_000_000, Runs, workload: "shared");

    [Fact]
    public void Hosts_that_are_silent_for_longer_than_their_leases_serve_nothing_old_and_keep_nobody_waiting_for_ever() =>
        AllAreWell(7_000_000, Runs, workload: "shared", faults: Faults.Partitions | Faults.Freezes | Faults.ClientCrashes);

    [Fact]
    public void Leases_and_locks_live_on_through_restarts_of_the_server() =>
        AllAreWell(8_000_000, Runs, workload: "shared", faults: Faults.ServerCrashes | Faults.Cuts | Faults.Stalls);

    [Fact]
    public void Server_crashes_and_cut_connections_lose_nothing_and_do_nothing_twice() =>
        AllAreWell(5_000_000, Runs, faults: Faults.ServerCrashes | Faults.Cuts | Faults.StoreFailures);

    private static void AllAreWell(ulong seed, int runs, string? workload = null, Faults? faults = null)
    {
        for (ulong i = 0; i < (ulong)runs; i++)
        {
            var run = new SimulatedRun(RunOptions.OfSeed(seed + i, workload: workload, faults: faults));
            if (run.Run() is { } failure) Assert.Fail(SimCommand.Describe(run, failure));
        }
    }
}
