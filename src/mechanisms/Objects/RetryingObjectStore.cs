namespace FlexFs.Objects;

/// <summary>Tries again what failed for the moment, with growing, random pauses and within a budget.</summary>
/// <remarks>
/// Every call of <see cref="IObjectStore"/> may be repeated: a put of the same bytes under the same name is the same success.
/// The random source is locked; the rest has no state but the saved retries.
/// </remarks>
/// <param name="inner">The store; disposed with this one.</param>
/// <param name="options">How often and how long.</param>
/// <param name="clock">Pauses and time-outs are its.</param>
/// <param name="random">Of the pauses; seeded in the simulator.</param>
public sealed class RetryingObjectStore(
    IObjectStore inner, RetryOptions options, TimeProvider clock, Random random) : IObjectStore
{
    private const int TenthsPerRetry = 10;
    private readonly Lock _gate = new();
    private int _savedTenths = options.SavedRetriesMax * TenthsPerRetry;
    private long _retries;

    /// <inheritdoc/>
    public string Location => inner.Location;

    /// <summary>Attempts beyond the first, of all calls.</summary>
    public long Retries => Interlocked.Read(ref _retries);

    /// <inheritdoc/>
    public ValueTask<PutOutcome> PutAsync(
        ObjectName name, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        RunAsync(
            (inner, name, bytes), static (call, token) => call.inner.PutAsync(call.name, call.bytes, token),
            static call => $"put of {call.name}", cancellationToken);

    /// <inheritdoc/>
    public ValueTask<ObjectRange> GetAsync(
        ObjectName name, long offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        RunAsync(
            (inner, name, offset, destination),
            static (call, token) => call.inner.GetAsync(call.name, call.offset, call.destination, token),
            static call => $"get of {call.name}", cancellationToken);

    /// <inheritdoc/>
    public ValueTask<long?> LengthAsync(ObjectName name, CancellationToken cancellationToken) =>
        RunAsync(
            (inner, name), static (call, token) => call.inner.LengthAsync(call.name, token),
            static call => $"length of {call.name}", cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DeleteAsync(IReadOnlyList<ObjectName> names, CancellationToken cancellationToken) =>
        await RunAsync(
            (inner, names),
            static async (call, token) =>
            {
                await call.inner.DeleteAsync(call.names, token);
                return true;
            },
            static call => $"deletion of {call.names.Count} objects", cancellationToken);

    /// <inheritdoc/>
    public ValueTask<ObjectPage> ListAsync(
        string prefix, string? continuation, int limit, CancellationToken cancellationToken) =>
        RunAsync(
            (inner, prefix, continuation, limit),
            static (call, token) => call.inner.ListAsync(call.prefix, call.continuation, call.limit, token),
            static call => $"listing of '{call.prefix}'", cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private async ValueTask<TResult> RunAsync<TCall, TResult>(
        TCall call, Func<TCall, CancellationToken, ValueTask<TResult>> attemptAsync, Func<TCall, string> describe,
        CancellationToken cancellationToken)
    {
        var started = clock.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            ObjectStoreException failure;
            using var timeout = new CancellationTokenSource(options.AttemptTimeout, clock);
            using var linked = cancellationToken.CanBeCanceled
                ? CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token)
                : null;
            try
            {
                var result = await attemptAsync(call, linked?.Token ?? timeout.Token);
                Earn();
                return result;
            }
            catch (ObjectStoreException caught)
            {
                failure = caught;
            }
            catch (OperationCanceledException caught) when (!cancellationToken.IsCancellationRequested)
            {
                failure = new ObjectStoreException(
                    describe(call), Location, $"no answer within {options.AttemptTimeout.TotalSeconds:0.#} s",
                    isTransient: true, options.AttemptTimeout, 1, caught);
            }

            var elapsed = clock.GetElapsedTime(started);
            var pause = PauseAfter(attempt);
            var isLast = !failure.IsTransient || attempt == options.AttemptsMax || elapsed + pause > options.Budget;
            if (isLast || !TryPay())
            {
                throw new ObjectStoreException(
                    describe(call), Location, failure.Reason, failure.IsTransient, elapsed, attempt, failure);
            }

            Interlocked.Increment(ref _retries);
            await Task.Delay(pause, clock, cancellationToken);
        }
    }

    // Anything from half of a doubling bound up to it, so that many clients that failed together do not return together.
    private TimeSpan PauseAfter(int attempt)
    {
        var bound = Math.Min(
            options.FirstPause.Ticks * Math.Pow(2, attempt - 1), options.PauseMax.Ticks);
        lock (_gate) return TimeSpan.FromTicks((long)(bound * (0.5 + (random.NextDouble() / 2))));
    }

    private void Earn()
    {
        lock (_gate) _savedTenths = Math.Min(_savedTenths + 1, options.SavedRetriesMax * TenthsPerRetry);
    }

    private bool TryPay()
    {
        lock (_gate)
        {
            if (_savedTenths < TenthsPerRetry) return false;
            _savedTenths -= TenthsPerRetry;
            return true;
        }
    }
}
