using FlexFs.Harness;

namespace FlexFs.Crash.Tests;

/// <summary>kill -9 of meta.flexfs at random moments, while programs work on two mounts.</summary>
public sealed class MetadataServerKillTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Programs_go_on_without_an_error_and_nothing_answered_is_lost()
    {
        Requirements.Mounting();
        await using var cluster = await Cluster.StartAsync();
        var seed = Random.Shared.Next();
        LoadProcess[] programs =
        [
            .. Enumerable.Range(0, 4).Select(i => LoadProcess.Random(cluster.Mounts[i % 2].Join($"load{i}"), seed + i)),
        ];
        try
        {
            await KillUnderAsync(cluster, programs, seed);
        }
        finally
        {
            foreach (var program in programs) program.Dispose();
        }

        foreach (var mount in cluster.Mounts) Assert.Equal(0, await mount.StopAsync());
        Assert.Equal(0, await cluster.Meta.StopAsync());
        (await cluster.VerifyAsync()).MustSucceed("meta.flexfs verify");
    }

    [Fact]
    public async Task The_metadata_server_is_not_started_by_a_process_that_has_files_of_a_mount_open()
    {
        Requirements.Mounting();
        await using var cluster = await Cluster.StartAsync(new ClusterOptions { Mounts = 1 });
        using var file = File.Create(cluster.Mounts[0].Join("open"));
        var refusal = await Assert.ThrowsAnyAsync<Exception>(cluster.StartMetaAsync);
        Assert.Contains(file.Name, refusal.Message, StringComparison.Ordinal);
    }

    private static async Task KillUnderAsync(Cluster cluster, LoadProcess[] programs, int seed)
    {
        Random random = new(seed);
        var kills = Requirements.IsLong ? 200 : 10;
        for (var kill = 0; kill < kills; kill++)
        {
            var target = programs.Sum(program => program.Done) + random.Next(1, 120);
            await ProgressAsync($"seed {seed}: the programs go on after {kill} kills", programs, target);
            await cluster.Meta.KillAsync();
            await cluster.StartMetaAsync();
        }

        // Each program, not just their sum, has gone on after the last kill.
        foreach (var program in programs) await ProgressAsync($"seed {seed}: goes on in the end", [program], program.Done + 3);
        foreach (var program in programs) Assert.True(await program.StopAsync(), $"seed {seed}: a program hangs; {program.Error}");
        foreach (var program in programs) Assert.Null(program.Error);

        var fresh = await cluster.MountAsync();
        for (var i = 0; i < programs.Length; i++)
        {
            await programs[i].VerifyAsync(cluster.Mounts[i % 2].Join($"load{i}"));
            await programs[i].VerifyAsync(fresh.Join($"load{i}"));
        }
    }

    private static Task ProgressAsync(string what, LoadProcess[] programs, int target) => Until.TrueAsync(
        what,
        () =>
        {
            foreach (var program in programs) Assert.True(program.Error is null, $"{what}: a program saw {program.Error}");
            return programs.Sum(program => program.Done) >= target;
        },
        Patience);
}
