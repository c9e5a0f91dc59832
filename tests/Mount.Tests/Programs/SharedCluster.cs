using FlexFs.Harness;

namespace FlexFs.Mount.Tests.Programs;

/// <summary>One cluster with two mounts for all tests of real programs; each works in folders of its own.</summary>
public class SharedCluster : IAsyncLifetime
{
    private readonly ClusterOptions _options;

    /// <summary>Both mounts on this host, without flags.</summary>
    public SharedCluster()
        : this(new ClusterOptions())
    {
    }

    /// <summary>One that is different.</summary>
    protected SharedCluster(ClusterOptions options) => _options = options;

    /// <summary>The cluster; absent where nothing can be mounted, and then the tests are skipped.</summary>
    public Cluster? Started { get; private set; }

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        if (Requirements.CanMount) Started = await Cluster.StartAsync(_options);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Started is not null) await Started.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}

/// <summary>Tests that share the two mounts, one after the other.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class TwoMounts : ICollectionFixture<SharedCluster>
{
    /// <summary>Its name.</summary>
    public const string Name = "two mounts";
}

/// <summary>A test of real programs: <c>$a</c> and <c>$b</c> are its own folder, seen through the two mounts.</summary>
[Collection(TwoMounts.Name)]
public abstract class ProgramTests
{
    private readonly SharedCluster _shared;
    private readonly string _folder = Guid.NewGuid().ToString("N");

    /// <summary>Skips where nothing can be mounted.</summary>
    protected ProgramTests(SharedCluster shared)
    {
        Requirements.Mounting();
        _shared = shared;
        Directory.CreateDirectory(A());
    }

    /// <summary>The cluster.</summary>
    protected Cluster Cluster => _shared.Started!;

    /// <summary>A path in the test's folder, through the first mount.</summary>
    protected string A(params string[] parts) => Cluster.Mounts[0].Join([_folder, .. parts]);

    /// <summary>A path in the test's folder, through the second mount.</summary>
    protected string B(params string[] parts) => Cluster.Mounts[1].Join([_folder, .. parts]);

    /// <summary>Runs a bash script with <c>$a</c>, <c>$b</c> and <c>$t</c>, a local folder that is there already.</summary>
    protected Task<string> BashAsync(string script, int seconds = 120) => Cluster.BashAsync(
        $"a=$a/{_folder}; b=$b/{_folder}; t=$tmp/local-{_folder}; mkdir -p $t; export a b t\n" + Functions + script, seconds);

    // soon COMMAND: what the other mount's kernel keeps of names and attributes is at most a second old.
    private const string Functions = """
        soon() { local i; for i in $(seq 150); do if "$@" 2>/dev/null; then return 0; fi; sleep 0.02; done; echo "not soon: $*" >&2; return 1; }

        """;
}
