using System.IO.Hashing;
using FlexFs.Client;
using FlexFs.Core;
using FlexFs.Objects;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Simulation.World;

/// <summary>Objects with a checksum for each read unit, in the simulated store.</summary>
/// <param name="store">As the client sees it.</param>
/// <param name="names">Of the volume.</param>
/// <param name="verifies">Whether it looks at the checksums; not only under sabotage.</param>
internal sealed class PlainVolumeObjects(IObjectStore store, ObjectNames names, bool verifies) : IVolumeObjects
{
    private const int SumBytes = 16;

    public async ValueTask<Result<ObjectDescriptor>> WriteAsync(
        ObjectId id, IReadOnlyList<ReadOnlyMemory<byte>> content, CancellationToken cancellationToken)
    {
        var length = content.Sum(part => part.Length);
        var bytes = new byte[length + SumBytes];
        var at = 0;
        foreach (var part in content)
        {
            part.CopyTo(bytes.AsMemory(at));
            at += part.Length;
        }

        XxHash128.Hash(bytes.AsSpan(0, length), bytes.AsSpan(length), (long)id.Value);
        switch (await store.PutAsync(names.Of(id), bytes, cancellationToken))
        {
            case PutOutcome.OutOfSpace:
                return Errno.ENOSPC;
            case PutOutcome.Conflict:
                throw new Runtime.ViolationException($"object {id} was written twice, with different bytes");
            default:
                return new ObjectDescriptor { Object = id, PlainBytes = (uint)length, StoredBytes = (uint)bytes.Length };
        }
    }

    public async ValueTask<bool> ReadAsync(
        ObjectDescriptor descriptor, int offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        var bytes = new byte[descriptor.StoredBytes];
        var range = await store.GetAsync(names.Of(descriptor.Object), 0, bytes, cancellationToken);
        if (!range.IsFound) return false;
        if (verifies) Verify(descriptor, bytes, range);
        bytes.AsMemory(offset, destination.Length).CopyTo(destination);
        return true;
    }

    public ValueTask PrefetchAsync(
        ObjectDescriptor descriptor, int offset, int length, CancellationToken cancellationToken) => default;

    private static void Verify(in ObjectDescriptor descriptor, byte[] bytes, ObjectRange range)
    {
        Span<byte> sum = stackalloc byte[SumBytes];
        var length = (int)descriptor.PlainBytes;
        XxHash128.Hash(bytes.AsSpan(0, length), sum, (long)descriptor.Object.Value);
        if (range.ObjectBytes != bytes.Length || !sum.SequenceEqual(bytes.AsSpan(length)))
        {
            throw new InvalidDataException($"object {descriptor.Object} is damaged");
        }
    }
}
