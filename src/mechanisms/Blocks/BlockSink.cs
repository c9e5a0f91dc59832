using FlexFs.Blocks.Buffers;
using FlexFs.Core;
using FlexFs.Objects;

namespace FlexFs.Blocks;

/// <summary>What became of an object that was to be stored.</summary>
/// <param name="Outcome">Of the put.</param>
/// <param name="PlainBytes">Bytes before compression.</param>
/// <param name="StoredBytes">Bytes in the store.</param>
/// <param name="FrameIndex">For the metadata's record of the object.</param>
public readonly record struct StoredObject(
    PutOutcome Outcome, int PlainBytes, int StoredBytes, ReadOnlyMemory<byte> FrameIndex);

/// <summary>Stores plain bytes as objects: encodes, then puts.</summary>
/// <param name="store">Where to.</param>
/// <param name="names">How objects are named.</param>
/// <param name="format">Of the volume.</param>
/// <param name="pool">Of the memory for stored bytes.</param>
/// <param name="work">Where frames are compressed when they are more than a little.</param>
public sealed class BlockSink(
    IObjectStore store, ObjectNames names, ObjectFormat format, BufferPool pool, IBlockingWork work)
{
    private const int InlineBytesMax = 16 << 10;

    /// <summary>Stores an object. A repetition with the same bytes is the same success.</summary>
    /// <param name="id">From the session's range; never used for other bytes.</param>
    /// <param name="plain">Not changed until the answer; together at most <see cref="Limits.ObjectBytesMax"/>.</param>
    /// <param name="cancellationToken">Ends the wait; the object may be there all the same.</param>
    public async ValueTask<StoredObject> PutAsync(
        ObjectId id, IReadOnlyList<ReadOnlyMemory<byte>> plain, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(plain);
        long total = 0;
        for (var i = 0; i < plain.Count; i++) total += plain[i].Length;
        using var encoded = total <= InlineBytesMax
            ? ObjectWriter.Encode(format, id, plain, pool)
            : await work.RunAsync(
                (format, id, plain, pool),
                static call => ObjectWriter.Encode(call.format, call.id, call.plain, call.pool));
        var outcome = await store.PutAsync(names.Of(id), encoded.Stored, cancellationToken);
        return new StoredObject(outcome, encoded.PlainBytes, encoded.StoredBytes, encoded.FrameIndex);
    }
}
