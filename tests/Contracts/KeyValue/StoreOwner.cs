using System.Text;
using FlexFs.Metadata.Storage;

namespace FlexFs.Contracts.KeyValue;

/// <summary>Commits as an owner does: with its epoch, each batch one behind the last.</summary>
public sealed class StoreOwner
{
    private readonly IKeyValueStore _store;

    private StoreOwner(IKeyValueStore store, StorePosition position)
    {
        _store = store;
        Position = position;
    }

    /// <summary>After its last committed batch.</summary>
    public StorePosition Position { get; private set; }

    public static async Task<StoreOwner> TakeAsync(IKeyValueStore store, CancellationToken cancellationToken) =>
        new(store, await store.TakeOwnershipAsync(cancellationToken));

    public async Task<CommitResult> CommitAsync(params StoreWrite[] writes)
    {
        var next = Position with { Sequence = Position.Sequence + 1 };
        var result = await _store.CommitAsync(new StoreBatch(next.Epoch, next.Sequence, writes));
        if (result == CommitResult.Committed) Position = next;
        return result;
    }

    public Task<CommitResult> CommitAsync(params (string Key, string? Value)[] writes) =>
        CommitAsync([.. writes.Select(write => new StoreWrite(
            new(StoreColumn.Current, Encoding.UTF8.GetBytes(write.Key)),
            write.Value is null ? null : Encoding.UTF8.GetBytes(write.Value)))]);
}
