using FlexFs.Client;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Bench.Sessions;

/// <summary>A store for clients that write no bytes.</summary>
internal sealed class NoObjects : IVolumeObjects
{
    public ValueTask<Result<ObjectDescriptor>> WriteAsync(
        ObjectId id, IReadOnlyList<ReadOnlyMemory<byte>> content, CancellationToken cancellationToken) => new(Errno.EROFS);

    public ValueTask<bool> ReadAsync(
        ObjectDescriptor descriptor, int offset, Memory<byte> destination, CancellationToken cancellationToken) => new(false);

    public ValueTask PrefetchAsync(ObjectDescriptor descriptor, int offset, int length, CancellationToken cancellationToken) => default;
}
