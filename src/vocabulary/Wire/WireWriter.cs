using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace FlexFs.Wire;

/// <summary>Appends to a buffer of the caller's. Never allocates; a buffer that is too short is a bug and throws.</summary>
public ref struct WireWriter
{
    private readonly Span<byte> _span;
    private int _position;

    /// <summary>Writes from the beginning of <paramref name="destination"/>.</summary>
    public WireWriter(Span<byte> destination)
    {
        _span = destination;
        _position = 0;
    }

    /// <summary>Bytes written.</summary>
    public readonly int Position => _position;

    /// <summary>Claims the next bytes; the caller fills all of them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref byte Take(int count)
    {
        var position = _position;
        if ((uint)count > (uint)(_span.Length - position)) ThrowFull(count, _span.Length - position);
        _position = position + count;
        return ref Unsafe.Add(ref MemoryMarshal.GetReference(_span), position);
    }

    /// <summary>Writes a byte.</summary>
    public void WriteByte(byte value) => Take(1) = value;

    /// <summary>Writes a boolean or presence byte.</summary>
    public void WriteBoolean(bool value) => WireBits.Put(ref Take(1), 0, value);

    /// <summary>Writes 16 bits.</summary>
    public void WriteUInt16(ushort value) => WireBits.Put(ref Take(2), 0, value);

    /// <summary>Writes 32 bits.</summary>
    public void WriteUInt32(uint value) => WireBits.Put(ref Take(4), 0, value);

    /// <summary>Writes 64 bits.</summary>
    public void WriteUInt64(ulong value) => WireBits.Put(ref Take(8), 0, value);

    /// <summary>Writes 64 bits.</summary>
    public void WriteInt64(long value) => WireBits.Put(ref Take(8), 0, value);

    /// <summary>Writes bytes as they are, without a length.</summary>
    public void WriteRaw(scoped ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _span.Length - _position) ThrowFull(bytes.Length, _span.Length - _position);
        bytes.CopyTo(_span[_position..]);
        _position += bytes.Length;
    }

    /// <summary>Writes a count of 32 bits.</summary>
    /// <param name="count">At most <paramref name="max"/>.</param>
    /// <param name="max">The field's limit.</param>
    /// <param name="field">Named in the exception.</param>
    public void WriteCount(int count, int max, string field)
    {
        if (count > max) ThrowTooLong(count, max, field);
        WireBits.Put(ref Take(4), 0, (uint)count);
    }

    /// <summary>Writes a length of 32 bits and the bytes.</summary>
    public void WriteBytes(scoped ReadOnlySpan<byte> bytes, int max, string field)
    {
        WriteCount(bytes.Length, max, field);
        WriteRaw(bytes);
    }

    /// <summary>Writes a length of 32 bits and the text in UTF-8; no text is empty text.</summary>
    public void WriteText(string? text, int max, string field)
    {
        if (string.IsNullOrEmpty(text))
        {
            WireBits.Put(ref Take(4), 0, 0u);
            return;
        }

        // One pass: the length is known only behind the text.
        ref var length = ref Take(4);
        if (!Encoding.UTF8.TryGetBytes(text, _span[_position..], out var written))
        {
            ThrowFull(Encoding.UTF8.GetByteCount(text), _span.Length - _position);
        }

        if (written > max) ThrowTooLong(written, max, field);
        WireBits.Put(ref length, 0, (uint)written);
        _position += written;
    }

    [DoesNotReturn]
    private static void ThrowFull(int needed, int left) =>
        throw new WireException($"the buffer has {left} bytes left where {needed} are to be written: size it by EncodedBytes");

    [DoesNotReturn]
    private static void ThrowTooLong(int length, int max, string field) =>
        throw new WireException($"{field} has length {length}, the limit is {max}: check it where it enters the program");
}
