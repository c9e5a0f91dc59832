using FlexFs.Contracts.KeyValue;
using FlexFs.Metadata.Storage;
using FlexFs.Metadata.Storage.Memory;

namespace FlexFs.Metadata.RocksDb.Tests;

public sealed class MemoryStoreTests : KeyValueStoreContract
{
    protected override IKeyValueStore Create() => new MemoryStore();

    [Fact]
    public async Task A_full_store_takes_only_batches_from_the_reserve()
    {
        await using var store = new MemoryStore { IsFull = true };
        var owner = await StoreOwner.TakeAsync(store, Token);
        Assert.Equal(CommitResult.OutOfSpace, await owner.CommitAsync(("k", "1")));
        Assert.Equal(0, store.Count);
        Assert.Equal(CommitResult.Committed, await store.CommitAsync(new(1, 1, [new(Key("k"), Bytes("1"))], FromReserve: true)));
        Assert.Equal(1, store.Count);
        Assert.Equal(2, store.PlainBytes);
    }
}
