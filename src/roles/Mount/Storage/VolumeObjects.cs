using FlexFs.Blocks;
using FlexFs.Client;
using FlexFs.Core;
using FlexFs.Objects;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Mount.Storage;

/// <summary>The objects of a volume through the block layer: compressed, verified, cached in memory.</summary>
/// <param name="sink">Writes.</param>
/// <param name="source">Reads.</param>
internal sealed class VolumeObjects(BlockSink sink, BlockSource source) : IVolumeObjects
{
    public async ValueTask<Result<ObjectDescriptor>> WriteAsync(
        ObjectId id, IReadOnlyList<ReadOnlyMemory<byte>> content, CancellationToken cancellationToken)
    {
        var stored = await sink.PutAsync(id, content, cancellationToken);
        return stored.Outcome switch
        {
            PutOutcome.OutOfSpace => Errno.ENOSPC,
            PutOutcome.Stored => new ObjectDescriptor
            {
                Object = id,
                PlainBytes = (uint)stored.PlainBytes,
                StoredBytes = (uint)stored.StoredBytes,
                FrameIndex = stored.FrameIndex,
            },
            _ => Errno.EEXIST,
        };
    }

    public async ValueTask<bool> ReadAsync(
        ObjectDescriptor descriptor, int offset, Memory<byte> destination, CancellationToken cancellationToken) =>
        await source.ReadAsync(descriptor.Object, descriptor.FrameIndex, offset, destination, cancellationToken)
        == BlockRead.Complete;

    public async ValueTask PrefetchAsync(
        ObjectDescriptor descriptor, int offset, int length, CancellationToken cancellationToken)
    {
        if (await source.LayoutAsync(descriptor.Object, descriptor.FrameIndex, cancellationToken) is { } layout)
        {
            source.Prefetch(descriptor.Object, layout, offset, length);
        }
    }
}
