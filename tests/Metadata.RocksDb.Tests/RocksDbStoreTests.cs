using FlexFs.Contracts;
using FlexFs.Contracts.KeyValue;
using FlexFs.Metadata.Storage;

namespace FlexFs.Metadata.RocksDb.Tests;

public sealed class RocksDbStoreTests : KeyValueStoreContract, IDisposable
{
    private readonly TemporaryFolder _folder = new("flexfs-rocksdb");
    private readonly RocksDbEnvironment _environment = new(new RocksDbOptions { ReserveBytes = 1 << 20 });

    public void Dispose()
    {
        _environment.Dispose();
        _folder.Dispose();
    }

    protected override IKeyValueStore Create() => RocksDbStore.Open(_environment, _folder.File("volume"));

    [Fact]
    public async Task What_is_in_memory_is_read_at_once_and_the_rest_by_other_threads_in_parts()
    {
        const int count = 1000;
        var value = new string('x', 500);
        await using (var store = RocksDbStore.Open(_environment, _folder.File("volume")))
        {
            var owner = await StoreOwner.TakeAsync(store, Token);
            await owner.CommitAsync([.. Enumerable.Range(0, count).Select(i => ($"key{i:0000}", (string?)$"{i}{value}"))]);
            await store.CompactAsync();
        }

        await using var again = RocksDbStore.Open(_environment, _folder.File("volume"));
        StoreKey[] keys = [.. Enumerable.Range(0, count + 20).Select(i => Key($"key{i:0000}"))];
        var before = _environment.DiskReads;
        var values = new byte[]?[keys.Length];
        Assert.Equal(1ul, await again.GetManyAsync(keys, values, Token));
        Assert.Equal(before + 1, _environment.DiskReads);
        for (var i = 0; i < keys.Length; i++)
        {
            Assert.Equal(i < count ? $"{i}{value}" : null, values[i] is { } bytes ? System.Text.Encoding.UTF8.GetString(bytes) : null);
        }

        // Now all of it is in memory.
        var read = again.GetManyAsync(keys, new byte[]?[keys.Length], Token);
        Assert.True(read.IsCompletedSuccessfully);
        Assert.Equal(1ul, await read);
        var scan = again.ScanAsync(new StoreRange(StoreColumn.Current, keys[10].Bytes, keys[20].Bytes), 100, Token);
        Assert.True(scan.IsCompletedSuccessfully);
        Assert.Equal(10, (await scan).Pairs.Count);
        Assert.Equal(before + 1, _environment.DiskReads);
    }

    [Fact]
    public async Task A_range_that_is_not_in_memory_is_read_whole_by_another_thread()
    {
        await using (var store = RocksDbStore.Open(_environment, _folder.File("volume")))
        {
            var owner = await StoreOwner.TakeAsync(store, Token);
            await owner.CommitAsync([.. Enumerable.Range(0, 300).Select(i => ($"key{i:0000}", (string?)new string('x', 500)))]);
            await store.CompactAsync();
        }

        await using var again = RocksDbStore.Open(_environment, _folder.File("volume"));
        var before = _environment.DiskReads;
        var page = await again.ScanAsync(new StoreRange(StoreColumn.Current, default, default), 200, Token);
        Assert.Equal((200, false, 1ul), (page.Pairs.Count, page.IsComplete, page.Sequence));
        Assert.Equal(before + 1, _environment.DiskReads);
    }

    [Fact]
    public async Task Closed_and_opened_again_it_is_where_it_was()
    {
        await using (var store = Create())
        {
            var owner = await StoreOwner.TakeAsync(store, Token);
            await owner.CommitAsync(("a", "1"));
            await owner.CommitAsync(("b", "2"));
        }

        await using var again = Create();
        Assert.Equal(new StorePosition(1, 2), await again.PositionAsync(Token));
        Assert.Equal(["1", "2"], await GetAsync(again, "a", "b"));
        Assert.Equal(new StorePosition(2, 2), await again.TakeOwnershipAsync(Token));
    }

    [Fact]
    public async Task A_second_opening_is_refused_in_words()
    {
        await using var store = Create();
        var refusal = Assert.Throws<StorageException>(() => Create());
        Assert.Contains("open already", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(_folder.File("volume"), refusal.Message, StringComparison.Ordinal);
        Assert.Equal(default, await store.PositionAsync(Token));
    }

    [Fact]
    public void Where_a_database_must_be_none_is_made()
    {
        var folder = _folder.File("unmounted");
        var refusal = Assert.Throws<StorageException>(() => RocksDbStore.Open(_environment, folder, mustExist: true));
        Assert.Contains("there is none", refusal.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public async Task Calls_after_closing_throw()
    {
        var store = Create();
        await store.DisposeAsync();
        await store.DisposeAsync();
        await Assert.ThrowsAsync<StorageException>(async () => await store.PositionAsync(Token));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await store.CommitAsync(new(0, 1, [])));
    }

    [Fact]
    public async Task Many_volumes_share_one_environment_and_few_threads()
    {
        var stores = Enumerable.Range(0, 20).Select(i => RocksDbStore.Open(_environment, _folder.File($"v{i}"))).ToArray();
        var owners = await Task.WhenAll(stores.Select(store => StoreOwner.TakeAsync(store, Token)));
        for (var round = 0; round < 5; round++)
        {
            var results = await Task.WhenAll(owners.Select((owner, i) => owner.CommitAsync(("k", $"{i}.{round}"))));
            Assert.All(results, result => Assert.Equal(CommitResult.Committed, result));
        }

        for (var i = 0; i < stores.Length; i++) Assert.Equal([$"{i}.4"], await GetAsync(stores[i], "k"));
        foreach (var store in stores) await store.DisposeAsync();
    }

    [Fact]
    public async Task Compaction_drops_what_was_removed()
    {
        await using var store = RocksDbStore.Open(_environment, _folder.File("volume"));
        var owner = await StoreOwner.TakeAsync(store, Token);
        var value = new byte[1000];
        new Random(3).NextBytes(value);
        var keys = Enumerable.Range(0, 2000).Select(i => Key($"{i:D6}")).ToArray();
        await owner.CommitAsync([.. keys.Select(key => new StoreWrite(key, value))]);
        await store.CompactAsync();
        var full = store.TableBytes();
        Assert.InRange(store.DiskBytes(), full, long.MaxValue);
        await owner.CommitAsync([.. keys.Skip(1).Select(key => new StoreWrite(key, null))]);
        await store.CompactAsync();
        Assert.InRange(store.TableBytes(), 1, full / 4);
        var page = await store.ScanAsync(All, 10, Token);
        Assert.Equal("000000", Text(Assert.Single(page.Pairs).Key));
    }

    [Fact]
    public async Task A_checkpoint_is_a_database_at_the_last_batch()
    {
        await using var store = RocksDbStore.Open(_environment, _folder.File("volume"));
        var owner = await StoreOwner.TakeAsync(store, Token);
        await owner.CommitAsync(("k", "kept"));
        await store.CheckpointAsync(_folder.File("copy"));
        await owner.CommitAsync(("k", "later"));
        await using var copy = RocksDbStore.Open(_environment, _folder.File("copy"), mustExist: true);
        Assert.Equal(new StorePosition(1, 1), await copy.PositionAsync(Token));
        Assert.Equal(["kept"], await GetAsync(copy, "k"));
        var refusal = await Assert.ThrowsAsync<StorageException>(() => store.CheckpointAsync(_folder.File("copy")));
        Assert.Contains(_folder.File("copy"), refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commits_run_on_a_named_thread_and_complete_elsewhere()
    {
        await using var store = Create();
        var owner = await StoreOwner.TakeAsync(store, Token);
        await owner.CommitAsync(("k", "1"));
        Assert.False(Thread.CurrentThread.Name?.StartsWith("flexfs-commit", StringComparison.Ordinal) ?? false);
    }

    [Fact]
    public async Task A_read_allocates_nothing_but_the_values()
    {
        await using var store = Create();
        var owner = await StoreOwner.TakeAsync(store, Token);
        await owner.CommitAsync(("present", "value"));
        StoreKey[] keys = [Key("absent"), Key("missing")];
        var values = new byte[]?[2];
        for (var i = 0; i < 100; i++) await store.GetManyAsync(keys, values, Token);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++) await store.GetManyAsync(keys, values, Token);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
