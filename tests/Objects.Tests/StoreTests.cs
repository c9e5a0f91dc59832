using FlexFs.Contracts;
using FlexFs.Contracts.Objects;
using FlexFs.Objects.File;
using FlexFs.Objects.Memory;

namespace FlexFs.Objects.Tests;

public sealed class MemoryObjectStoreTests : ObjectStoreContract
{
    protected override IObjectStore Create() => new MemoryObjectStore(TimeProvider.System);

    [Fact]
    public async Task Beyond_its_capacity_it_is_out_of_space()
    {
        await using var store = new MemoryObjectStore(TimeProvider.System) { CapacityBytes = 100 };
        Assert.Equal(PutOutcome.Stored, await store.PutAsync(Name("a"), Bytes(60), Token));
        Assert.Equal(PutOutcome.OutOfSpace, await store.PutAsync(Name("b"), Bytes(60), Token));
        await store.DeleteAsync([Name("a")], Token);
        Assert.Equal(PutOutcome.Stored, await store.PutAsync(Name("b"), Bytes(60), Token));
    }
}

/// <summary>The contract, with all blocking calls on the caller.</summary>
public sealed class FileObjectStoreInlineTests : ObjectStoreContract, IDisposable
{
    private readonly TemporaryFolder _folder = new("flexfs-objects");

    public void Dispose() => _folder.Dispose();

    protected override IObjectStore Create() =>
        new FileObjectStore(_folder.Path, InlineWork.Instance, TimeProvider.System);
}

/// <summary>The contract through a retrying store over one that loses every other reply.</summary>
public sealed class RetriedLostRepliesTests : ObjectStoreContract
{
    protected override IObjectStore Create()
    {
        var calls = 0;
        var faulty = new FaultyObjectStore(
            new MemoryObjectStore(TimeProvider.System), TimeProvider.System,
            (_, _) => new StoreFault { LosesReply = calls++ % 2 == 0 });
        var options = new RetryOptions { FirstPause = TimeSpan.FromTicks(1), SavedRetriesMax = 10_000 };
        return new RetryingObjectStore(faulty, options, TimeProvider.System, new Random(1));
    }
}
