using FlexFs.Core;

namespace FlexFs.Objects.Memory;

/// <summary>A store in memory: for the simulator and tests. Deterministic, no threads, everything completes at once.</summary>
/// <remarks>One thread. Bytes are copied in and out.</remarks>
public sealed class MemoryObjectStore(TimeProvider clock) : IObjectStore
{
    private readonly SortedDictionary<string, (byte[] Bytes, Instant StoredAt)> _objects = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public string Location => "memory";

    /// <summary>A put that would make the sum of all objects larger is out of space.</summary>
    public long CapacityBytes { get; set; } = long.MaxValue;

    /// <summary>Bytes of all objects.</summary>
    public long StoredBytes { get; private set; }

    /// <summary>Objects.</summary>
    public int Count => _objects.Count;

    /// <inheritdoc/>
    public ValueTask<PutOutcome> PutAsync(
        ObjectName name, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_objects.TryGetValue(name.Text, out var there))
        {
            return new(bytes.Span.SequenceEqual(there.Bytes) ? PutOutcome.Stored : PutOutcome.Conflict);
        }

        if (bytes.Length > CapacityBytes - StoredBytes) return new(PutOutcome.OutOfSpace);
        _objects.Add(name.Text, (bytes.ToArray(), Instant.Now(clock)));
        StoredBytes += bytes.Length;
        return new(PutOutcome.Stored);
    }

    /// <inheritdoc/>
    public ValueTask<ObjectRange> GetAsync(
        ObjectName name, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        cancellationToken.ThrowIfCancellationRequested();
        if (!_objects.TryGetValue(name.Text, out var there)) return new(ObjectRange.NotFound);
        var count = (int)Math.Clamp(there.Bytes.Length - offset, 0, destination.Length);
        if (count > 0) there.Bytes.AsSpan((int)offset, count).CopyTo(destination.Span);
        return new(new ObjectRange(true, count, there.Bytes.Length));
    }

    /// <inheritdoc/>
    public ValueTask<long?> LengthAsync(ObjectName name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(_objects.TryGetValue(name.Text, out var there) ? there.Bytes.Length : null);
    }

    /// <inheritdoc/>
    public ValueTask DeleteAsync(IReadOnlyList<ObjectName> names, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(names);
        Check.That(names.Count <= ObjectStoreLimits.NamesPerDeleteMax);
        cancellationToken.ThrowIfCancellationRequested();
        foreach (var name in names)
        {
            if (_objects.Remove(name.Text, out var gone)) StoredBytes -= gone.Bytes.Length;
        }

        return default;
    }

    /// <inheritdoc/>
    public ValueTask<ObjectPage> ListAsync(
        string prefix, string? continuation, int limit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(prefix);
        Check.That(limit is > 0 and <= ObjectStoreLimits.NamesPerPageMax);
        cancellationToken.ThrowIfCancellationRequested();
        var page = new List<ListedObject>();
        foreach (var (name, there) in _objects)
        {
            if (!name.StartsWith(prefix, StringComparison.Ordinal)) continue;
            if (continuation is not null && string.CompareOrdinal(name, continuation) <= 0) continue;
            if (page.Count == limit) return new(new ObjectPage(page, page[^1].Name.Text));
            page.Add(new ListedObject(ObjectName.Of(name), there.Bytes.Length, there.StoredAt));
        }

        return new(new ObjectPage(page, null));
    }

    /// <summary>Changes stored bytes behind everybody's back, as a failing disk does.</summary>
    public void Damage(ObjectName name, Func<byte[], byte[]> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        var there = _objects[name.Text];
        var damaged = change([.. there.Bytes]);
        StoredBytes += damaged.Length - there.Bytes.Length;
        _objects[name.Text] = (damaged, there.StoredAt);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => default;
}
