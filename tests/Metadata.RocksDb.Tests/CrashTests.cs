using FlexFs.Contracts;

namespace FlexFs.Metadata.RocksDb.Tests;

public sealed class CrashTests : IDisposable
{
    private readonly TemporaryFolder _folder = new("flexfs-crash");
    private readonly RocksDbEnvironment _environment = new(new RocksDbOptions());

    public void Dispose()
    {
        _environment.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task After_kill_9_every_acknowledged_batch_is_there_and_whole()
    {
        var random = new Random(42);
        ulong present = 0;
        for (var kill = 0; kill < 5; kill++)
        {
            using var child = ChildWriter.Start(_folder.File("volume"));
            var acknowledged = present;
            var end = present + (ulong)random.Next(1, 400);
            try
            {
                while (acknowledged < end)
                {
                    var line = await ChildWriter.ReadLineAsync(child);
                    Assert.StartsWith("Committed ", line, StringComparison.Ordinal);
                    acknowledged = ulong.Parse(line!.AsSpan("Committed ".Length), null);
                }
            }
            finally
            {
                child.Kill();
            }

            // What it still said before it died counts too.
            while (await ChildWriter.ReadLineAsync(child) is { } line)
            {
                acknowledged = ulong.Parse(line.AsSpan("Committed ".Length), null);
            }

            await ChildWriter.EndAsync(child);
            await using var store = RocksDbStore.Open(_environment, _folder.File("volume"));
            present = await ChildWriter.VerifyAsync(store, acknowledged);
        }
    }

    [Fact]
    public async Task After_a_failed_log_write_nothing_is_retried_until_it_is_opened_again()
    {
        using var child = ChildWriter.Start(_folder.File("volume"), fileBytesMax: 100_000);
        var lines = new List<string>();
        while (await ChildWriter.ReadLineAsync(child) is { } line) lines.Add(line);
        await ChildWriter.EndAsync(child);
        var failures = lines.SkipWhile(line => line.StartsWith("Committed ", StringComparison.Ordinal)).ToArray();
        Assert.Equal(2, failures.Length);
        Assert.Contains("could not be written", failures[0], StringComparison.Ordinal);
        Assert.Contains("opened again", failures[0], StringComparison.Ordinal);
        Assert.Equal(failures[0], failures[1]);
        var acknowledged = (ulong)(lines.Count - 2);
        Assert.InRange(acknowledged, 10UL, 1000UL);
        await using var store = RocksDbStore.Open(_environment, _folder.File("volume"));
        await ChildWriter.VerifyAsync(store, acknowledged);
    }
}
