using FlexFs.Harness;

namespace FlexFs.Crash.Tests.BadInput;

/// <summary>What an operator gets wrong: one line says what, the exit code is 1, nothing is changed.</summary>
public sealed class RefusalTests(RefusalTests.OneMount shared) : IClassFixture<RefusalTests.OneMount>
{
    private const string OtherFingerprint = "sha256:0000000000000000000000000000000000000000000000000000000000000001";

    private Cluster Cluster => shared.Get();

    [Theory]
    [InlineData("mount.flexfs", "init", "creds", Cluster.Volume)]
    public async Task A_wrong_token_writes_no_credentials(string executable, params string[] command)
    {
        var file = Cluster.Join("wrong-token");
        var outcome = await Cluster.RunAsync(
            executable, [.. command, "--adminAddr", Cluster.AdminAddress, "--token", NewToken(), "--credsFile", file]);
        outcome.MustFailInOneLine(1, "token");
        Assert.False(File.Exists(file));
    }

    [Fact]
    public async Task A_wrong_token_mounts_nothing()
    {
        var creds = await EditedAsync("mount/creds/" + Cluster.Volume, Cluster.VolumeToken, NewToken());
        await MustNotMountAsync("token", ["--credsFile", creds]);
    }

    [Fact]
    public async Task A_wrong_token_serves_nothing()
    {
        var creds = await EditedAsync("meta/creds", Cluster.MetaToken, NewToken());
        var outcome = await StartMetaAsync(Cluster.FreeAddress(), creds);
        outcome.MustFailInOneLine(1, "token");
    }

    [Theory]
    [InlineData("mount/creds/" + Cluster.Volume)]
    [InlineData("meta/creds")]
    public async Task A_wrong_certificate_is_refused_with_both_fingerprints(string component)
    {
        var right = Files.Read(HomePath(component)).Split('\n')
            .Single(line => line.StartsWith("fingerprint", StringComparison.Ordinal)).Split('"')[1];
        var creds = await EditedAsync(component, right, OtherFingerprint);
        if (component.StartsWith("meta", StringComparison.Ordinal))
        {
            (await StartMetaAsync(Cluster.FreeAddress(), creds)).MustFailInOneLine(1, right, OtherFingerprint);
        }
        else
        {
            var line = await MustNotMountAsync("certificate", ["--credsFile", creds]);
            Assert.Contains(right, line, StringComparison.Ordinal);
            Assert.Contains(OtherFingerprint, line, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_mount_point_must_be_there()
    {
        var path = Cluster.Join("missing");
        (await MountAsync(path)).MustFailInOneLine(1, path);
        Assert.False(Directory.Exists(path));
    }

    [Fact]
    public async Task A_mount_point_must_be_a_folder()
    {
        var path = Cluster.Join("file");
        Files.Write(path, "kept");
        (await MountAsync(path)).MustFailInOneLine(1, path, "folder");
        Assert.Equal("kept", Files.Read(path));
    }

    [Fact]
    public async Task A_mount_point_must_be_empty()
    {
        var path = Directory.CreateDirectory(Cluster.Join("full")).FullName;
        Files.Write(Path.Combine(path, "there"), "kept");
        (await MountAsync(path)).MustFailInOneLine(1, path, "empty", "--nonEmpty");
        Assert.Equal("kept", Files.Read(Path.Combine(path, "there")));
    }

    [Fact]
    public async Task A_mount_point_is_mounted_once()
    {
        var mount = Cluster.Mounts[0];
        var name = mount.Join("before");
        Files.Write(name, "there");
        (await MountAsync(mount.Path)).MustFailInOneLine(1, mount.Path);
        Assert.False(mount.Process.HasExited);
        Assert.Equal("there", Files.Read(name));
    }

    [Fact]
    public async Task An_address_in_use_is_named()
    {
        var (free, meta) = (Cluster.AdminAddress, Cluster.MetaAddress);
        var database = Directory.CreateDirectory(Cluster.Join("free2")).FullName;
        File.Copy(HomePath("free/volume.json"), Path.Combine(database, "volume.json"), overwrite: true);
        (await Cluster.RunAsync("free.flexfs", "start", "--bindAddr", free, "--dbFolder", database)).MustFailInOneLine(1, free);
        (await StartMetaAsync(meta, HomePath("meta/creds"))).MustFailInOneLine(1, meta);
        Assert.False(Cluster.Free.HasExited);
        Assert.False(Cluster.Meta.HasExited);
    }

    [Fact]
    public async Task A_database_is_served_once() => (await Cluster.RunAsync(
        "meta.flexfs", "start", "--bindAddr", Cluster.FreeAddress(), "--dbFolder", Cluster.DatabaseFolder))
        .MustFailInOneLine(1, Cluster.DatabaseFolder);

    private static string NewToken() => Guid.NewGuid().ToString("D");

    private string HomePath(string path) => Cluster.Join("home", ".flexfs", path);

    private Task<Outcome> StartMetaAsync(string address, string creds) => Cluster.RunAsync(
        "meta.flexfs", "start", "--bindAddr", address, "--dbFolder", Cluster.Join($"db{Guid.NewGuid():N}"), "--credsFile", creds);

    private Task<Outcome> MountAsync(string path, params string[] flags) =>
        Cluster.RunAsync("mount.flexfs", ["start", Cluster.Volume, path, .. flags]);

    private async Task<string> MustNotMountAsync(string word, string[] flags)
    {
        var path = Directory.CreateDirectory(Cluster.Join($"mount{Guid.NewGuid():N}")).FullName;
        var line = (await MountAsync(path, flags)).MustFailInOneLine(1, word);
        Assert.False(MountTable.Has(path));
        return line;
    }

    private async Task<string> EditedAsync(string component, string old, string other)
    {
        var text = Files.Read(HomePath(component));
        Assert.Contains(old, text, StringComparison.Ordinal);
        var path = Cluster.Join($"creds{Guid.NewGuid():N}");
        Files.Write(path, text.Replace(old, other, StringComparison.Ordinal));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }

    /// <summary>A cluster with one mount for the tests of this class.</summary>
    public sealed class OneMount : IAsyncLifetime
    {
        private Cluster? _cluster;

        /// <summary>The cluster; skips the test where nothing can be mounted.</summary>
        public Cluster Get()
        {
            Requirements.Mounting();
            return _cluster!;
        }

        /// <inheritdoc/>
        public async ValueTask InitializeAsync()
        {
            if (Requirements.CanMount) _cluster = await Cluster.StartAsync(new ClusterOptions { Mounts = 1 });
        }

        /// <inheritdoc/>
        public async ValueTask DisposeAsync()
        {
            if (_cluster is not null) await _cluster.DisposeAsync();
        }
    }
}
