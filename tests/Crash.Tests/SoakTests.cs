using System.Diagnostics;
using System.Globalization;
using FlexFs.Harness;

namespace FlexFs.Crash.Tests;

/// <summary>Everything at once for long: three mounts, each with programs of its own and one that works with the others, under kills.</summary>
/// <remarks>Long is an hour, or FLEXFS_SOAK_MINUTES; else it is a few kills.</remarks>
public sealed class SoakTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private readonly Random _random = new();
    private readonly List<Station> _stations = [];
    private int _number;

    [Fact]
    public async Task Mixed_work_on_three_mounts_goes_on_right_through_kills_of_the_server_and_of_mounts()
    {
        Requirements.Mounting();
        await using var cluster = await Cluster.StartAsync(new ClusterOptions { Mounts = 3 });
        foreach (var mount in cluster.Mounts) _stations.Add(Begin(mount));
        var watch = Stopwatch.StartNew();
        var (kills, mountKills) = (0, 0);
        for (; Requirements.IsLong ? watch.Elapsed < Length() : kills < 4; kills++)
        {
            foreach (var station in _stations) await GoesOnAsync(station, _random.Next(2, 20), kills);
            var dying = kills % 3 == 1 ? _stations[_random.Next(_stations.Count)] : null;
            mountKills += dying is null ? 0 : 1;
            var isServerKilled = dying is null || _random.Next(2) == 0;
            await Task.WhenAll(isServerKilled ? cluster.Meta.KillAsync() : Task.CompletedTask, dying?.Mount.KillAsync() ?? Task.CompletedTask);
            if (isServerKilled) await cluster.StartMetaAsync();
            if (dying is not null) await RemountAsync(cluster, dying);
            else await RenewAsync(cluster, _stations[kills / 2 % _stations.Count]); // or what has to be compared would grow for ever
            if (kills % 10 == 9) Tell(cluster, watch.Elapsed, kills, mountKills);
        }

        foreach (var station in _stations) await GoesOnAsync(station, 3, kills);
        foreach (var station in _stations) await EndAsync(cluster, station, mustLive: true);
        foreach (var station in _stations) await VerifyAsync(cluster, [station.Shared], SharedFolder);
        Tell(cluster, watch.Elapsed, kills, mountKills);
        foreach (var mount in cluster.Mounts) Assert.Equal(0, await mount.StopAsync());
        Assert.Equal(0, await cluster.Meta.StopAsync());
        (await cluster.VerifyAsync()).MustSucceed("meta.flexfs verify");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var program in _stations.SelectMany(station => station.Programs)) program.Dispose();
    }

    private static TimeSpan Length() => TimeSpan.FromMinutes(
        Environment.GetEnvironmentVariable("FLEXFS_SOAK_MINUTES") is { Length: > 0 } minutes
            ? double.Parse(minutes, CultureInfo.InvariantCulture)
            : 60);

    private static Task GoesOnAsync(Station station, int steps, int kills)
    {
        var targets = station.Programs.Select(program => program.Done + steps).ToArray();
        return Until.TrueAsync(
            $"all programs of {station.Mount.Path} go on after {kills} kills",
            () =>
            {
                foreach (var program in station.Programs)
                {
                    Assert.True(program.Error is null, $"after {kills} kills a program of {station.Mount.Path} saw {program.Error}");
                }

                return station.Programs.Zip(targets).All(of => of.First.Done >= of.Second);
            },
            Patience);
    }

    // What a program was told had succeeded is there, whatever mount is asked.
    private static async Task VerifyAsync(Cluster cluster, IEnumerable<LoadProcess> programs, string folder)
    {
        foreach (var program in programs)
        {
            foreach (var mount in cluster.Mounts) await program.VerifyAsync(mount.Join(folder));
        }
    }

    private static async Task EndAsync(Cluster cluster, Station station, bool mustLive)
    {
        foreach (var program in station.Programs)
        {
            Assert.True(await program.StopAsync(), $"a program of {station.Mount.Path} hangs; {program.Error}");
            if (mustLive) Assert.Null(program.Error);
        }

        // A program whose mount was killed may have lost what it did not sync: of the random one nothing is known then.
        await VerifyAsync(cluster, [station.Synced], station.SyncedFolder);
        await VerifyAsync(cluster, [station.Shared], SharedFolder);
        if (mustLive) await VerifyAsync(cluster, [station.Random], station.RandomFolder);
    }

    private static void Tell(Cluster cluster, TimeSpan elapsed, int kills, int mountKills)
    {
        static string Memory(ChildProcess process) => string.Create(
            CultureInfo.InvariantCulture, $"{Process.GetProcessById(process.Id).WorkingSet64 >> 20}");
        TestContext.Current.SendDiagnosticMessage(
            $"soak: {elapsed.TotalMinutes:0.0} min, {kills} kills, {mountKills} of mounts; MiB: meta.flexfs {Memory(cluster.Meta)}, "
            + $"mounts {string.Join(' ', cluster.Mounts.Select(mount => Memory(mount.Process)))}");
    }

    private const string SharedFolder = "shared";

    private Station Begin(MountedVolume mount)
    {
        var number = ++_number;
        return new Station(mount, $"random{number}", $"synced{number}", number);
    }

    private async Task RemountAsync(Cluster cluster, Station station)
    {
        foreach (var program in station.Programs)
        {
            Assert.True(await program.StopAsync(), $"a program of the killed mount {station.Mount.Path} hangs; {program.Error}");
        }

        await station.Mount.DetachAsync();
        // Its session and its locks would end by themselves after minutes of silence; an operator knows before.
        await EvictAsync(cluster, station.Mount);
        await station.Mount.StartAsync();
        await EndAsync(cluster, station, mustLive: false);
        Replace(station);
    }

    private async Task RenewAsync(Cluster cluster, Station station)
    {
        await EndAsync(cluster, station, mustLive: true);
        Replace(station);
    }

    private void Replace(Station station)
    {
        foreach (var program in station.Programs) program.Dispose();
        foreach (var folder in (string[])[station.RandomFolder, station.SyncedFolder])
        {
            if (Directory.Exists(station.Mount.Join(folder))) Directory.Delete(station.Mount.Join(folder), recursive: true);
        }

        _stations[_stations.IndexOf(station)] = Begin(station.Mount);
    }

    private static async Task EvictAsync(Cluster cluster, MountedVolume mount)
    {
        var sessions = await cluster.RunAsync("meta.flexfs", "sessions", "--dbFolder", cluster.DatabaseFolder);
        foreach (var line in sessions.MustSucceed("sessions").Split('\n').Where(line => line.Contains(mount.Path, StringComparison.Ordinal)))
        {
            var session = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
            (await cluster.RunAsync("meta.flexfs", "evict", Cluster.Volume, session, "--dbFolder", cluster.DatabaseFolder)).MustSucceed("evict");
        }
    }

    /// <summary>The programs of one mount.</summary>
    private sealed class Station(MountedVolume mount, string randomFolder, string syncedFolder, int number)
    {
        internal MountedVolume Mount => mount;

        internal string RandomFolder => randomFolder;

        internal string SyncedFolder => syncedFolder;

        internal LoadProcess Random { get; } = LoadProcess.Random(mount.Join(randomFolder), number);

        internal LoadProcess Synced { get; } = LoadProcess.Synced(mount.Join(syncedFolder));

        internal LoadProcess Shared { get; } = LoadProcess.Shared(mount.Join(SharedFolder), number);

        internal LoadProcess[] Programs => [Random, Synced, Shared];
    }
}
