using FlexFs.Client.Waiting;
using FlexFs.Client.Writing;
using FlexFs.Core;

namespace FlexFs.Client.Tests;

public sealed class DirtyBudgetTests
{
    private readonly DirtyBudget _budget = new(new HeapDirtyMemory(4096, 1), SlowWaits.None);

    [Fact]
    public async Task Who_waits_for_memory_goes_on_when_a_chunk_is_free_or_the_store_has_no_space()
    {
        Assert.True(_budget.TryTake(out var chunk, out _));
        var first = WaitAsync();
        Assert.False(first.IsCompleted);
        _budget.Release(chunk, wasSealed: false);
        await first;

        Assert.True(_budget.TryTake(out _, out _));
        var second = WaitAsync();
        Assert.False(second.IsCompleted);
        _budget.IsOutOfSpace = true;
        await second;
    }

    [Fact]
    public void Who_comes_after_the_store_was_found_full_does_not_wait_for_it()
    {
        Assert.True(_budget.TryTake(out _, out _));
        _budget.IsOutOfSpace = true;
        Assert.True(WaitAsync().IsCompletedSuccessfully);
        _budget.IsOutOfSpace = false;
        Assert.False(WaitAsync().IsCompleted);
    }

    [Fact]
    public async Task A_chunk_for_who_has_stopped_waiting_is_the_next_ones()
    {
        Assert.True(_budget.TryTake(out var chunk, out _));
        using var stopping = new CancellationTokenSource();
        var stopped = _budget.WaitAsync(new InodeId(9), stopping.Token).AsTask();
        var next = WaitAsync();
        await stopping.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stopped);
        _budget.Release(chunk, wasSealed: false);
        await next;
    }

    private Task WaitAsync() => _budget.WaitAsync(new InodeId(9), TestContext.Current.CancellationToken).AsTask();
}
