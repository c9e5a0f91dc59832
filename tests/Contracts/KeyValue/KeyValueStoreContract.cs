using System.Text;
using FlexFs.Core;
using FlexFs.Metadata.Storage;

namespace FlexFs.Contracts.KeyValue;

/// <summary>What every <see cref="IKeyValueStore"/> does. Derive, and say how a store is made.</summary>
public abstract class KeyValueStoreContract
{
    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A new, empty store that nobody owns.</summary>
    protected abstract IKeyValueStore Create();

    /// <summary>Whether reads may complete on another thread.</summary>
    protected virtual bool CompletesReadsInline => true;

    [Fact]
    public async Task A_new_store_is_at_epoch_and_sequence_zero()
    {
        await using var store = Create();
        Assert.Equal(new StorePosition(0, 0), await store.PositionAsync(Token));
        Assert.Equal(new StorePosition(1, 0), await store.TakeOwnershipAsync(Token));
        Assert.Equal(new StorePosition(1, 0), await store.PositionAsync(Token));
    }

    [Fact]
    public async Task What_is_committed_is_read()
    {
        await using var store = Create();
        var owner = await StoreOwner.TakeAsync(store, Token);
        Assert.Equal(CommitResult.Committed, await owner.CommitAsync(("a", "1"), ("b", ""), ("c", "3")));
        Assert.Equal(CommitResult.Committed, await owner.CommitAsync(("a", "2"), ("c", null)));
        Assert.Equal(["2", "", null, null], await GetAsync(store, "a", "b", "c", "d"));
        Assert.Equal(new StorePosition(1, 2), await store.PositionAsync(Token));
    }

    [Fact]
    public async Task Columns_are_apart()
    {
        await using var store = Create();
        var owner = await StoreOwner.TakeAsync(store, Token);
        await owner.CommitAsync(
            new StoreWrite(Key("k"), Bytes("now")), new StoreWrite(Key("k", StoreColumn.History), Bytes("then")));
        var values = new byte[]?[4];
        var sequence = await store.GetManyAsync(
            [Key("k", StoreColumn.History), Key("k"), Key("x", StoreColumn.History), Key("k")], values, Token);
        Assert.Equal(1UL, sequence);
        Assert.Equal(["then", "now", null, "now"], values.Select(Text));
        await owner.CommitAsync(new StoreWrite(Key("k", StoreColumn.History), null));
        Assert.Equal(["now"], await GetAsync(store, "k"));
        var page = await store.ScanAsync(new(StoreColumn.History, default, default), 10, Token);
        Assert.Empty(page.Pairs);
    }

    [Fact]
    public async Task A_read_tells_the_sequence_of_its_snapshot()
    {
        await using var store = Create();
        var owner = await StoreOwner.TakeAsync(store, Token);
        for (var i = 1; i <= 3; i++)
        {
            await owner.CommitAsync(("k", $"{i}"));
            Assert.Equal((ulong)i, await store.GetManyAsync([Key("k")], new byte[]?[1], Token));
            Assert.Equal((ulong)i, (await store.ScanAsync(All, 10, Token)).Sequence);
        }
    }

    [Fact]
    public async Task Scan_is_in_the_order_of_unsigned_bytes_with_prefixes_first()
    {
        await using var store = Create();
        var owner = await StoreOwner.TakeAsync(store, Token);
        byte[][] keys = [[0x00], [0x00, 0x00], [0x01], [0x7F, 0xFF], [0x80], [0x80, 0x00], [0xFF], [0xFF, 0xFF]];
        await owner.CommitAsync([.. keys.Reverse().Select(key => new StoreWrite(new(StoreColumn.Current, key), key))]);
        var page = await store.ScanAsync(All, 100, Token);
        Assert.True(page.IsComplete);
        Assert.Equal(keys, page.Pairs.Select(pair => pair.Key));
        Assert.Equal(keys, page.Pairs.Select(pair => pair.Value));
    }

    [Fact]
    public async Task Scan_includes_from_and_excludes_to()
    {
        await using var store = Create();
        var owner = await StoreOwner.TakeAsync(store, Token);
        await owner.CommitAsync(("a", "1"), ("b", "2"), ("c", "3"), ("d", "4"));
        var page = await store.ScanAsync(new(StoreColumn.Current, Bytes("b"), Bytes("d")), 10, Token);
        Assert.Equal(["b", "c"], page.Pairs.Select(pair => Text(pair.Key)));
        Assert.True(page.IsComplete);
        page = await store.ScanAsync(new(StoreColumn.Current, Bytes("c"), Bytes("c")), 10, Token);
        Assert.Empty(page.Pairs);
    }

    [Fact]
    public async Task Scan_goes_on_page_by_page()
    {
        await using var store = Create();
        var owner = await StoreOwner.TakeAsync(store, Token);
        await owner.CommitAsync([.. Enumerable.Range(0, 10).Select(i => ($"k{i}", (string?)$"{i}"))]);
        var seen = new List<string?>();
        var from = Bytes("k");
        while (true)
        {
            var page = await store.ScanAsync(new(StoreColumn.Current, from, Bytes("l")), 4, Token);
            seen.AddRange(page.Pairs.Select(pair => Text(pair.Key)));
            if (page.IsComplete) break;
            Assert.Equal(4, page.Pairs.Count);
            from = [.. page.Pairs[^1].Key, 0];
        }

        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"k{i}"), seen);
    }

    [Fact]
    public async Task A_page_that_ends_exactly_at_the_limit_is_complete_only_at_the_end()
    {
        await using var store = Create();
        var owner = await StoreOwner.TakeAsync(store, Token);
        await owner.CommitAsync(("a", "1"), ("b", "2"), ("c", "3"));
        Assert.False((await store.ScanAsync(All, 2, Token)).IsComplete);
        Assert.True((await store.ScanAsync(All, 3, Token)).IsComplete);
    }

    [Fact]
    public async Task A_batch_of_an_older_epoch_is_fenced_and_changes_nothing()
    {
        await using var store = Create();
        var first = await StoreOwner.TakeAsync(store, Token);
        await first.CommitAsync(("k", "first"));
        var second = await StoreOwner.TakeAsync(store, Token);
        Assert.Equal(CommitResult.Fenced, await first.CommitAsync(("k", "late")));
        Assert.Equal(["first"], await GetAsync(store, "k"));
        Assert.Equal(CommitResult.Committed, await second.CommitAsync(("k", "second")));
        Assert.Equal(CommitResult.Fenced, await first.CommitAsync(("k", "late")));
        Assert.Equal(["second"], await GetAsync(store, "k"));
        Assert.Equal(new StorePosition(2, 2), await store.PositionAsync(Token));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_batch_that_does_not_follow_the_last_is_a_bug_and_changes_nothing(ulong sequence)
    {
        await using var store = Create();
        var owner = await StoreOwner.TakeAsync(store, Token);
        await owner.CommitAsync(("k", "1"));
        await Assert.ThrowsAsync<InvariantException>(
            async () => await store.CommitAsync(new(1, sequence, [new(Key("k"), Bytes("wrong"))])));
        Assert.Equal(["1"], await GetAsync(store, "k"));
        Assert.Equal(CommitResult.Committed, await owner.CommitAsync(("k", "2")));
    }

    [Fact]
    public async Task A_batch_without_writes_moves_the_sequence()
    {
        await using var store = Create();
        var owner = await StoreOwner.TakeAsync(store, Token);
        Assert.Equal(CommitResult.Committed, await owner.CommitAsync(Array.Empty<StoreWrite>()));
        Assert.Equal(1UL, (await store.PositionAsync(Token)).Sequence);
    }

    [Fact]
    public async Task As_many_keys_as_a_read_may_name_are_read_at_once()
    {
        await using var store = Create();
        var owner = await StoreOwner.TakeAsync(store, Token);
        await owner.CommitAsync([.. Enumerable.Range(0, 3000).Select(i => ($"{i:D5}", (string?)$"value {i}"))]);
        var keys = Enumerable.Range(0, KeyValueLimits.KeysPerReadMax).Select(i => Key($"{i:D5}")).ToArray();
        var values = new byte[]?[keys.Length];
        await store.GetManyAsync(keys, values, Token);
        for (var i = 0; i < values.Length; i++) Assert.Equal(i < 3000 ? $"value {i}" : null, Text(values[i]));
    }

    [Fact]
    public async Task Large_values_and_long_keys_are_kept()
    {
        await using var store = Create();
        var owner = await StoreOwner.TakeAsync(store, Token);
        var value = new byte[1 << 20];
        new Random(7).NextBytes(value);
        var key = new StoreKey(StoreColumn.Current, value.AsMemory(0, 600));
        await owner.CommitAsync(new StoreWrite(key, value));
        var values = new byte[]?[1];
        await store.GetManyAsync([key], values, Token);
        Assert.Equal(value, values[0]);
    }

    [Fact]
    public async Task Reads_complete_at_once_on_the_caller()
    {
        await using var store = Create();
        var owner = await StoreOwner.TakeAsync(store, Token);
        await owner.CommitAsync(("k", "1"));
        if (!CompletesReadsInline) return;
        var read = store.GetManyAsync([Key("k")], new byte[]?[1], Token);
        Assert.True(read.IsCompletedSuccessfully);
        await read;
        var scan = store.ScanAsync(All, 1, Token);
        Assert.True(scan.IsCompletedSuccessfully);
        await scan;
    }

    [Fact]
    public async Task Readers_beside_a_committer_see_whole_batches_only()
    {
        await using var store = Create();
        var owner = await StoreOwner.TakeAsync(store, Token);
        StoreKey[] keys = [Key("a"), Key("m"), Key("z"), Key("h", StoreColumn.History)];
        var values = new byte[]?[keys.Length];
        for (ulong i = 1; i <= 200; i++)
        {
            var bytes = Bytes($"{i}");
            var commit = owner.CommitAsync([.. keys.Select(key => new StoreWrite(key, bytes))]);
            do
            {
                var sequence = await store.GetManyAsync(keys, values, Token);
                Assert.InRange(sequence, i - 1, i);
                var expected = sequence == 0 ? null : $"{sequence}";
                foreach (var value in values) Assert.Equal(expected, Text(value));
            }
            while (!commit.IsCompleted);

            Assert.Equal(CommitResult.Committed, await commit);
            Assert.Equal(i, await store.GetManyAsync(keys, values, Token));
        }
    }

    [Fact]
    public async Task Random_batches_leave_what_a_sorted_map_holds()
    {
        await using var store = Create();
        var owner = await StoreOwner.TakeAsync(store, Token);
        var random = new Random(20240517);
        var model = new SortedDictionary<string, string>(StringComparer.Ordinal);
        for (var round = 0; round < 60; round++)
        {
            var batch = new Dictionary<string, string?>();
            for (var i = random.Next(1, 40); i > 0; i--)
            {
                batch[$"{random.Next(300):D3}"] = random.Next(3) == 0 ? null : $"{round}.{i}";
            }

            await owner.CommitAsync([.. batch.Select(pair => (pair.Key, pair.Value))]);
            foreach (var (key, value) in batch)
            {
                if (value is null) model.Remove(key);
                else model[key] = value;
            }

            var page = await store.ScanAsync(All, 1000, Token);
            Assert.Equal(
                model.Select(pair => $"{pair.Key}={pair.Value}"),
                page.Pairs.Select(pair => $"{Text(pair.Key)}={Text(pair.Value)}"));
        }
    }

    [Fact]
    public async Task A_cancelled_read_is_refused()
    {
        await using var store = Create();
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await store.GetManyAsync([Key("k")], new byte[]?[1], cancelled.Token));
    }

    protected static StoreRange All => new(StoreColumn.Current, default, default);

    protected static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    protected static StoreKey Key(string text, StoreColumn column = StoreColumn.Current) => new(column, Bytes(text));

    protected static string? Text(byte[]? bytes) => bytes is null ? null : Encoding.UTF8.GetString(bytes);

    protected static async Task<string?[]> GetAsync(IKeyValueStore store, params string[] keys)
    {
        var values = new byte[]?[keys.Length];
        await store.GetManyAsync([.. keys.Select(key => Key(key))], values, Token);
        return [.. values.Select(Text)];
    }
}
