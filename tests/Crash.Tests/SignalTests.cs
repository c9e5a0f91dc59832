using System.Diagnostics;
using System.Globalization;
using FlexFs.Harness;

namespace FlexFs.Crash.Tests;

/// <summary>Signals to programs that wait for a metadata server which is away.</summary>
public sealed class SignalTests
{
    [Fact]
    public async Task A_killed_program_dies_whatever_it_waits_for()
    {
        Requirements.Mounting();
        Requirements.Programs("perl");
        await using var cluster = await Cluster.StartAsync();
        await cluster.BashAsync("cd $a; mkdir d; for f in f1 f2 f3 f4 f5; do echo $f >$f; done; head -c 3000000 /dev/zero >$b/large; ls -l . d");
        using var held = await HeldAsync(cluster, "open(F, '>', 'held'); wait_(); syswrite(F, 'kept'); print \"written\\n\"; sleep 1000");
        using var chmod = await HeldAsync(cluster, "open(F, '+<', 'f1'); wait_(); chmod(0600, *F)");
        using var truncate = await HeldAsync(cluster, "open(F, '+<', 'f2'); wait_(); truncate(F, 1)");
        using var sync = await HeldAsync(cluster, "use IO::Handle; open(F, '>', 'synced'); wait_(); syswrite(F, 'x'); F->sync");
        using var close = await HeldAsync(cluster, "open(F, '>', 'closed'); wait_(); syswrite(F, 'x'); close(F)");
        using var read = await HeldAsync(cluster, "open(F, '<', 'large'); wait_(); sysread(F, $b, 1000)");
        await cluster.Meta.KillAsync();

        await held.GoAsync();
        Assert.Equal("written", await held.LineAsync());
        await held.DiesAsync();
        foreach (var program in (Program[])[chmod, truncate, sync, close, read])
        {
            await program.GoAsync();
            await program.WaitsAsync();
            await program.DiesAsync();
        }

        foreach (var command in (string[])["stat unknown", "ls unknown", "mkdir new", "touch made", "rm f3", "rmdir d", "cat f4", "df ."])
        {
            using var program = Program.Start(cluster, $"exec {command}");
            await program.WaitsAsync();
            await program.DiesAsync();
        }

        // What the killed left behind has one outcome, the same for everybody, and nothing that was written is lost.
        await cluster.StartMetaAsync();
        await cluster.BashAsync(
            """
            soon() { local i; for i in $(seq 500); do if eval "$@"; then return 0; fi; sleep 0.02; done; echo "not soon: $*" >&2; return 1; }
            for f in held synced closed; do soon "[ -s $b/$f ]"; done
            [ "$(cat $b/held)" = kept ]; [ "$(cat $a/held)" = kept ]; [ "$(cat $b/f5)" = f5 ]
            for f in f1 f2 f3 f4 large d new made; do soon "[ \"\$(stat -c '%a %s' $a/$f 2>&1 | sed s,$a,,)\" = \"\$(stat -c '%a %s' $b/$f 2>&1 | sed s,$b,,)\" ]"; done
            for f in f1 f2 f4 large; do cmp $a/$f $b/$f; done
            """);
        foreach (var mount in cluster.Mounts) Assert.Equal(0, await mount.StopAsync());
        Assert.Equal(0, await cluster.Meta.StopAsync());
        (await cluster.VerifyAsync()).MustSucceed("meta.flexfs verify");
    }

    [Fact]
    public async Task A_signal_that_does_not_end_a_program_ends_a_look_but_no_change()
    {
        Requirements.Mounting();
        Requirements.Programs("perl");
        await using var cluster = await Cluster.StartAsync(new ClusterOptions { Mounts = 1 });
        await cluster.BashAsync("cd $a; echo x >f; mkdir d; ls -l . d");
        const string Handler = "$SIG{USR1} = sub { $n++ };";
        using var look = await HeldAsync(cluster, $"{Handler} wait_(); print stat('unknown') ? \"there\" : \"$!\"");
        using var change = await HeldAsync(
            cluster, $"{Handler} open(F, '+<', 'f'); wait_(); print chmod(0600, *F) ? \"done\" : \"$!\", \" $n\"");
        await cluster.Meta.KillAsync();
        foreach (var program in (Program[])[look, change])
        {
            await program.GoAsync();
            await program.WaitsAsync();
            await program.SignalAsync("USR1");
        }

        Assert.Equal("Interrupted system call", await look.LineAsync());
        await cluster.StartMetaAsync();
        Assert.Equal("done 1", await change.LineAsync());
        Assert.Equal("600", await cluster.BashAsync("stat -c %a $a/f"));
    }

    private static async Task<Program> HeldAsync(Cluster cluster, string perl)
    {
        var program = Program.Start(
            cluster, $"exec perl -e '$| = 1; sub wait_ {{ print \"ready\\n\"; <STDIN> }} {perl.Replace("'", "'\\''", StringComparison.Ordinal)}'");
        Assert.Equal("ready", await program.LineAsync());
        return program;
    }

    /// <summary>A program in the volume's root.</summary>
    private sealed class Program : IDisposable
    {
        private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);
        private readonly Process _process;
        private readonly string _what;

        private Program(Process process, string what) => (_process, _what) = (process, what);

        internal static Program Start(Cluster cluster, string script)
        {
            ProcessStartInfo start = new("/bin/sh")
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            foreach (var argument in (string[])["-c", "cd \"$1\"; " + script, "sh", cluster.Mounts[0].Path]) start.ArgumentList.Add(argument);
            return new Program(Process.Start(start)!, script);
        }

        internal async Task GoAsync()
        {
            await _process.StandardInput.WriteLineAsync();
            await _process.StandardInput.FlushAsync();
        }

        internal async Task<string?> LineAsync() => await _process.StandardOutput.ReadLineAsync().WaitAsync(Soon);

        /// <summary>Waits until it waits for an answer of the mount.</summary>
        internal Task WaitsAsync() => Until.TrueAsync($"{_what}: waits for the mount", () =>
        {
            if (_process.HasExited) Assert.Fail($"{_what}: it does not wait, it ended with {_process.ExitCode}");
            var at = File.ReadAllText($"/proc/{_process.Id}/wchan");
            return at is "request_wait_answer" or "fuse_get_req" or "folio_wait_bit_common";
        });

        internal async Task SignalAsync(string name) =>
            (await Shell.RunAsync("kill", [$"-{name}", _process.Id.ToString(CultureInfo.InvariantCulture)], seconds: 5)).MustSucceed("kill");

        internal async Task DiesAsync()
        {
            _process.Kill();
            await Until.TrueAsync($"{_what}: it dies", () => _process.HasExited, Soon);
        }

        public void Dispose()
        {
            if (!_process.HasExited) _process.Kill();
            _process.Dispose();
        }
    }
}
