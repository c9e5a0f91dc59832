using FlexFs.Client;
using FlexFs.Core;
using FlexFs.Objects;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Simulation.World;

/// <summary>A bug put in on purpose: objects as plain bytes that nobody verifies, so that a lying store is believed.</summary>
internal sealed class BelievingObjects(IObjectStore store, ObjectNames names) : IVolumeObjects
{
    public async ValueTask<Result<ObjectDescriptor>> WriteAsync(
        ObjectId id, IReadOnlyList<ReadOnlyMemory<byte>> content, CancellationToken cancellationToken)
    {
        byte[] bytes = [.. content.SelectMany(part => part.ToArray())];
        var outcome = await store.PutAsync(names.Of(id), bytes, cancellationToken);
        return outcome switch
        {
            PutOutcome.OutOfSpace => Errno.ENOSPC,
            PutOutcome.Conflict => Errno.EEXIST,
            _ => new ObjectDescriptor { Object = id, PlainBytes = (uint)bytes.Length, StoredBytes = (uint)bytes.Length },
        };
    }

    public async ValueTask<bool> ReadAsync(
        ObjectDescriptor descriptor, int offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        var range = await store.GetAsync(names.Of(descriptor.Object), offset, destination, cancellationToken);
        return range.IsFound;
    }

    public ValueTask PrefetchAsync(
        ObjectDescriptor descriptor, int offset, int length, CancellationToken cancellationToken) => default;
}
