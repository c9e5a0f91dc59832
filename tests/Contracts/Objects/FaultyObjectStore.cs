using FlexFs.Objects;

namespace FlexFs.Contracts.Objects;

/// <summary>A call that <see cref="FaultyObjectStore"/> asks about.</summary>
public enum StoreOperation
{
    Put,
    Get,
    Length,
    Delete,
    List,
}

/// <summary>What goes wrong with a call; default is nothing.</summary>
public readonly record struct StoreFault
{
    /// <summary>Waits by the clock before the call reaches the store.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Fails before the store has seen the call.</summary>
    public bool Fails { get; init; }

    /// <summary>Fails after the store has done it: a lost reply.</summary>
    public bool LosesReply { get; init; }

    /// <summary>With <see cref="Fails"/> or <see cref="LosesReply"/>: a failure that no repetition mends.</summary>
    public bool IsPermanent { get; init; }

    /// <summary>A put says that there is no space.</summary>
    public bool IsFull { get; init; }

    /// <summary>A get or length says that there is no such object.</summary>
    public bool HidesObject { get; init; }

    /// <summary>A put is answered but not done: a lying store.</summary>
    public bool DropsPut { get; init; }

    /// <summary>A get reads this object instead.</summary>
    public ObjectName? ReadsInstead { get; init; }

    /// <summary>A get's bytes are changed at this distance from their start, where they reach so far.</summary>
    public int? FlipsByteAt { get; init; }

    /// <summary>A get answers at most so many bytes.</summary>
    public int? ShortensTo { get; init; }
}

/// <summary>A store that is slow, failing or lying, as <paramref name="decide"/> says for each call.</summary>
/// <param name="inner">The store behind it; disposed with it.</param>
/// <param name="clock">Delays are its.</param>
/// <param name="decide">Asked once a call, with the first name or prefix.</param>
public sealed class FaultyObjectStore(
    IObjectStore inner, TimeProvider clock, Func<StoreOperation, string, StoreFault> decide) : IObjectStore
{
    private int _calls;

    public string Location => inner.Location;

    /// <summary>Calls so far, failed ones too.</summary>
    public int Calls => Volatile.Read(ref _calls);

    public async ValueTask<PutOutcome> PutAsync(
        ObjectName name, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var fault = await BeginAsync(StoreOperation.Put, name.Text, cancellationToken);
        if (fault.IsFull) return PutOutcome.OutOfSpace;
        if (fault.DropsPut) return PutOutcome.Stored;
        var outcome = await inner.PutAsync(name, bytes, cancellationToken);
        return End(fault, StoreOperation.Put, name.Text, outcome);
    }

    public async ValueTask<ObjectRange> GetAsync(
        ObjectName name, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        var fault = await BeginAsync(StoreOperation.Get, name.Text, cancellationToken);
        if (fault.HidesObject) return ObjectRange.NotFound;
        var range = await inner.GetAsync(fault.ReadsInstead ?? name, offset, destination, cancellationToken);
        if (fault.FlipsByteAt is { } at && at < range.BytesRead) destination.Span[at] ^= 0x40;
        if (fault.ShortensTo is { } most && most < range.BytesRead) range = range with { BytesRead = most };
        return End(fault, StoreOperation.Get, name.Text, range);
    }

    public async ValueTask<long?> LengthAsync(ObjectName name, CancellationToken cancellationToken)
    {
        var fault = await BeginAsync(StoreOperation.Length, name.Text, cancellationToken);
        if (fault.HidesObject) return null;
        return End(fault, StoreOperation.Length, name.Text, await inner.LengthAsync(name, cancellationToken));
    }

    public async ValueTask DeleteAsync(IReadOnlyList<ObjectName> names, CancellationToken cancellationToken)
    {
        var first = names.Count > 0 ? names[0].Text : "";
        var fault = await BeginAsync(StoreOperation.Delete, first, cancellationToken);
        await inner.DeleteAsync(names, cancellationToken);
        End(fault, StoreOperation.Delete, first, true);
    }

    public async ValueTask<ObjectPage> ListAsync(
        string prefix, string? continuation, int limit, CancellationToken cancellationToken)
    {
        var fault = await BeginAsync(StoreOperation.List, prefix, cancellationToken);
        var page = await inner.ListAsync(prefix, continuation, limit, cancellationToken);
        return End(fault, StoreOperation.List, prefix, page);
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private async ValueTask<StoreFault> BeginAsync(
        StoreOperation operation, string name, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _calls);
        var fault = decide(operation, name);
        if (fault.Delay > TimeSpan.Zero) await Task.Delay(fault.Delay, clock, cancellationToken);
        return fault.Fails ? throw Failure(fault, operation, name, "a fault of the test: nothing was done") : fault;
    }

    private T End<T>(StoreFault fault, StoreOperation operation, string name, T result) =>
        fault.LosesReply ? throw Failure(fault, operation, name, "a fault of the test: the reply was lost") : result;

    private ObjectStoreException Failure(StoreFault fault, StoreOperation operation, string name, string reason) =>
        new($"{operation} of {name}", Location, reason, !fault.IsPermanent, TimeSpan.Zero);
}
