using FlexFs.Contracts;
using FlexFs.Contracts.KeyValue;
using FlexFs.Metadata.Storage;

namespace FlexFs.Metadata.RocksDb.Tests;

/// <summary>A full disk refuses writes, keeps reads going, and is forgotten when there is space again.</summary>
public sealed class OutOfSpaceTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Below_the_reserve_only_batches_that_free_space_are_taken()
    {
        using var disk = new SmallFileSystem(32);
        using var environment = new RocksDbEnvironment(new RocksDbOptions { ReserveBytes = 4 << 20 });
        await using var store = RocksDbStore.Open(environment, Path.Combine(disk.Path, "volume"));
        var owner = await StoreOwner.TakeAsync(store, Token);
        Assert.Equal(CommitResult.Committed, await owner.CommitAsync(("k", "1")));
        var ballast = disk.Fill(3 << 20);
        Assert.Equal(CommitResult.OutOfSpace, await owner.CommitAsync(("k", "2")));
        Assert.Equal("1", await GetAsync(store, "k"));
        var next = owner.Position with { Sequence = owner.Position.Sequence + 1 };
        Assert.Equal(
            CommitResult.Committed,
            await store.CommitAsync(new(next.Epoch, next.Sequence, [new(Key("k"), null)], FromReserve: true)));
        Assert.Null(await GetAsync(store, "k"));
        File.Delete(ballast);
        Assert.Equal(
            CommitResult.Committed, await store.CommitAsync(new(next.Epoch, next.Sequence + 1, [new(Key("k"), [1])])));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2 << 20)]
    public async Task Full_to_the_last_page_it_refuses_serves_reads_and_resumes(int left)
    {
        using var disk = new SmallFileSystem(32);
        using var environment = new RocksDbEnvironment(
            new RocksDbOptions { ReserveBytes = 0, WriteBufferPerColumnBytes = 1 << 20 });
        var folder = Path.Combine(disk.Path, "volume");
        var value = new byte[100_000];
        new Random(5).NextBytes(value);
        ulong committed = 0;
        await using (var store = RocksDbStore.Open(environment, folder))
        {
            var owner = await StoreOwner.TakeAsync(store, Token);
            for (; committed < 5; committed++)
            {
                Assert.Equal(CommitResult.Committed, await owner.CommitAsync(new StoreWrite(Key($"{committed}"), value)));
            }

            var ballast = disk.Fill(left);
            CommitResult result;
            while ((result = await owner.CommitAsync(new StoreWrite(Key($"{committed}"), value))) == CommitResult.Committed)
            {
                committed++;
                Assert.InRange(committed, 0UL, 400UL);
            }

            Assert.Equal(CommitResult.OutOfSpace, result);
            for (var again = 0; again < 3; again++)
            {
                Assert.Equal(
                    CommitResult.OutOfSpace, await owner.CommitAsync(new StoreWrite(Key($"{committed}"), value)));
                await AssertHoldsAsync(store, committed, value);
            }

            File.Delete(ballast);
            Assert.Equal(CommitResult.Committed, await owner.CommitAsync(new StoreWrite(Key($"{committed}"), value)));
            committed++;
            await AssertHoldsAsync(store, committed, value);
        }

        await using var reopened = RocksDbStore.Open(environment, folder);
        Assert.Equal(committed, (await reopened.PositionAsync(Token)).Sequence);
        await AssertHoldsAsync(reopened, committed, value);
    }

    private static async Task AssertHoldsAsync(RocksDbStore store, ulong committed, byte[] value)
    {
        for (ulong i = 0; i < committed; i++)
        {
            var values = new byte[]?[1];
            Assert.Equal(committed, await store.GetManyAsync([Key($"{i}")], values, Token));
            Assert.True(value.AsSpan().SequenceEqual(values[0]), $"record {i} of {committed}");
        }

        Assert.Null(await GetAsync(store, $"{committed}"));
    }

    private static StoreKey Key(string text) => new(StoreColumn.Current, System.Text.Encoding.UTF8.GetBytes(text));

    private static async Task<string?> GetAsync(RocksDbStore store, string key)
    {
        var values = new byte[]?[1];
        await store.GetManyAsync([Key(key)], values, Token);
        return values[0] is { } bytes ? System.Text.Encoding.UTF8.GetString(bytes) : null;
    }
}
