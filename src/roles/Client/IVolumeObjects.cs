using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Client;

/// <summary>
/// The objects of one volume as this client reads and writes them: compressed, verified, cached, in some store.
/// </summary>
/// <remarks>
/// Any thread; waits for nothing but its store and its scheduler, and does work that takes long on that. What goes
/// wrong in the world, and
/// bytes that are not what was written, are exceptions that say what, where and of which object.
/// </remarks>
public interface IVolumeObjects
{
    /// <summary>Puts an object durably into the store. Repeated with the same id, it has the same bytes.</summary>
    /// <param name="id">Its name.</param>
    /// <param name="content">Its plain bytes, in order; unchanged until this ends.</param>
    /// <param name="cancellationToken">Ends the wait; whether the object is there is not known then.</param>
    /// <returns>What a reader must know of it. ENOSPC: there is no space; EEXIST: the name has other bytes.</returns>
    ValueTask<Result<ObjectDescriptor>> WriteAsync(
        ObjectId id, IReadOnlyList<ReadOnlyMemory<byte>> content, CancellationToken cancellationToken);

    /// <summary>Fills <paramref name="destination"/> with plain bytes of an object.</summary>
    /// <returns>False when the store has no such object.</returns>
    ValueTask<bool> ReadAsync(
        ObjectDescriptor descriptor, int offset, Memory<byte> destination, CancellationToken cancellationToken);

    /// <summary>Brings bytes that will be read soon into memory. What goes wrong shows at the read.</summary>
    ValueTask PrefetchAsync(ObjectDescriptor descriptor, int offset, int length, CancellationToken cancellationToken);
}
