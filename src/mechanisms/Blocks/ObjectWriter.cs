using System.Collections.Immutable;
using FlexFs.Blocks.Buffers;
using FlexFs.Blocks.Codecs;
using FlexFs.Blocks.Format;
using FlexFs.Core;
using FlexFs.Wire;

namespace FlexFs.Blocks;

/// <summary>How the objects of a volume are written.</summary>
/// <param name="Volume">Part of every checksum.</param>
/// <param name="Compression">Tried on every frame; one that does not shrink is stored as it is.</param>
/// <param name="FrameSizeLog2">Plain bytes of a frame, as a power of two.</param>
public sealed record ObjectFormat(
    VolumeId Volume,
    CompressionKind Compression = CompressionKind.Lz4,
    int FrameSizeLog2 = Limits.FrameSizeLog2Default);

/// <summary>An object as it is stored, in one buffer. Disposed by who has it, after the put was answered.</summary>
public sealed class EncodedObject : IDisposable
{
    private PooledBuffer? _buffer;

    internal EncodedObject(ObjectId id, PooledBuffer buffer, int storedBytes, int plainBytes, byte[] frameIndex)
    {
        Id = id;
        _buffer = buffer;
        StoredBytes = storedBytes;
        PlainBytes = plainBytes;
        FrameIndex = frameIndex;
    }

    /// <summary>Its id.</summary>
    public ObjectId Id { get; }

    /// <summary>Bytes to put.</summary>
    public ReadOnlyMemory<byte> Stored =>
        _buffer?.First(StoredBytes) ?? throw new ObjectDisposedException(nameof(EncodedObject));

    /// <summary>Bytes of <see cref="Stored"/>.</summary>
    public int StoredBytes { get; }

    /// <summary>Bytes before compression.</summary>
    public int PlainBytes { get; }

    /// <summary>The encoded <see cref="Format.FrameIndex"/>, for the metadata's record. Its own memory.</summary>
    public ReadOnlyMemory<byte> FrameIndex { get; }

    /// <inheritdoc/>
    public void Dispose() => Interlocked.Exchange(ref _buffer, null)?.Release();
}

/// <summary>Makes stored objects of plain bytes. Same input, same bytes. Any number of threads.</summary>
public static class ObjectWriter
{
    /// <summary>Encodes the object.</summary>
    /// <param name="format">Of the volume.</param>
    /// <param name="id">Part of every checksum; the object can be stored under no other.</param>
    /// <param name="plain">Its bytes, in pieces of any length; together at most <see cref="Limits.ObjectBytesMax"/>.</param>
    /// <param name="pool">Of the result and of scratch memory.</param>
    public static EncodedObject Encode(
        ObjectFormat format, ObjectId id, IReadOnlyList<ReadOnlyMemory<byte>> plain, BufferPool pool)
    {
        ArgumentNullException.ThrowIfNull(format);
        ArgumentNullException.ThrowIfNull(plain);
        ArgumentNullException.ThrowIfNull(pool);
        Check.That(id != ObjectId.None);
        Check.That(FrameCodec.Knows(format.Compression));
        Check.That(format.FrameSizeLog2 is >= Limits.FrameSizeLog2Min and <= Limits.FrameSizeLog2Max);
        long total = 0;
        for (var i = 0; i < plain.Count; i++) total += plain[i].Length;
        Check.That(total <= Limits.ObjectBytesMax);
        var plainBytes = (int)total;
        var count = ObjectLayout.FramesOf(plainBytes, format.FrameSizeLog2);
        var frames = new uint[count];
        var header = HeaderOf(format, plainBytes, frames);
        var headerBytes = header.EncodedBytes;
        var buffer = pool.Rent(headerBytes + plainBytes + (count * ObjectLayout.SealBytes));
        try
        {
            var stored = buffer.GetSpan();
            var at = headerBytes;
            var pieces = new PieceReader(plain, pool);
            try
            {
                for (var frame = 0; frame < count; frame++)
                {
                    var length = Math.Min(1 << format.FrameSizeLog2, plainBytes - (frame << format.FrameSizeLog2));
                    frames[frame] = EncodeFrame(format, id, frame, pieces.Take(length), stored[at..]);
                    at += (int)(frames[frame] & ~FrameIndex.StoredPlainFlag);
                }
            }
            finally
            {
                pieces.Dispose();
            }

            header = HeaderOf(format, plainBytes, frames);
            WriteHeader(format, id, header, stored[..headerBytes]);
            return new EncodedObject(id, buffer, at, plainBytes, WireCodec.ToBytes(header.Index));
        }
        catch
        {
            buffer.Release();
            throw;
        }
    }

    private static ObjectHeader HeaderOf(ObjectFormat format, int plainBytes, uint[] frames)
    {
        var index = new FrameIndex
        {
            Compression = format.Compression,
            PlainBytes = (uint)plainBytes,
            FrameSizeLog2 = (byte)format.FrameSizeLog2,
            Frames = ImmutableArray.Create(frames),
        };
        var header = new ObjectHeader { Magic = ObjectHeader.MagicValue, Index = index };
        var length = header.EncodedBytes;
        Check.That(length <= ObjectHeader.BytesMax);
        return header with { Index = index with { FirstFrameOffset = (uint)length } };
    }

    // The checksum is the last field, of fixed width: the same header with it is the same bytes before it.
    private static void WriteHeader(ObjectFormat format, ObjectId id, in ObjectHeader header, Span<byte> destination)
    {
        WireCodec.Write(header, destination);
        var checksum = FrameSeal.OfHeader(format.Volume, id, destination[..^sizeof(ulong)]);
        WireCodec.Write(header with { Checksum = checksum }, destination);
    }

    private static uint EncodeFrame(
        ObjectFormat format, ObjectId id, int frame, ReadOnlySpan<byte> plain, Span<byte> destination)
    {
        // What does not save at least a sixteenth is not worth expanding at every read.
        var length = FrameCodec.Compress(format.Compression, plain, destination[..(plain.Length - (plain.Length / 16))]);
        var flag = 0u;
        if (length == 0)
        {
            plain.CopyTo(destination);
            length = plain.Length;
            flag = FrameIndex.StoredPlainFlag;
        }

        FrameSeal.Write(format.Volume, id, frame, plain, destination.Slice(length, ObjectLayout.SealBytes));
        return (uint)(length + ObjectLayout.SealBytes) | flag;
    }
}
