using FlexFs.Harness;

namespace FlexFs.Crash.Tests;

/// <summary>What keeps ./test from hanging: scripts/limit.sh.</summary>
public sealed class LimitTests
{
    [Fact]
    public async Task All_that_a_command_started_and_mounted_ends_with_its_limit_though_the_metadata_server_is_gone()
    {
        Requirements.Mounting();
        await using var cluster = await Cluster.StartAsync(new ClusterOptions { Mounts = 0 });
        await cluster.BashAsync(
            $$"""
            . {{Executables.Root()}}/scripts/limit.sh
            export TMPDIR=$tmp
            LIMIT_GRACE_SECONDS=2 code=0
            limited 4 $tmp/log bash -euc '
              echo $TMPDIR >$tmp/folder
              mkdir "$TMPDIR/a mount" $TMPDIR/disk
              mount -t tmpfs none $TMPDIR/disk
              {{Executables.Find("mount.flexfs")}} start {{Cluster.Volume}} "$TMPDIR/a mount"
              exec 5>"$TMPDIR/a mount/dirty"; echo x >&5
              kill -9 {{cluster.Meta.Id}}
              setsid sh -c "trap : TERM; sleep 1000; sleep 1000" &
              touch $tmp/waits
              stat "$TMPDIR/a mount/unknown"' || code=$?
            cat $tmp/log; [ -e $tmp/waits ]; [ $code = 124 ]; [ -z "$LIMIT_FOLDER" ]
            LIMIT_FOLDER=$(cat $tmp/folder)
            [ -z "$(limit_mounts)" ]; [ -z "$(limit_processes)" ]; [ ! -e $LIMIT_FOLDER ]
            """,
            seconds: 60);
    }

    [Fact]
    public async Task The_exit_code_of_a_command_within_its_limit_is_its_own_and_what_it_left_ends()
    {
        using TempFolder folder = new();
        var outcome = await Shell.BashAsync(
            $$"""
            . {{Executables.Root()}}/scripts/limit.sh
            export TMPDIR=$tmp
            code=0; limited 30 $tmp/log sh -c 'echo said; setsid sleep 1000 & echo $! >$tmp/left; exit 3' || code=$?
            [ $code = 3 ]; [ "$(cat $tmp/log)" = said ]; ! [ -s /proc/$(cat $tmp/left)/environ ]
            limited 0 $tmp/log true
            """,
            new Dictionary<string, string> { ["tmp"] = folder.Path },
            seconds: 60);
        outcome.MustSucceed("a command within its limit");
    }
}
