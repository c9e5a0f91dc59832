using FlexFs.Harness;

namespace FlexFs.Programs;

/// <summary>A cluster with two mounts whose metadata server is killed and started again under every program.</summary>
/// <remarks>In the end both mounts have to end without an error, and the database has to be sound.</remarks>
public sealed class RestartingCluster : IAsyncLifetime
{
    /// <summary>The cluster; absent where nothing can be mounted, and then the tests are skipped.</summary>
    public Cluster? Started { get; private set; }

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        if (Requirements.CanMount) Started = await Cluster.StartAsync(new ClusterOptions { MountFlags = ["--acl"] });
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Started is null) return;
        await using var cluster = Started;
        foreach (var mount in cluster.Mounts) Assert.Equal(0, await mount.StopAsync());
        Assert.Equal(0, await cluster.Meta.StopAsync());
        (await cluster.VerifyAsync()).MustSucceed("meta.flexfs verify");
    }
}

/// <summary>Tests that share it.</summary>
[CollectionDefinition(Name)]
public sealed class Restarting : ICollectionFixture<RestartingCluster>
{
    /// <summary>Its name.</summary>
    public const string Name = "restarting";
}

/// <summary>A real program on two mounts at once, while the metadata server is killed with SIGKILL and started again.</summary>
[Collection(Restarting.Name)]
public abstract class RestartTests
{
    // again COMMAND: it is repeated until the metadata server was killed and started as often as it is to be, and once more, so that no
    // restart is missed. both COMMAND: it runs on both mounts at once, with the mount's folder as its last argument.
    private const string Functions = """
        again() { until [ -e $t/restarted ]; do "$@"; touch $t/working; done; "$@"; }
        both() { local one two; ("$@" $a) & one=$!; ("$@" $b) & two=$!; touch $t/working; wait $one; wait $two; }
        python() { /usr/bin/python3 -B "$@"; }

        """;

    private readonly RestartingCluster _shared;
    private readonly string _folder = Guid.NewGuid().ToString("N")[..8];

    /// <summary>Skips where nothing can be mounted.</summary>
    protected RestartTests(RestartingCluster shared)
    {
        Requirements.Mounting();
        _shared = shared;
        Directory.CreateDirectory(Cluster.Mounts[0].Join(_folder));
        Directory.CreateDirectory(Local());
    }

    /// <summary>How much longer the long runs are.</summary>
    protected static int Scale => Requirements.IsLong ? 10 : 1;

    private Cluster Cluster => _shared.Started!;

    /// <summary>Runs a bash script with <c>$a</c> and <c>$b</c>, the test's folder through both mounts, and <c>$t</c>, a local one.</summary>
    /// <remarks>The metadata server is killed at any moment once there is <c>$t/working</c>; what the script does may see no error.</remarks>
    protected async Task<string> UnderRestartsAsync(string script)
    {
        var seconds = 150 * Scale;
        var run = Cluster.BashAsync(
            $"a=$a/{_folder} b=$b/{_folder} t={Local()} scale={Scale}; export a b t scale; chmod 711 $tmp\n{Functions}{script}", seconds);
        for (var restart = 0; restart < (Requirements.IsLong ? 10 : 1); restart++)
        {
            File.Delete(Local("working"));
            await Until.TrueAsync("the programs work", () => run.IsCompleted || File.Exists(Local("working")), TimeSpan.FromSeconds(seconds));
            await Task.WhenAny(run, Task.Delay(Random.Shared.Next(1500)));
            if (run.IsCompleted) break;
            await Cluster.Meta.KillAsync();
            await Cluster.StartMetaAsync();
        }

        await File.WriteAllTextAsync(Local("restarted"), "");
        return await run;
    }

    private string Local(params string[] parts) => Cluster.Join([$"local-{_folder}", .. parts]);
}
