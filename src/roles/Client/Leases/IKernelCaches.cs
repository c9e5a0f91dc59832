using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Client.Leases;

/// <summary>Caches in front of this client that answer programs by themselves: those of the kernel.</summary>
/// <remarks>What was given out of an answer with a lease is dropped here before the lease is given up.</remarks>
public interface IKernelCaches
{
    /// <summary>Drops what is cached of an inode; ends when it is dropped.</summary>
    /// <remarks>
    /// It may wait until reads of the inode are answered that the kernel has begun, so nothing that answers one may wait for it.
    /// </remarks>
    /// <param name="inode">The inode.</param>
    /// <param name="parts">What of it.</param>
    /// <param name="names">Of names: which; none for all of them.</param>
    ValueTask DropAsync(InodeId inode, InodeParts parts, IReadOnlyList<ReadOnlyMemory<byte>> names);

    /// <summary>Drops pages of a range; waits for reads of it as <see cref="DropAsync"/> does.</summary>
    ValueTask DropPagesAsync(InodeId inode, FileRange range);
}

/// <summary>Nothing in front of the client.</summary>
internal sealed class NoKernelCaches : IKernelCaches
{
    public ValueTask DropAsync(InodeId inode, InodeParts parts, IReadOnlyList<ReadOnlyMemory<byte>> names) => default;

    public ValueTask DropPagesAsync(InodeId inode, FileRange range) => default;
}
