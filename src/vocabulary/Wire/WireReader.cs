using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Unicode;

namespace FlexFs.Wire;

/// <summary>Takes values from an input that may be anything. Never throws, and believes no length before it was checked.</summary>
/// <remarks>After a method answered false the position is unspecified and <see cref="Error"/> says why.</remarks>
public ref struct WireReader
{
    private readonly ReadOnlyMemory<byte> _memory;
    private readonly ReadOnlySpan<byte> _span;
    private int _position;
    private WireError _error;

    /// <summary>Reads from the beginning of <paramref name="input"/>, of which values may keep slices.</summary>
    public WireReader(ReadOnlyMemory<byte> input)
    {
        _memory = input;
        _span = input.Span;
        _position = 0;
    }

    /// <summary>Bytes taken.</summary>
    public readonly int Position => _position;

    /// <summary>Bytes left.</summary>
    public readonly int Remaining => _span.Length - _position;

    /// <summary>Why the last method answered false.</summary>
    public readonly WireError Error => _error;

    /// <summary>Takes bytes of a known count.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryTake(int count, out ReadOnlySpan<byte> run)
    {
        var position = _position;
        if ((uint)count > (uint)(_span.Length - position))
        {
            run = default;
            return Truncated(count);
        }

        run = _span.Slice(position, count);
        _position = position + count;
        return true;
    }

    /// <summary>Takes a version byte.</summary>
    public bool TryReadVersion(byte oldest, byte newest, out byte version)
    {
        if (!TryReadByte(out version)) return false;
        if (version >= oldest && version <= newest) return true;
        _error = new WireError(WireErrorKind.UnknownVersion, _position - 1, version, newest, null, null) { Oldest = oldest };
        return false;
    }

    /// <summary>Takes a byte.</summary>
    public bool TryReadByte(out byte value)
    {
        if (_position >= _span.Length)
        {
            value = 0;
            return Truncated(1);
        }

        value = _span[_position++];
        return true;
    }

    /// <summary>Takes a boolean or presence byte, 0 or 1.</summary>
    public bool TryReadBoolean(out bool value)
    {
        value = false;
        if (!TryReadByte(out var code)) return false;
        value = code == 1;
        return code <= 1 || Fail(WireErrorKind.InvalidBoolean, _position - 1, code, 1);
    }

    /// <summary>Takes 16 bits.</summary>
    public bool TryReadUInt16(out ushort value)
    {
        value = 0;
        if (!TryTake(2, out var run)) return false;
        value = BinaryPrimitives.ReadUInt16LittleEndian(run);
        return true;
    }

    /// <summary>Takes 32 bits.</summary>
    public bool TryReadUInt32(out uint value)
    {
        value = 0;
        if (!TryTake(4, out var run)) return false;
        value = BinaryPrimitives.ReadUInt32LittleEndian(run);
        return true;
    }

    /// <summary>Takes 64 bits.</summary>
    public bool TryReadUInt64(out ulong value)
    {
        value = 0;
        if (!TryTake(8, out var run)) return false;
        value = BinaryPrimitives.ReadUInt64LittleEndian(run);
        return true;
    }

    /// <summary>Takes 64 bits.</summary>
    public bool TryReadInt64(out long value)
    {
        var ok = TryReadUInt64(out var bits);
        value = (long)bits;
        return ok;
    }

    /// <summary>Takes a count of 32 bits, when so many elements can still follow.</summary>
    /// <param name="max">The field's limit.</param>
    /// <param name="elementBytes">Bytes of the shortest element, 1 or more.</param>
    /// <param name="count">The count.</param>
    public bool TryReadCount(int max, int elementBytes, out int count)
    {
        count = 0;
        if (!TryReadUInt32(out var value)) return false;
        if (value > (uint)max) return Fail(WireErrorKind.TooLong, _position - 4, value, (ulong)max);
        if (value * (ulong)elementBytes > (ulong)Remaining)
        {
            return Fail(WireErrorKind.Truncated, _position, (ulong)Remaining, value * (ulong)elementBytes);
        }

        count = (int)value;
        return true;
    }

    /// <summary>Takes a length of 32 bits and the bytes, as a slice of the input.</summary>
    public bool TryReadBytes(int max, out ReadOnlyMemory<byte> bytes)
    {
        bytes = default;
        if (!TryReadCount(max, 1, out var length)) return false;
        bytes = _memory.Slice(_position, length);
        _position += length;
        return true;
    }

    /// <summary>Takes a length of 32 bits and text in UTF-8.</summary>
    public bool TryReadText(int max, out string text)
    {
        text = string.Empty;
        if (!TryReadCount(max, 1, out var length)) return false;
        var bytes = _span.Slice(_position, length);
        if (!Utf8.IsValid(bytes)) return Fail(WireErrorKind.InvalidText, _position, 0, 0);
        text = Encoding.UTF8.GetString(bytes);
        _position += length;
        return true;
    }

    /// <summary>Whether all was taken; otherwise what follows is the error.</summary>
    public bool TryEnd()
    {
        return Remaining == 0 || Fail(WireErrorKind.TrailingBytes, _position, (ulong)Remaining, 0);
    }

    /// <summary>Names where the error is; the innermost name stays. Answers false, so that a decoder can return it.</summary>
    public bool Refuse(string record, string? field)
    {
        if (_error.Record is null) _error = _error with { Record = record, Field = field };
        return false;
    }

    /// <summary>States an error that a decoder found itself. Answers false.</summary>
    public bool Refuse(WireErrorKind kind, int position, ulong found, ulong allowed, string record, string field)
    {
        _error = new WireError(kind, position, found, allowed, record, field);
        return false;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool Truncated(int needed) =>
        Fail(WireErrorKind.Truncated, _position, (ulong)(_span.Length - _position), (ulong)needed);

    private bool Fail(WireErrorKind kind, int position, ulong found, ulong allowed)
    {
        _error = new WireError(kind, position, found, allowed, null, null);
        return false;
    }
}
