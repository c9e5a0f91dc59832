using FlexFs.Harness;

namespace FlexFs.Crash.Tests;

/// <summary>Locks of a mount that is killed.</summary>
public sealed class LockKillTests
{
    [Fact]
    public async Task The_locks_of_a_killed_mount_are_listed_and_free_when_its_session_is_evicted()
    {
        Requirements.Mounting();
        Requirements.Programs("flock");
        await using var cluster = await Cluster.StartAsync();
        await cluster.BashAsync(
            """
            touch $a/f
            (exec 9<$a/f; flock -x 9; touch $tmp/held; exec sleep 300) </dev/null >/dev/null 2>&1 & echo $! >$tmp/holder
            until test -e $tmp/held; do sleep 0.02; done
            # Of what both mounts have read nothing has to be recalled from the one that is killed; else it would be given up by itself.
            cat $b/f; stat $b/f >/dev/null
            """);
        await cluster.Mounts[0].KillAsync();
        await cluster.BashAsync(
            """
            ! flock -n $b/f true
            flock $b/f touch $tmp/got </dev/null >/dev/null 2>&1 &
            """);
        var waits = await LineAsync(cluster, "locks", " waits ");
        Assert.Contains(cluster.Mounts[1].Path, waits, StringComparison.Ordinal);
        var held = await LineAsync(cluster, "locks", " held ");
        Assert.Contains("flock  exclusive  0-end", held, StringComparison.Ordinal);
        Assert.Contains(cluster.Mounts[0].Path, held, StringComparison.Ordinal);
        var silent = await LineAsync(cluster, "sessions", " silent ");
        Assert.False(File.Exists(cluster.Join("got")));
        (await RunAsync(cluster, "evict", Cluster.Volume, "999")).MustFailInOneLine(1, "there is no such session");
        var session = silent.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
        (await RunAsync(cluster, "evict", Cluster.Volume, session)).MustSucceed("evict");
        await Until.TrueAsync("who waited has the lock", () => File.Exists(cluster.Join("got")));
        await cluster.BashAsync("kill -9 $(cat $tmp/holder) || true");
    }

    private static async Task<string> LineAsync(Cluster cluster, string what, string part)
    {
        var output = "";
        for (var attempt = 0; attempt < 300; attempt++)
        {
            output = (await RunAsync(cluster, what)).MustSucceed(what);
            var lines = output.Split('\n').Where(line => line.Contains(part, StringComparison.Ordinal)).ToArray();
            if (lines.Length == 1) return lines[0];
            await Task.Delay(TimeSpan.FromMilliseconds(50));
        }

        Assert.Fail($"no line with '{part}' in:\n{output}");
        return "";
    }

    private static Task<Outcome> RunAsync(Cluster cluster, params string[] arguments) =>
        cluster.RunAsync("meta.flexfs", [.. arguments, "--dbFolder", cluster.DatabaseFolder]);
}
