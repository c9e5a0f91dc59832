using FlexFs.Harness;

namespace FlexFs.Crash.Tests.BadInput;

/// <summary>A disk that is full: ENOSPC for who writes, reads go on, and work goes on when there is space again.</summary>
public sealed class FullDiskTests
{
    private const int ENOSPC = 28;

    // The database keeps so much for itself, to be able to remove and to close (RocksDbOptions.ReserveBytes).
    private const long ReserveBytes = 64 << 20;

    [Fact]
    public async Task Under_the_database()
    {
        Requirements.Mounting();
        await using var disk = await SmallDisk.CreateAsync(256);
        await using var cluster = await Cluster.StartAsync(new ClusterOptions { DatabaseFolder = Path.Combine(disk.Path, "data") });
        var (first, second) = (cluster.Mounts[0], cluster.Mounts[1]);
        Files.Write(first.Join("before"), "kept");
        disk.Fill(restBytes: ReserveBytes + (1 << 20));

        // Each takes about 4 KB of the database's log.
        var target = new string('t', 4000);
        var made = 0;
        var error = Assert.ThrowsAny<IOException>(() =>
        {
            for (; made < 5000; made++) File.CreateSymbolicLink(first.Join($"l{made}"), target);
        });
        AssertNoSpace(error);
        Assert.InRange(made, 1, 4999);
        Assert.Equal("kept", Files.Read(second.Join("before")));
        Assert.Equal(target, new FileInfo(second.Join("l0")).LinkTarget);
        AssertNoSpace(Assert.ThrowsAny<IOException>(() => File.CreateSymbolicLink(second.Join("other"), target)));
        File.Delete(second.Join("before"));
        Assert.False(File.Exists(second.Join("before")));

        disk.Free();
        await Until.TrueAsync("work goes on when there is space", () => Succeeds(() => Directory.CreateDirectory(first.Join("after"))));
        Files.Write(first.Join("after", "file"), "new");
        Assert.Equal("new", Files.Read(second.Join("after", "file")));
        Assert.Equal(made, Directory.GetFiles(first.Path, "l*").Length);
        Assert.False(cluster.Meta.HasExited);
        foreach (var mount in cluster.Mounts) Assert.Equal(0, await mount.StopAsync());
        Assert.Equal(0, await cluster.Meta.StopAsync());
        (await cluster.VerifyAsync()).MustSucceed("meta.flexfs verify");
    }

    [Fact]
    public async Task Under_the_objects()
    {
        Requirements.Mounting();
        await using var disk = await SmallDisk.CreateAsync(24);
        await using var cluster = await Cluster.StartAsync(new ClusterOptions { StoreFolder = Path.Combine(disk.Path, "store") });
        await cluster.BashAsync("head -c 3000000 /dev/urandom >$tmp/before; cp $tmp/before $a/before; sync $a/before");
        disk.Fill(restBytes: 6 << 20);

        // More than fits: the write or its fsync says so.
        await cluster.BashAsync(
            """
            ! head -c 40000000 /dev/urandom | dd of=$a/large bs=1M conv=fsync iflag=fullblock 2>$tmp/err
            grep -q 'No space left on device' $tmp/err || { cat $tmp/err; exit 1; }
            cmp $tmp/before $b/before; cmp $tmp/before $a/before; mkdir $b/names-need-no-objects; ls $a >/dev/null
            # Before there is space, and cut first: what is dirty of a file is kept and stored later, even when the file is removed, and
            # would take all of the space again.
            truncate -s 0 $a/large; rm $a/large
            """);
        disk.Free();
        await cluster.BashAsync(
            """
            cp $tmp/before $a/after; sync $a/after; cmp $tmp/before $b/after; cmp $tmp/before $b/before
            """);
        foreach (var mount in cluster.Mounts) Assert.Equal(0, await mount.StopAsync());
    }

    private static void AssertNoSpace(IOException error) =>
        Assert.True((error.HResult & 0xFFFF) == ENOSPC || error.Message.Contains("No space left", StringComparison.Ordinal), error.ToString());

    private static bool Succeeds(Action what)
    {
        try
        {
            what();
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
