using System.Text.Json;
using FlexFs.Harness;

namespace FlexFs.Crash.Tests;

/// <summary>What the administration server knows of a volume.</summary>
public sealed class UsageReportTests
{
    [Fact]
    public async Task What_is_stored_is_reported_at_the_latest_when_the_metadata_server_stops()
    {
        Requirements.Mounting();
        await using var cluster = await Cluster.StartAsync();
        await cluster.BashAsync("mkdir $a/d; head -c 10000 /dev/urandom >$a/d/f; sync $a/d/f");
        foreach (var mount in cluster.Mounts) Assert.Equal(0, await mount.StopAsync());
        Assert.Equal(0, await cluster.Meta.StopAsync());
        using var database = JsonDocument.Parse(await File.ReadAllBytesAsync(
            cluster.Join("home/.flexfs/free/volume.json"), TestContext.Current.CancellationToken));
        var stats = database.RootElement.GetProperty("stats");
        Assert.Equal(12288, stats.GetProperty("sizeBytes").GetInt64());
        Assert.Equal(3, stats.GetProperty("inodes").GetInt64());
    }
}
