using FlexFs.Blocks.Buffers;
using FlexFs.Blocks.Codecs;
using FlexFs.Blocks.Format;
using FlexFs.Core;
using FlexFs.Objects;
using FlexFs.Wire;

namespace FlexFs.Blocks;

/// <summary>Gets frames from a store, verifies and expands them. Gives out the bytes that were written, or none.</summary>
/// <param name="store">Where objects are.</param>
/// <param name="names">How they are named.</param>
/// <param name="volume">Part of every checksum.</param>
/// <param name="pool">Of the memory for stored bytes.</param>
/// <param name="work">Where frames are expanded when they are more than a little.</param>
public sealed class ObjectReader(
    IObjectStore store, ObjectNames names, VolumeId volume, BufferPool pool, IBlockingWork work)
{
    // Expanding so much takes about 20 microseconds: less than handing it over and back.
    private const int InlineBytesMax = 64 << 10;

    /// <summary>The store, for messages.</summary>
    public string Location => store.Location;

    /// <summary>Reads the layout from the object itself, for whoever does not have its frame index; null when there is none.</summary>
    /// <exception cref="CorruptObjectException">The header is damaged.</exception>
    /// <exception cref="UnsupportedObjectException">It is of a newer format.</exception>
    public async ValueTask<ObjectLayout?> ReadLayoutAsync(ObjectId id, CancellationToken cancellationToken)
    {
        var buffer = pool.Rent(ObjectHeader.BytesMax);
        try
        {
            var range = await store.GetAsync(names.Of(id), 0, buffer.First(ObjectHeader.BytesMax), cancellationToken);
            return range.IsFound ? ParseHeader(id, buffer.First(range.BytesRead)) : null;
        }
        finally
        {
            buffer.Release();
        }
    }

    /// <summary>Gets whole frames with one request, each into memory of its own.</summary>
    /// <param name="id">The object.</param>
    /// <param name="layout">Its layout.</param>
    /// <param name="first">The first frame.</param>
    /// <param name="destinations">One for each frame, at least as long as its plain bytes.</param>
    /// <param name="cancellationToken">Ends the wait for the store.</param>
    /// <returns>Whether the object is there.</returns>
    public async ValueTask<bool> ReadFramesAsync(
        ObjectId id, ObjectLayout layout, int first, IReadOnlyList<Memory<byte>> destinations,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(layout);
        ArgumentNullException.ThrowIfNull(destinations);
        Check.That(first >= 0 && destinations.Count > 0 && first + destinations.Count <= layout.FrameCount);
        ThrowIfUnsupported(id, layout);
        var offset = layout.StoredOffset(first);
        var length = layout.StoredOffset(first + destinations.Count) - offset;
        var buffer = pool.Rent(length);
        try
        {
            // Once more when it is damaged: what was damaged on its way may be whole at its source.
            for (var attempt = 1; ; attempt++)
            {
                var range = await store.GetAsync(names.Of(id), offset, buffer.First(length), cancellationToken);
                if (!range.IsFound) return false;
                var call = (Reader: this, id, layout, first, destinations, Stored: buffer, range.BytesRead);
                var damage = length <= InlineBytesMax
                    ? Expand(id, layout, first, destinations, buffer.GetSpan()[..range.BytesRead])
                    : await work.RunAsync(call, static c => c.Reader.Expand(
                        c.id, c.layout, c.first, c.destinations, c.Stored.GetSpan()[..c.BytesRead]));
                if (damage is null) return true;
                if (attempt == 2) throw new CorruptObjectException(id, Location, damage);
            }
        }
        finally
        {
            buffer.Release();
        }
    }

    private void ThrowIfUnsupported(ObjectId id, ObjectLayout layout)
    {
        if (layout.Cipher != CipherKind.None)
        {
            throw new UnsupportedObjectException(id, Location, $"it is encrypted with cipher {(int)layout.Cipher}");
        }

        if (!FrameCodec.Knows(layout.Compression))
        {
            throw new UnsupportedObjectException(id, Location, $"it is compressed with method {(int)layout.Compression}");
        }
    }

    private ObjectLayout ParseHeader(ObjectId id, ReadOnlyMemory<byte> bytes)
    {
        var reader = new WireReader(bytes);
        if (!ObjectHeader.TryDecode(ref reader, out var header))
        {
            throw reader.Error.Kind == WireErrorKind.UnknownVersion
                ? new UnsupportedObjectException(id, Location, $"its header is of another format ({reader.Error})")
                : new CorruptObjectException(id, Location, $"its header is {reader.Error}");
        }

        var headerBytes = bytes.Span[..reader.Position];
        if (header.Magic != ObjectHeader.MagicValue)
        {
            throw new CorruptObjectException(id, Location, "it does not begin as an object of flexFS does");
        }

        if (header.Checksum != FrameSeal.OfHeader(volume, id, headerBytes[..^sizeof(ulong)]))
        {
            throw new CorruptObjectException(id, Location, "its header is not what was written for this object and volume");
        }

        return ObjectLayout.TryOf(header.Index with { KeySalt = header.Index.KeySalt.ToArray() }, out var layout, out var reason)
            ? layout
            : throw new CorruptObjectException(id, Location, reason);
    }

    // What is wrong, or null.
    private string? Expand(
        ObjectId id, ObjectLayout layout, int first, IReadOnlyList<Memory<byte>> destinations, ReadOnlySpan<byte> stored)
    {
        var start = layout.StoredOffset(first);
        for (var i = 0; i < destinations.Count; i++)
        {
            var frame = first + i;
            var at = layout.StoredOffset(frame) - start;
            var end = at + layout.StoredLength(frame);
            if (end > stored.Length) return $"it ends within frame {frame}";
            var body = stored[at..(end - ObjectLayout.SealBytes)];
            var plain = destinations[i].Span[..layout.PlainLength(frame)];
            if (layout.IsStoredPlain(frame)) body.CopyTo(plain);
            else if (!FrameCodec.TryExpand(layout.Compression, body, plain)) return $"frame {frame} does not expand";
            if (!FrameSeal.Matches(volume, id, frame, plain, stored[(end - ObjectLayout.SealBytes)..end]))
            {
                return $"frame {frame} is not what was written there";
            }
        }

        return null;
    }
}
