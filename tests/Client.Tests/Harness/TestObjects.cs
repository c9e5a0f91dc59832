using System.Collections.Concurrent;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Client.Tests;

/// <summary>A store of plain bytes that can be slow, full or failing.</summary>
public sealed class TestObjects : IVolumeObjects
{
    private readonly ConcurrentDictionary<ObjectId, byte[]> _objects = new();
    private int _writing;

    /// <summary>Awaited by each write before it does anything.</summary>
    public Func<ObjectId, Task> BeforeWrite { get; set; } = static _ => Task.CompletedTask;

    /// <summary>Awaited by each read before it does anything.</summary>
    public Func<ObjectId, Task> BeforeRead { get; set; } = static _ => Task.CompletedTask;

    /// <summary>The answer of a write, instead of storing.</summary>
    public Func<ObjectId, Errno> Refuse { get; set; } = static _ => Errno.OK;

    public ConcurrentQueue<int> WrittenBytes { get; } = new();

    public int Count => _objects.Count;

    public int WritingMax { get; private set; }

    public int Writing => Volatile.Read(ref _writing);

    public ICollection<ObjectId> Ids => _objects.Keys;

    public int Reads => _reads;

    private int _reads;

    public void Remove(ObjectId id) => _objects.TryRemove(id, out _);

    public async ValueTask<Result<ObjectDescriptor>> WriteAsync(
        ObjectId id, IReadOnlyList<ReadOnlyMemory<byte>> content, CancellationToken cancellationToken)
    {
        var writing = Interlocked.Increment(ref _writing);
        lock (_objects) WritingMax = Math.Max(WritingMax, writing);
        try
        {
            await BeforeWrite(id);
            if (Refuse(id) is not Errno.OK and var errno) return errno;
            var bytes = content.SelectMany(part => part.ToArray()).ToArray();
            var there = _objects.GetOrAdd(id, bytes);
            if (!there.AsSpan().SequenceEqual(bytes)) return Errno.EEXIST;
            WrittenBytes.Enqueue(bytes.Length);
            return new ObjectDescriptor
            {
                Object = id,
                PlainBytes = (uint)bytes.Length,
                StoredBytes = (uint)bytes.Length,
                FrameIndex = ReadOnlyMemory<byte>.Empty,
            };
        }
        finally
        {
            Interlocked.Decrement(ref _writing);
        }
    }

    public ValueTask<bool> ReadAsync(
        ObjectDescriptor descriptor, int offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _reads);
        var before = BeforeRead(descriptor.Object);
        return before.IsCompletedSuccessfully
            ? new(Read(descriptor, offset, destination))
            : ReadAfterAsync(before, descriptor, offset, destination);
    }

    private async ValueTask<bool> ReadAfterAsync(Task before, ObjectDescriptor descriptor, int offset, Memory<byte> destination)
    {
        await before;
        return Read(descriptor, offset, destination);
    }

    private bool Read(ObjectDescriptor descriptor, int offset, Memory<byte> destination)
    {
        if (!_objects.TryGetValue(descriptor.Object, out var bytes)) return false;
        bytes.AsMemory(offset, destination.Length).CopyTo(destination);
        return true;
    }

    public ValueTask PrefetchAsync(
        ObjectDescriptor descriptor, int offset, int length, CancellationToken cancellationToken) => default;
}
