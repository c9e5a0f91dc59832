using FlexFs.Core;
using FlexFs.Simulation.Checkers;
using FlexFs.Simulation.Runtime;
using FlexFs.Simulation.Workloads;
using FlexFs.Simulation.World;

namespace FlexFs.Simulation.Tests;

/// <summary>Checkers that cannot fail prove nothing: each bug that is put in must be found within some seeds.</summary>
public sealed class CheckerTests
{
    private const int SeedsMax = 1500;

    [Fact]
    public void A_store_that_forgets_a_commit_is_found() => IsFound(
        Sabotage.StoreForgetsCommit, "names", Faults.ServerCrashes, "names", "space", "volume stopped");

    [Fact]
    public void A_server_that_forgets_its_replies_is_found() =>
        IsFound(Sabotage.ServerForgetsReplies, "names", Faults.ServerCrashes | Faults.Cuts, "names");

    [Fact]
    public void A_client_that_says_fsync_is_done_and_does_nothing_is_found() =>
        IsFound(Sabotage.ClientSkipsFsync, "bytes", Faults.ClientCrashes, "bytes");

    [Fact]
    public void A_reader_that_believes_a_lying_store_is_found() =>
        IsFound(Sabotage.ReaderBelieves, "bytes", Faults.Lies, "bytes");

    [Fact]
    public void A_reaper_that_deletes_what_is_in_use_is_found() =>
        IsFound(Sabotage.ReaperDeletesLive, "bytes", Faults.None, "space", "bytes");

    [Fact]
    public void A_reaper_that_deletes_nothing_is_found() =>
        IsFound(Sabotage.ReaperKeepsAll, "bytes", Faults.None, "space");

    [Fact]
    public void A_client_that_ignores_recalls_is_found() =>
        IsFound(Sabotage.ClientIgnoresRecalls, "shared", Faults.None, "names", "attributes", "bytes");

    [Fact]
    public void A_server_that_does_not_wait_for_recalls_is_found() =>
        IsFound(Sabotage.ServerAwaitsNoRecall, "shared", Faults.None, "names", "attributes", "bytes");

    [Fact]
    public void A_client_that_does_not_fence_itself_is_found() => IsFound(
        Sabotage.ClientNeverSelfFences, "shared", Faults.Partitions | Faults.Freezes, "names", "attributes", "bytes", "locks");

    [Fact]
    public void A_client_that_claims_no_leases_after_a_restart_is_found() =>
        IsFound(Sabotage.ClientReclaimsNoLeases, "shared", Faults.ServerCrashes, "names", "attributes", "bytes");

    [Fact]
    public void A_client_that_claims_no_locks_after_a_restart_is_found() =>
        IsFound(Sabotage.ClientReclaimsNoLocks, "shared", Faults.ServerCrashes, "locks");

    [Fact]
    public void A_server_that_ends_sessions_too_early_is_found() =>
        IsFound(
            Sabotage.ServerEndsSessionsEarly, "shared", Faults.Partitions | Faults.Freezes, "names", "attributes", "bytes", "locks");

    [Fact]
    public void A_failing_run_is_made_smaller_and_still_fails()
    {
        var options = new RunOptions
        {
            Seed = 1, Steps = 120, Clients = 2, Programs = 2, Workload = "mixed", Faults = Faults.Cuts | Faults.Slowness,
            Sabotage = Sabotage.ReaperKeepsAll,
        };
        Exception? failure = null;
        while ((failure = new SimulatedRun(options).Run()) is null) options = options with { Seed = options.Seed + 1 };
        var (smallest, why) = Shrinker.Shrink(options, failure, attemptsMax: 12);
        Assert.True(smallest.Steps < options.Steps || smallest.Faults != options.Faults);
        Assert.Equal(why.Message, new SimulatedRun(smallest).Run()!.Message);
    }

    [Fact]
    public void An_answer_that_no_order_explains_is_found()
    {
        var checker = new NameChecker(new Marks());
        checker.Asked(Answered(1, NameVerb.Create, 1, 2, Errno.OK, 1));
        checker.Asked(Answered(2, NameVerb.Lookup, 3, 4, Errno.ENOENT, 0));
        Assert.Throws<ViolationException>(checker.Check);
    }

    [Fact]
    public void Answers_that_overlap_may_come_in_any_order()
    {
        var checker = new NameChecker(new Marks());
        checker.Asked(Answered(1, NameVerb.Create, 1, 4, Errno.OK, 1));
        checker.Asked(Answered(2, NameVerb.Lookup, 2, 3, Errno.ENOENT, 0));
        checker.Check();
    }

    [Fact]
    public void What_was_never_answered_may_show_later_but_not_go_again()
    {
        var checker = new NameChecker(new Marks());
        checker.Asked(Answered(1, NameVerb.Create, 1, 0, Errno.OK, 0));
        checker.Asked(Answered(2, NameVerb.Lookup, 2, 3, Errno.ENOENT, 0));
        checker.Asked(Answered(3, NameVerb.Lookup, 4, 5, Errno.OK, 1));
        checker.Check();
        checker.Asked(Answered(4, NameVerb.Lookup, 6, 7, Errno.ENOENT, 0));
        Assert.Throws<ViolationException>(checker.Check);
    }

    [Fact]
    public void Bytes_that_were_safe_must_be_read_and_others_may_be()
    {
        var checker = new ByteChecker();
        var safe = Write(1, 1, 2);
        checker.Of(9).Add(safe);
        checker.Synced(9, "a", null, 1, 3, 4);
        checker.Of(9).Add(Write(2, 5, 6));
        byte[] old = [ByteWrite.Byte(1, 0), ByteWrite.Byte(1, 1)], young = [ByteWrite.Byte(2, 0), ByteWrite.Byte(1, 1)];
        checker.Read(9, "b", 2, 7, 8, 9, 0, 2, old);
        checker.Read(9, "b", 2, 7, 8, 9, 0, 2, young);
        checker.Read(9, "b", 2, 3, 8, 9, 0, 2, [0, 0]);
        Assert.Throws<ViolationException>(() => checker.Read(9, "b", 2, 7, 8, 9, 0, 2, [0, 0]));
        Assert.Throws<ViolationException>(() => checker.Read(9, "b", 2, 7, 8, 9, 0, 2, [.. old.Take(1)]));
        Assert.Throws<ViolationException>(() => checker.Read(9, "a", 1, 7, 8, 9, 0, 2, old));
    }

    [Fact]
    public void Bytes_lost_with_a_session_must_be_reported_before_a_sync_says_that_all_is_well()
    {
        byte[] nothing = [0, 0];
        var told = new ByteChecker();
        told.Of(9).Add(Write(1, 1, 2));
        told.SyncFailed(9, "a");
        told.Synced(9, "a", null, null, 5, 6);
        told.Read(9, "b", 3, 7, 8, 9, 0, 2, nothing);

        var silent = new ByteChecker();
        silent.Of(9).Add(Write(1, 1, 2));
        silent.Synced(9, "a", null, null, 5, 6);
        Assert.Throws<ViolationException>(() => silent.Read(9, "b", 3, 7, 8, 9, 0, 2, nothing));
    }

    private static ByteWrite Write(uint number, long asked, long answered) => new()
    {
        Content = number, Number = number, Client = "a", Session = 1, From = 0, To = 2, Asked = asked, Answered = answered,
    };

    private static NameOperation Answered(uint number, NameVerb verb, long asked, long answered, Errno errno, uint value) => new()
    {
        Number = number, Verb = verb, Client = "a", Name = (byte)'x', Asked = asked, Answered = answered, Errno = errno, Value = value,
    };

    private static void IsFound(Sabotage sabotage, string workload, Faults faults, params string[] by)
    {
        for (ulong seed = 1; seed <= SeedsMax; seed++)
        {
            var options = RunOptions.OfSeed(seed, steps: 150, workload: workload, faults: faults) with { Sabotage = sabotage };
            if (new SimulatedRun(options).Run() is not { } failure) continue;
            Assert.Contains(by, one => failure.Message.Contains(one, StringComparison.Ordinal));
            return;
        }

        Assert.Fail($"{sabotage} was not found in {SeedsMax} seeds");
    }
}
