using FlexFs.Harness;

namespace FlexFs.Crash.Tests.BadInput;

/// <summary>Bytes that changed on a disk by themselves.</summary>
public sealed class DamageTests
{
    private const int EIO = 5;

    [Theory]
    [InlineData(0.5)]
    [InlineData(0.1)]
    [InlineData(1.0)]
    public async Task A_damaged_object_is_EIO_and_named_in_the_log_and_other_files_are_fine(double where)
    {
        Requirements.Mounting();
        await using var cluster = await Cluster.StartAsync(new ClusterOptions { Mounts = 1 });
        await cluster.BashAsync("head -c 900000 /dev/urandom >$tmp/good; cp $tmp/good $a/good; sync $a/good");
        var before = Objects(cluster);
        await cluster.BashAsync("head -c 1000000 /dev/urandom >$tmp/bad; cp $tmp/bad $a/bad; sync $a/bad");
        var damaged = Assert.Single(Objects(cluster).Except(before));
        Flip(damaged, where);

        // The first mount has it in memory; a new one has to read it.
        var fresh = await cluster.MountAsync();
        var error = Assert.ThrowsAny<IOException>(() => File.ReadAllBytes(fresh.Join("bad")));
        Assert.True((error.HResult & 0xFFFF) == EIO || error.Message.Contains("Input/output error", StringComparison.Ordinal), error.ToString());
        await cluster.BashAsync("cmp $tmp/good $b/good; ls -l $b/bad >/dev/null; echo new >$b/bad2; grep -qx new $a/bad2");
        await Until.TrueAsync(
            $"the log names {Path.GetFileName(damaged)}",
            () => fresh.Process.Log.Contains(Path.GetFileName(damaged), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_missing_object_is_EIO_and_named_in_the_log()
    {
        Requirements.Mounting();
        await using var cluster = await Cluster.StartAsync(new ClusterOptions { Mounts = 1 });
        await cluster.BashAsync("head -c 1000000 /dev/urandom >$a/bad; sync $a/bad");
        var missing = Assert.Single(Objects(cluster));
        File.Delete(missing);
        var fresh = await cluster.MountAsync();
        Assert.ThrowsAny<IOException>(() => File.ReadAllBytes(fresh.Join("bad")));
        await Until.TrueAsync(
            $"the log names {Path.GetFileName(missing)}",
            () => fresh.Process.Log.Contains(Path.GetFileName(missing), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("*.sst")]
    [InlineData("MANIFEST-*")]
    [InlineData("CURRENT")]
    public async Task A_damaged_database_is_not_served_and_the_refusal_says_what_to_do(string files)
    {
        Requirements.Mounting();
        await using var cluster = await Cluster.StartAsync(new ClusterOptions { Mounts = 1 });
        await cluster.BashAsync("mkdir $a/d; for i in $(seq 200); do echo $i >$a/d/f$i; done");
        Assert.Equal(0, await cluster.Mounts[0].StopAsync());

        // Opening once more moves the log into sorted files.
        Assert.Equal(0, await cluster.Meta.StopAsync());
        await cluster.StartMetaAsync();
        Assert.Equal(0, await cluster.Meta.StopAsync());
        (await cluster.VerifyAsync()).MustSucceed("meta.flexfs verify");
        var damaged = Directory.GetFiles(cluster.DatabaseFolder, files, SearchOption.AllDirectories);
        Assert.NotEmpty(damaged);
        foreach (var file in damaged)
        {
            for (var where = 0.0; where <= 1; where += 0.1) Flip(file, where);
        }

        var line = (await cluster.RunAsync(
            "meta.flexfs", "start", "--bindAddr", Cluster.FreeAddress(), "--dbFolder", cluster.DatabaseFolder))
            .MustFailInOneLine(1, cluster.DatabaseFolder);
        Assert.Contains("backup", line, StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_database_that_is_gone_is_not_replaced_by_an_empty_one(bool isFolderLeft)
    {
        Requirements.Mounting();
        await using var cluster = await Cluster.StartAsync(new ClusterOptions { Mounts = 1 });
        await cluster.BashAsync("head -c 1000000 /dev/urandom >$a/kept; sync $a/kept");
        Assert.Equal(0, await cluster.Mounts[0].StopAsync());
        Assert.Equal(0, await cluster.Meta.StopAsync());
        var database = Assert.Single(Directory.GetDirectories(Path.Combine(cluster.DatabaseFolder, "volumes")));
        var away = cluster.Join("away");
        Directory.Move(database, away);
        if (isFolderLeft) Directory.CreateDirectory(database);

        // It is opened at the start when the folder is there, else when somebody mounts the volume.
        if (isFolderLeft)
        {
            (await cluster.RunAsync(
                "meta.flexfs", "start", "--bindAddr", Cluster.FreeAddress(), "--dbFolder", cluster.DatabaseFolder))
                .MustFailInOneLine(1, database, "mounted", "backup");
            Directory.Delete(database);
        }
        else
        {
            await cluster.StartMetaAsync();
            Directory.CreateDirectory(cluster.Join("refused"));
            var refused = await cluster.RunAsync("mount.flexfs", "start", Cluster.Volume, cluster.Join("refused"));
            Assert.NotEqual(0, refused.ExitCode);
            Assert.Contains(database, refused.Error, StringComparison.Ordinal);
            Assert.Equal(0, await cluster.Meta.StopAsync());
            Assert.False(Directory.Exists(database));
        }

        Directory.Move(away, database);
        await cluster.StartMetaAsync();
        await cluster.Mounts[0].StartAsync();
        await cluster.BashAsync("test $(stat -c %s $a/kept) = 1000000; cat $a/kept >/dev/null");
    }

    private static HashSet<string> Objects(Cluster cluster) =>
        [.. Directory.GetFiles(cluster.StoreFolder, "*", SearchOption.AllDirectories).Where(path => new FileInfo(path).Length > 500_000)];

    private static void Flip(string path, double where)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, 0);
        var at = (long)(where * (file.Length - 1));
        file.Position = at;
        var old = file.ReadByte();
        file.Position = at;
        file.WriteByte((byte)(old ^ 0x55));
    }
}
