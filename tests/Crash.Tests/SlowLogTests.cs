using System.Globalization;
using System.Text.RegularExpressions;
using FlexFs.Harness;

namespace FlexFs.Crash.Tests;

/// <summary>What the servers and mounts say of operations that are slow, and whom operators see waiting meanwhile.</summary>
public sealed class SlowLogTests
{
    private const string Secret = "name-of-a-file";

    [Fact]
    public async Task A_host_that_is_stopped_is_named_while_another_waits_for_it_and_afterwards()
    {
        Requirements.Mounting();
        await using var cluster = await Cluster.StartAsync();
        var (a, b) = (cluster.Mounts[0], cluster.Mounts[1]);
        await cluster.BashAsync($"mkdir $a/folder; echo x >$a/folder/{Secret}; ls -l $b/folder; cat $b/folder/{Secret}");
        var leases = (await RunAsync(cluster, "leases", "--client", b.Path)).MustSucceed("leases");
        Assert.Contains($"/folder/{Secret}", leases, StringComparison.Ordinal);
        var stopped = b.Process.Id.ToString(CultureInfo.InvariantCulture);
        await cluster.BashAsync($"kill -STOP {stopped}");
        try
        {
            var renaming = cluster.BashAsync($"timeout 60 mv $a/folder/{Secret} $a/folder/other");
            var waits = await RowAsync(cluster, "leases", " waits ", "--waiting");
            Assert.Contains(a.Path, waits, StringComparison.Ordinal);
            Assert.Matches($"session [0-9]+ [^ ]*{Regex.Escape(b.Path)}\\[{stopped}\\] +/folder", waits);
            Assert.Contains(b.Path, await RowAsync(cluster, "leases", " recalled ", "--waiting"), StringComparison.Ordinal);
            await renaming;
        }
        finally
        {
            await cluster.BashAsync($"kill -CONT {stopped}");
        }

        var holder = $"session [0-9]+ \\([^ ]*{Regex.Escape(b.Path)}\\[{stopped}\\]\\)";
        var line = await LineAsync(cluster.Meta, " Rename of inode ");
        Assert.Matches($"slow: Rename of inode [0-9]+ for session [0-9]+ \\([^ ]*{Regex.Escape(a.Path)}\\[[0-9]+\\]\\) took [1-9][0-9]\\.[0-9]+ s \\(OK\\)", line);
        Assert.Matches($"recall of inode [0-9]+ from {holder} [1-9][0-9]\\.", line);
        line = await LineAsync(a.Process, " Rename2 of inode ");
        Assert.Matches($"the metadata server, which held it back for a recall of {holder}, Rename [1-9][0-9]\\.", line);
        Assert.Matches("for process [1-9][0-9]* \\(uid 0\\) in session [0-9]+ took ", line);
        foreach (var process in (ChildProcess[])[cluster.Meta, a.Process])
        {
            Assert.DoesNotContain(Slow(process), said => said.Contains(Secret, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Who_had_a_lock_is_named()
    {
        Requirements.Mounting();
        Requirements.Programs("flock");
        await using var cluster = await Cluster.StartAsync();
        await cluster.BashAsync(
            """
            touch $a/f
            (exec 9<$a/f; flock -x 9; touch $tmp/held; until test -e $tmp/go; do sleep 0.05; done) </dev/null >/dev/null 2>&1 &
            until test -e $tmp/held; do sleep 0.02; done
            timeout 60 flock $b/f touch $tmp/got </dev/null >/dev/null 2>&1 &
            """);
        var waits = await RowAsync(cluster, "locks", " waits ");
        Assert.Matches($"session [0-9]+ process [0-9]+ [^ ]*{Regex.Escape(cluster.Mounts[0].Path)}\\[[0-9]+\\]$", waits);
        await cluster.BashAsync("sleep 1.5; touch $tmp/go; until test -e $tmp/got; do sleep 0.02; done");
        var owner = $"session [0-9]+ \\([^ ]*{Regex.Escape(cluster.Mounts[0].Path)}\\[[0-9]+\\]\\) process [1-9][0-9]*";
        Assert.Matches($"a lock that {owner} held [0-9]", await LineAsync(cluster.Meta, " Lock of inode "));
        Assert.Matches($"held it back for a lock of {owner}, Lock [0-9]", await LineAsync(cluster.Mounts[1].Process, " SetLkW of inode "));
    }

    [Fact]
    public async Task A_store_that_is_slow_is_named_with_the_object()
    {
        Requirements.Mounting();
        await using var disk = await FreezableDisk.CreateAsync();
        await using var cluster = await Cluster.StartAsync(new ClusterOptions
        {
            Mounts = 1,
            StoreFolder = Path.Combine(disk.Path, "store"),
            MountFlags = ["--slowLog", "0.5"],
        });
        await disk.FreezeAsync();
        var writing = cluster.BashAsync("timeout 60 dd if=/dev/urandom of=$a/f bs=64K count=4 conv=fsync status=none");
        await Task.Delay(TimeSpan.FromSeconds(1.5), TestContext.Current.CancellationToken);
        await disk.ThawAsync();
        await writing;
        var line = await LineAsync(cluster.Mounts[0].Process, " FSync of inode ");
        Assert.Matches("waited for: the object store, PUT of [0-9a-f]{16} [0-9]", line);
    }

    [Fact]
    public async Task A_disk_of_the_database_that_is_slow_is_named()
    {
        Requirements.Mounting();
        await using var disk = await FreezableDisk.CreateAsync();
        await using var cluster = await Cluster.StartAsync(new ClusterOptions
        {
            Mounts = 1,
            DatabaseFolder = Path.Combine(disk.Path, "database"),
        });
        await disk.FreezeAsync();
        var making = cluster.BashAsync("timeout 60 mkdir $a/folder");
        await Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
        await disk.ThawAsync();
        await making;
        Assert.Matches("commit to the database [1-9]", await LineAsync(cluster.Meta, " Create of inode 1 "));
        Assert.Matches("waited for: the metadata server Create [1-9]", await LineAsync(cluster.Mounts[0].Process, " MkDir of inode 1 "));
    }

    [Fact]
    public async Task A_metadata_server_that_is_away_is_named_and_zero_says_nothing()
    {
        Requirements.Mounting();
        await using var cluster = await Cluster.StartAsync(new ClusterOptions { Mounts = 1 });
        var silent = await cluster.MountAsync("--slowLog", "0");
        await cluster.Meta.KillAsync();
        var making = cluster.BashAsync("for m in $a $b; do timeout 60 mkdir $m/$RANDOM$RANDOM & done; wait");
        await Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
        await cluster.StartMetaAsync();
        await making;
        Assert.Matches(
            "waited for: the metadata server, without a connection for [0-9.]+ s of [A-Za-z]+ [1-9]",
            await LineAsync(cluster.Mounts[0].Process, " of inode 1 "));
        Assert.Empty(Slow(silent.Process));
    }

    private static string[] Slow(ChildProcess process) =>
        [.. process.Log.Split('\n').Where(line => line.Contains("slow: ", StringComparison.Ordinal))];

    private static async Task<string> LineAsync(ChildProcess process, string part)
    {
        var found = "";
        await Until.TrueAsync($"a line with '{part}'", () =>
        {
            found = Slow(process).FirstOrDefault(line => line.Contains(part, StringComparison.Ordinal)) ?? "";
            return found.Length > 0;
        });
        return found;
    }

    private static async Task<string> RowAsync(Cluster cluster, string command, string part, params string[] flags)
    {
        var output = "";
        for (var attempt = 0; attempt < 300; attempt++)
        {
            output = (await RunAsync(cluster, [command, .. flags])).MustSucceed(command);
            var row = output.Split('\n').FirstOrDefault(line => line.Contains(part, StringComparison.Ordinal));
            if (row is not null) return row;
            await Task.Delay(TimeSpan.FromMilliseconds(50));
        }

        Assert.Fail($"no row with '{part}' in:\n{output}");
        return "";
    }

    private static Task<Outcome> RunAsync(Cluster cluster, params string[] arguments) =>
        cluster.RunAsync("meta.flexfs", [.. arguments, "--dbFolder", cluster.DatabaseFolder]);
}
