using FlexFs.Contracts;
using FlexFs.Contracts.KeyValue;
using FlexFs.Metadata.Storage;

namespace FlexFs.Metadata.RocksDb.Tests;

/// <summary>A damaged database is refused, in words; it is never opened with something missing.</summary>
public sealed class DamageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new("flexfs-damage");
    private readonly RocksDbEnvironment _environment = new(new RocksDbOptions { ReserveBytes = 0 });

    private string Volume => _folder.File("volume");

    public void Dispose()
    {
        _environment.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Without_CURRENT_it_is_refused_and_nothing_is_deleted()
    {
        await FillAsync(compact: true);
        File.Delete(Path.Combine(Volume, "CURRENT"));
        var before = Directory.GetFiles(Volume).Order().ToArray();
        AssertRefused("CURRENT");
        Assert.Equal(before, Directory.GetFiles(Volume).Order());
    }

    [Fact]
    public async Task Without_its_log_it_is_refused_and_nothing_is_changed()
    {
        await FillAsync(compact: false);
        foreach (var log in Directory.GetFiles(Volume, "*.log")) File.Delete(log);
        var before = Directory.GetFiles(Volume).Order().ToArray();
        AssertRefused(".log");
        Assert.Equal(before, Directory.GetFiles(Volume).Order());
    }

    [Fact]
    public async Task A_database_whose_making_was_cut_short_is_made()
    {
        await RocksDbStore.Open(_environment, Volume).DisposeAsync();
        // What a kill leaves before the first log is there, as strace(1) shows it.
        foreach (var log in Directory.GetFiles(Volume, "*.log")) File.Delete(log);
        File.Move(Directory.GetFiles(Volume, "MANIFEST-*").Single(), Path.Combine(Volume, "MANIFEST-000001"));
        await File.WriteAllTextAsync(Path.Combine(Volume, "CURRENT"), "MANIFEST-000001\n", TestContext.Current.CancellationToken);
        await RocksDbStore.Open(_environment, Volume).DisposeAsync();
    }

    [Fact]
    public async Task A_missing_table_is_named()
    {
        await FillAsync(compact: true);
        var table = Directory.GetFiles(Volume, "*.sst").First();
        File.Delete(table);
        AssertRefused(Path.GetFileName(table));
    }

    [Fact]
    public async Task A_truncated_table_is_named()
    {
        await FillAsync(compact: true);
        var table = Directory.GetFiles(Volume, "*.sst").MaxBy(path => new FileInfo(path).Length)!;
        using (var file = File.OpenWrite(table)) file.SetLength(file.Length / 2);
        AssertRefused(Path.GetFileName(table));
    }

    [Fact]
    public async Task A_flipped_bit_in_the_manifest_is_found()
    {
        await FillAsync(compact: true);
        Flip(Directory.GetFiles(Volume, "MANIFEST-*").Single(), 20);
        AssertRefused("MANIFEST");
    }

    [Fact]
    public async Task A_flipped_bit_in_the_log_before_its_end_is_found()
    {
        await FillAsync(compact: false);
        var log = Directory.GetFiles(Volume, "*.log").MaxBy(path => new FileInfo(path).Length)!;
        Flip(log, (int)new FileInfo(log).Length / 2);
        AssertRefused("log");
    }

    [Fact]
    public async Task A_torn_record_at_the_end_of_the_log_is_what_a_crash_leaves_and_is_dropped()
    {
        await FillAsync(compact: false);
        var log = Directory.GetFiles(Volume, "*.log").MaxBy(path => new FileInfo(path).Length)!;
        using (var file = File.OpenWrite(log)) file.SetLength(file.Length - 3);
        await using var store = RocksDbStore.Open(_environment, Volume);
        Assert.Equal(new StorePosition(1, 99), await store.PositionAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_flipped_bit_in_a_table_fails_the_read_in_words()
    {
        await FillAsync(compact: true);
        var table = Directory.GetFiles(Volume, "*.sst").MaxBy(path => new FileInfo(path).Length)!;
        Flip(table, 100);
        await using var store = RocksDbStore.Open(_environment, Volume);
        var failure = await Assert.ThrowsAsync<StorageException>(
            async () => await store.ScanAsync(
                new(StoreColumn.Current, default, default), 1000, TestContext.Current.CancellationToken));
        Assert.Contains("damaged", failure.Message, StringComparison.Ordinal);
        Assert.Contains("backup", failure.Message, StringComparison.Ordinal);
    }

    private async Task FillAsync(bool compact)
    {
        await using var store = RocksDbStore.Open(_environment, Volume);
        var owner = await StoreOwner.TakeAsync(store, TestContext.Current.CancellationToken);
        var random = new Random(11);
        for (var i = 0; i < 100; i++)
        {
            var value = new byte[500];
            random.NextBytes(value);
            await owner.CommitAsync(new StoreWrite(new(StoreColumn.Current, BitConverter.GetBytes(i)), value));
        }

        if (compact) await store.CompactAsync();
    }

    private void AssertRefused(string named)
    {
        var refusal = Assert.Throws<StorageException>(() => RocksDbStore.Open(_environment, Volume));
        TestContext.Current.TestOutputHelper?.WriteLine(refusal.Message);
        Assert.Contains("damaged", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("backup", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(Volume, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(named, refusal.Message, StringComparison.Ordinal);
    }

    private static void Flip(string path, int at)
    {
        var bytes = File.ReadAllBytes(path);
        bytes[at] ^= 0x10;
        File.WriteAllBytes(path, bytes);
    }
}
