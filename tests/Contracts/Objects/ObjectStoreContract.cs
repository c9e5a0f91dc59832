using FlexFs.Core;
using FlexFs.Objects;

namespace FlexFs.Contracts.Objects;

/// <summary>What every <see cref="IObjectStore"/> does. Derive, and say how a store is made.</summary>
public abstract class ObjectStoreContract
{
    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A new, empty store.</summary>
    protected abstract IObjectStore Create();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4095)]
    [InlineData(3_000_001)]
    public async Task What_was_put_is_got(int length)
    {
        await using var store = Create();
        var bytes = Bytes(length);
        Assert.Equal(PutOutcome.Stored, await store.PutAsync(Name("v/aa/1"), bytes, Token));
        var read = new byte[length + 10];
        var range = await store.GetAsync(Name("v/aa/1"), 0, read, Token);
        Assert.Equal(new ObjectRange(true, length, length), range);
        Assert.Equal(bytes, read[..length]);
        Assert.Equal(new byte[10], read[length..]);
        Assert.Equal(length, await store.LengthAsync(Name("v/aa/1"), Token));
    }

    [Theory]
    [InlineData(0, 10, 10)]
    [InlineData(90, 10, 10)]
    [InlineData(95, 10, 5)]
    [InlineData(100, 10, 0)]
    [InlineData(1000, 10, 0)]
    [InlineData(3, 0, 0)]
    public async Task A_range_ends_with_the_object(int offset, int length, int expected)
    {
        await using var store = Create();
        var bytes = Bytes(100);
        await store.PutAsync(Name("v/aa/1"), bytes, Token);
        var read = new byte[length];
        var range = await store.GetAsync(Name("v/aa/1"), offset, read, Token);
        Assert.Equal(new ObjectRange(true, expected, 100), range);
        Assert.True(bytes.AsSpan(Math.Min(offset, 100), expected).SequenceEqual(read.AsSpan(0, expected)));
    }

    [Fact]
    public async Task What_is_not_there_is_a_result()
    {
        await using var store = Create();
        Assert.Equal(ObjectRange.NotFound, await store.GetAsync(Name("v/aa/1"), 0, new byte[1], Token));
        Assert.Null(await store.LengthAsync(Name("v/aa/1"), Token));
        await store.DeleteAsync([Name("v/aa/1")], Token);
        await store.PutAsync(Name("v/aa/2"), Bytes(1), Token);
        Assert.Equal(ObjectRange.NotFound, await store.GetAsync(Name("v/aa/1"), 0, new byte[1], Token));
        Assert.Equal(ObjectRange.NotFound, await store.GetAsync(Name("v/aa/2/3"), 0, new byte[1], Token));
    }

    [Fact]
    public async Task The_same_put_again_is_the_same_success()
    {
        await using var store = Create();
        Assert.Equal(PutOutcome.Stored, await store.PutAsync(Name("v/aa/1"), Bytes(1000), Token));
        Assert.Equal(PutOutcome.Stored, await store.PutAsync(Name("v/aa/1"), Bytes(1000), Token));
    }

    [Fact]
    public async Task A_name_never_gets_other_bytes()
    {
        await using var store = Create();
        await store.PutAsync(Name("v/aa/1"), Bytes(1000), Token);
        Assert.Equal(PutOutcome.Conflict, await store.PutAsync(Name("v/aa/1"), Bytes(1000, seed: 2), Token));
        Assert.Equal(PutOutcome.Conflict, await store.PutAsync(Name("v/aa/1"), Bytes(999), Token));
        Assert.Equal(PutOutcome.Conflict, await store.PutAsync(Name("v/aa/1"), Bytes(1001), Token));
        var read = new byte[1000];
        Assert.Equal(new ObjectRange(true, 1000, 1000), await store.GetAsync(Name("v/aa/1"), 0, read, Token));
        Assert.Equal(Bytes(1000), read);
    }

    [Fact]
    public async Task Of_many_puts_at_once_one_wins_and_all_others_know()
    {
        await using var store = Create();
        var puts = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(i => store.PutAsync(Name("v/aa/1"), Bytes(50_000, seed: i), Token).AsTask()));
        var winner = Array.IndexOf(puts, PutOutcome.Stored);
        Assert.Equal(1, puts.Count(outcome => outcome == PutOutcome.Stored));
        Assert.Equal(7, puts.Count(outcome => outcome == PutOutcome.Conflict));
        var read = new byte[50_000];
        await store.GetAsync(Name("v/aa/1"), 0, read, Token);
        Assert.Equal(Bytes(50_000, seed: winner), read);
    }

    [Fact]
    public async Task What_was_deleted_is_gone_and_may_be_put_again()
    {
        await using var store = Create();
        var names = Enumerable.Range(0, 50).Select(i => Name($"v/{i % 5:x2}/{i}")).ToArray();
        foreach (var name in names) await store.PutAsync(name, Bytes(10), Token);
        await store.DeleteAsync([.. names[..40], Name("v/zz/none")], Token);
        for (var i = 0; i < names.Length; i++)
        {
            Assert.Equal(i < 40 ? null : 10L, await store.LengthAsync(names[i], Token));
        }

        Assert.Equal(PutOutcome.Stored, await store.PutAsync(names[0], Bytes(20, seed: 9), Token));
        Assert.Equal(20, await store.LengthAsync(names[0], Token));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(1000)]
    public async Task A_listing_has_every_name_of_the_prefix_once_in_order(int limit)
    {
        await using var store = Create();
        string[] names =
        [
            "a", "v/00/1", "v/00/2", "v/00-x", "v/00.x", "v/01/1", "v/0a/1", "v/0a/2/deep", "v/ff/9", "v-2/00/1", "v2/1", "vv",
        ];
        foreach (var name in names) await store.PutAsync(Name(name), Bytes(name.Length), Token);
        foreach (var prefix in (string[])["", "v", "v/", "v/0", "v/00", "v/00/", "v/0a/2/deep", "v/zz/", "nothing"])
        {
            var listed = await ListAsync(store, prefix, limit);
            var expected = names.Where(name => name.StartsWith(prefix, StringComparison.Ordinal))
                .Order(StringComparer.Ordinal);
            Assert.Equal(expected, listed.Select(entry => entry.Name.Text));
            Assert.All(listed, entry => Assert.Equal(entry.Name.Text.Length, entry.LengthBytes));
        }
    }

    [Fact]
    public async Task A_listing_goes_on_although_its_last_name_was_deleted()
    {
        await using var store = Create();
        for (var i = 0; i < 6; i++) await store.PutAsync(Name($"v/0{i / 2}/{i}"), Bytes(1), Token);
        var page = await store.ListAsync("v/", null, 2, Token);
        await store.DeleteAsync([.. page.Objects.Select(entry => entry.Name)], Token);
        var rest = new List<string>();
        while (page.Continuation is not null)
        {
            page = await store.ListAsync("v/", page.Continuation, 2, Token);
            rest.AddRange(page.Objects.Select(entry => entry.Name.Text));
        }

        Assert.Equal(["v/01/2", "v/01/3", "v/02/4", "v/02/5"], rest);
    }

    [Fact]
    public async Task A_listing_tells_when_an_object_was_stored()
    {
        await using var store = Create();
        var before = Instant.Now(TimeProvider.System);
        await store.PutAsync(Name("v/aa/1"), Bytes(1), Token);
        var listed = Assert.Single(await ListAsync(store, "", 10));
        Assert.InRange(
            listed.StoredAt.Since(before), TimeSpan.FromMinutes(-1), TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Many_calls_run_at_a_time()
    {
        await using var store = Create();
        await Task.WhenAll(Enumerable.Range(0, 100).Select(async i =>
        {
            var name = Name($"v/{i % 16:x2}/{i}");
            var bytes = Bytes(10_000, seed: i);
            Assert.Equal(PutOutcome.Stored, await store.PutAsync(name, bytes, Token));
            var read = new byte[10_000];
            Assert.Equal(10_000, (await store.GetAsync(name, 0, read, Token)).BytesRead);
            Assert.Equal(bytes, read);
        }));
        Assert.Equal(100, (await ListAsync(store, "v/", 30)).Count);
    }

    [Fact]
    public async Task The_first_volume_owns_the_prefix_and_another_is_refused()
    {
        await using var store = Create();
        var names = new ObjectNames("v");
        var mine = new VolumeId(new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
        var other = new VolumeId(new Guid(2, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
        Assert.Equal(
            OwnerOutcome.Missing, (await OwnerMarker.CheckAsync(store, names, mine, mayClaim: false, Token)).Outcome);
        Assert.Equal(
            new OwnerCheck(OwnerOutcome.Claimed, mine), await OwnerMarker.CheckAsync(store, names, mine, true, Token));
        Assert.Equal(
            new OwnerCheck(OwnerOutcome.Ours, mine), await OwnerMarker.CheckAsync(store, names, mine, false, Token));
        Assert.Equal(
            new OwnerCheck(OwnerOutcome.Foreign, mine), await OwnerMarker.CheckAsync(store, names, other, true, Token));
        Assert.Equal(
            OwnerOutcome.Claimed, (await OwnerMarker.CheckAsync(store, new ObjectNames("w"), other, true, Token)).Outcome);
    }

    [Fact]
    public async Task Something_else_under_the_markers_name_is_not_overwritten()
    {
        await using var store = Create();
        var names = new ObjectNames("v");
        await store.PutAsync(names.Owner, Bytes(500), Token);
        Assert.Equal(
            OwnerOutcome.Unreadable, (await OwnerMarker.CheckAsync(store, names, default, true, Token)).Outcome);
    }

    [Fact]
    public async Task A_cancelled_call_is_refused()
    {
        await using var store = Create();
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await store.PutAsync(Name("v/aa/1"), Bytes(1), cancelled.Token));
        Assert.Null(await store.LengthAsync(Name("v/aa/1"), Token));
    }

    protected static ObjectName Name(string text) => ObjectName.Of(text);

    protected static byte[] Bytes(int length, int seed = 1)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    protected static async Task<List<ListedObject>> ListAsync(IObjectStore store, string prefix, int limit)
    {
        var all = new List<ListedObject>();
        string? continuation = null;
        do
        {
            var page = await store.ListAsync(prefix, continuation, limit, Token);
            Assert.InRange(page.Objects.Count, 0, limit);
            all.AddRange(page.Objects);
            continuation = page.Continuation;
        }
        while (continuation is not null);

        return all;
    }
}
