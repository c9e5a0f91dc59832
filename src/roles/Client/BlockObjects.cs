using System.Collections.Concurrent;
using FlexFs.Blocks;
using FlexFs.Blocks.Format;
using FlexFs.Core;
using FlexFs.Objects;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Client;

/// <summary>
/// The objects of a volume through the block layer: compressed, verified at every read, cached in memory.
/// </summary>
/// <remarks>
/// A read of cached frames completes at once, allocates nothing and copies once. Layouts are parsed once for an object
/// and kept, as many as
/// their bound allows; at the bound all are forgotten. Owns neither part.
/// </remarks>
/// <param name="sink">Writes.</param>
/// <param name="source">Reads.</param>
public sealed class BlockObjects(BlockSink sink, BlockSource source) : IVolumeObjects
{
    private const int LayoutsMax = 16384;
    private readonly ConcurrentDictionary<ObjectId, ObjectLayout> _layouts = new();
    private int _count;

    /// <inheritdoc/>
    public async ValueTask<Result<ObjectDescriptor>> WriteAsync(
        ObjectId id, IReadOnlyList<ReadOnlyMemory<byte>> content, CancellationToken cancellationToken)
    {
        var stored = await sink.PutAsync(id, content, cancellationToken);
        return stored.Outcome switch
        {
            PutOutcome.OutOfSpace => Errno.ENOSPC,
            PutOutcome.Conflict => Errno.EEXIST,
            _ => new ObjectDescriptor
            {
                Object = id,
                PlainBytes = (uint)stored.PlainBytes,
                StoredBytes = (uint)stored.StoredBytes,
                FrameIndex = stored.FrameIndex,
            },
        };
    }

    /// <inheritdoc/>
    public async ValueTask<bool> ReadAsync(
        ObjectDescriptor descriptor, int offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        await LayoutAsync(descriptor, cancellationToken) is { } layout
        && await source.ReadAsync(descriptor.Object, layout, offset, destination, cancellationToken) == BlockRead.Complete;

    /// <inheritdoc/>
    public async ValueTask PrefetchAsync(
        ObjectDescriptor descriptor, int offset, int length, CancellationToken cancellationToken)
    {
        if (await LayoutAsync(descriptor, cancellationToken) is { } layout)
        {
            source.Prefetch(descriptor.Object, layout, offset, length);
        }
    }

    private ValueTask<ObjectLayout?> LayoutAsync(in ObjectDescriptor descriptor, CancellationToken cancellationToken) =>
        _layouts.TryGetValue(descriptor.Object, out var known) ? new(known) : AskLayoutAsync(descriptor, cancellationToken);

    private async ValueTask<ObjectLayout?> AskLayoutAsync(
        ObjectDescriptor descriptor, CancellationToken cancellationToken)
    {
        var layout = await source.LayoutAsync(descriptor.Object, descriptor.FrameIndex, cancellationToken);
        if (layout is null) return null;

        // Extents were checked against the descriptor; the object itself must have as many bytes.
        if (layout.PlainBytes != descriptor.PlainBytes)
        {
            throw new CorruptObjectException(
                descriptor.Object,
                "the metadata server",
                $"it has {layout.PlainBytes} bytes, its record says {descriptor.PlainBytes}");
        }

        if (_layouts.TryAdd(descriptor.Object, layout) && Interlocked.Increment(ref _count) > LayoutsMax)
        {
            _layouts.Clear();
            Volatile.Write(ref _count, 0);
        }

        return layout;
    }
}
