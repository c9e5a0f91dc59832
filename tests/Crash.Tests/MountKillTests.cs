using System.Security.Cryptography;
using FlexFs.Harness;

namespace FlexFs.Crash.Tests;

/// <summary>kill -9 and SIGTERM of a mount.</summary>
public sealed class MountKillTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_was_fsynced_is_there_after_a_remount_and_the_rest_is_unharmed(bool metadataServerToo)
    {
        Requirements.Mounting();
        await using var cluster = await Cluster.StartAsync();
        var (first, second) = (cluster.Mounts[0], cluster.Mounts[1]);
        for (var round = 0; round < (Requirements.IsLong ? 20 : 2); round++)
        {
            using var dying = LoadProcess.Synced(first.Join($"dying{round}"));
            using var living = LoadProcess.Random(second.Join($"living{round}"), round);
            await Until.TrueAsync("both work", () => dying.Done >= 15 && living.Done >= 15, TimeSpan.FromSeconds(60));
            if (metadataServerToo)
            {
                await Task.WhenAll(first.KillAsync(), cluster.Meta.KillAsync());
                await cluster.StartMetaAsync();
            }
            else
            {
                await first.KillAsync();
            }

            Assert.True(await dying.StopAsync(), $"the program on the killed mount hangs; {dying.Error}");
            Assert.NotNull(dying.Error);
            await first.DetachAsync();
            await first.StartAsync();
            await dying.VerifyAsync(first.Join($"dying{round}"));
            await dying.VerifyAsync(second.Join($"dying{round}"));
            var before = living.Done;
            await Until.TrueAsync("the other mount goes on", () => living.Done > before + 5 || living.Error is not null);
            Assert.True(await living.StopAsync(), $"the program on the other mount hangs; {living.Error}");
            Assert.Null(living.Error);
            await living.VerifyAsync(first.Join($"living{round}"));
        }

        foreach (var mount in cluster.Mounts) Assert.Equal(0, await mount.StopAsync());
        Assert.Equal(0, await cluster.Meta.StopAsync());
        (await cluster.VerifyAsync()).MustSucceed("meta.flexfs verify");
    }

    [Fact]
    public async Task Sigterm_stores_everything_and_ends_with_0()
    {
        Requirements.Mounting();
        await using var cluster = await Cluster.StartAsync();
        var files = Enumerable.Range(0, 40).Select(i => RandomNumberGenerator.GetBytes(1 + (i * i * 5000))).ToArray();
        for (var i = 0; i < files.Length; i++) Files.Write(cluster.Mounts[0].Join($"f{i}"), files[i]);
        Assert.Equal(0, await cluster.Mounts[0].StopAsync());
        Assert.False(MountTable.Has(cluster.Mounts[0].Path));
        for (var i = 0; i < files.Length; i++) Assert.Equal(files[i], Files.ReadBytes(cluster.Mounts[1].Join($"f{i}")));
        Assert.Equal(0, await cluster.Mounts[1].StopAsync());
        Assert.Equal(0, await cluster.Meta.StopAsync());
        Assert.Equal(0, await cluster.Free.StopAsync());
    }
}
