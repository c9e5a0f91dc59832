using System.Diagnostics.CodeAnalysis;
using System.Text;
using FlexFs.Core;

namespace FlexFs.Wire;

/// <summary>Whole records to bytes and back.</summary>
public static class WireCodec
{
    /// <summary>The version that <typeparamref name="T"/> is written in.</summary>
    public static byte VersionOf<T>() where T : IWireRecord<T> => T.Version;

    /// <summary>What <typeparamref name="T"/> consists of.</summary>
    public static WireSchema SchemaOf<T>() where T : IWireRecord<T> => T.Schema;

    /// <summary>Bytes of the shortest <typeparamref name="T"/>.</summary>
    public static int MinimumBytesOf<T>() where T : IWireRecord<T> => T.MinimumBytes;

    /// <summary>Encodes into a new array.</summary>
    public static byte[] ToBytes<T>(in T record) where T : IWireRecord<T>
    {
        var bytes = new byte[record.EncodedBytes];
        var length = Write(record, bytes);
        Check.That(length == bytes.Length);
        return bytes;
    }

    /// <summary>Encodes at the beginning of <paramref name="destination"/>.</summary>
    /// <returns>Bytes written.</returns>
    public static int Write<T>(in T record, Span<byte> destination) where T : IWireRecord<T>
    {
        var writer = new WireWriter(destination);
        record.Encode(ref writer);
        return writer.Position;
    }

    /// <summary>Decodes an input that may be anything and must be one record, no more.</summary>
    public static bool TryRead<T>(ReadOnlyMemory<byte> bytes, [MaybeNullWhen(false)] out T record, out WireError error)
        where T : IWireRecord<T>
    {
        var reader = new WireReader(bytes);
        if (T.TryDecode(ref reader, out record))
        {
            if (reader.TryEnd())
            {
                error = default;
                return true;
            }

            reader.Refuse(typeof(T).Name, null);
            record = default;
        }

        error = reader.Error;
        return false;
    }

    /// <summary>Decodes what we stored ourselves; throws <see cref="WireException"/> when it is something else.</summary>
    public static T Read<T>(ReadOnlyMemory<byte> bytes) where T : IWireRecord<T> =>
        TryRead<T>(bytes, out var record, out var error) ? record : throw new WireException(error);

    /// <summary>Bytes of a text with its length.</summary>
    public static int TextBytes(string? text) => 4 + (text is null ? 0 : Encoding.UTF8.GetByteCount(text));
}
