using FlexFs.Contracts;
using FlexFs.Contracts.Objects;
using FlexFs.Objects.Memory;

namespace FlexFs.Objects.Tests;

public sealed class RetryingObjectStoreTests
{
    private static readonly ObjectName Name = ObjectName.Of("v/aa/1");
    private readonly ManualClock _clock = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_fails_for_the_moment_is_tried_again()
    {
        await using var store = Create(call => new StoreFault { Fails = call < 3 });
        Assert.Equal(PutOutcome.Stored, await _clock.RunAsync(() => store.PutAsync(Name, new byte[] { 1, 2 }, Token)));
        Assert.Equal(3, store.Retries);
    }

    [Fact]
    public async Task A_put_whose_reply_was_lost_is_stored()
    {
        await using var store = Create(call => new StoreFault { LosesReply = call == 0 });
        Assert.Equal(PutOutcome.Stored, await _clock.RunAsync(() => store.PutAsync(Name, new byte[] { 1, 2 }, Token)));
        Assert.Equal(2, await _clock.RunAsync(() => store.LengthAsync(Name, Token)));
    }

    [Fact]
    public async Task What_no_repetition_mends_is_not_repeated()
    {
        await using var store = Create(_ => new StoreFault { Fails = true, IsPermanent = true });
        var failure = await Assert.ThrowsAsync<ObjectStoreException>(
            async () => await _clock.RunAsync(() => store.GetAsync(Name, 0, new byte[1], Token)));
        Assert.Equal(1, failure.Attempt);
        Assert.Equal(0, store.Retries);
    }

    [Fact]
    public async Task Attempts_are_bounded_and_the_failure_tells_all()
    {
        await using var store = Create(_ => new StoreFault { Fails = true });
        var failure = await Assert.ThrowsAsync<ObjectStoreException>(
            async () => await _clock.RunAsync(() => store.GetAsync(Name, 0, new byte[1], Token)));
        Assert.Equal(5, failure.Attempt);
        Assert.StartsWith("get of v/aa/1 at memory: a fault of the test", failure.Message, StringComparison.Ordinal);

        // Four pauses between half and the whole of 100, 200, 400 and 500 ms.
        Assert.InRange(failure.Elapsed, TimeSpan.FromMilliseconds(600), TimeSpan.FromMilliseconds(1200));
        Assert.IsType<ObjectStoreException>(failure.InnerException);
    }

    [Fact]
    public async Task When_everything_fails_saved_retries_run_out()
    {
        await using var store = Create(_ => new StoreFault { Fails = true }, saved: 6);
        for (var i = 0; i < 20; i++)
        {
            await Assert.ThrowsAsync<ObjectStoreException>(async () => await _clock.RunAsync(() => store.LengthAsync(Name, Token)));
        }

        Assert.Equal(6, store.Retries);
    }

    [Fact]
    public async Task An_attempt_without_an_answer_times_out_and_is_repeated()
    {
        await using var store = Create(call => new StoreFault { Delay = call == 0 ? TimeSpan.FromHours(1) : default });
        Assert.Null(await _clock.RunAsync(() => store.LengthAsync(Name, Token)));

        // The clock jumps while the pool is at it, so that a later attempt may time out, too.
        Assert.InRange(store.Retries, 1, 4);
    }

    [Fact]
    public async Task A_cancelled_wait_ends()
    {
        await using var store = Create(_ => new StoreFault { Fails = true });
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await _clock.RunAsync(() => store.LengthAsync(Name, cancelled.Token)));
    }

    private RetryingObjectStore Create(Func<int, StoreFault> decide, int saved = 100)
    {
        var calls = 0;
        var options = new RetryOptions
        {
            AttemptsMax = 5,
            FirstPause = TimeSpan.FromMilliseconds(100),
            PauseMax = TimeSpan.FromMilliseconds(500),
            AttemptTimeout = TimeSpan.FromSeconds(10),
            SavedRetriesMax = saved,
        };
        var faulty = new FaultyObjectStore(new MemoryObjectStore(_clock), _clock, (_, _) => decide(calls++));
        return new RetryingObjectStore(faulty, options, _clock, new Random(4));
    }
}
