using System.Text;

namespace FlexFs.Harness.Native;

/// <summary>Bytes that a system call takes as a name: any but zero, kept with their end.</summary>
public readonly struct CString : IEquatable<CString>
{
    private readonly byte[]? _bytes;

    private CString(byte[] terminated) => _bytes = terminated;

    /// <summary>With the zero at the end.</summary>
    public ReadOnlySpan<byte> Terminated => _bytes ?? "\0"u8;

    /// <summary>Without it.</summary>
    public ReadOnlySpan<byte> Bytes => Terminated[..^1];

    /// <summary>UTF-8.</summary>
    public static implicit operator CString(string text) => Of(Encoding.UTF8.GetBytes(text));

    /// <summary>These bytes.</summary>
    public static CString Of(params ReadOnlySpan<byte> bytes) => new([.. bytes, 0]);

    /// <summary>One character of a text is one byte: how a name of any bytes is written in a test.</summary>
    public static CString Latin1(string text) => Of(Encoding.Latin1.GetBytes(text));

    /// <summary>The same bytes.</summary>
    /// <summary>One after the other.</summary>
    public static CString operator +(CString left, CString right) => Of([.. left.Bytes, .. right.Bytes]);

    public static bool operator ==(CString left, CString right) => left.Equals(right);

    /// <summary>Other bytes.</summary>
    public static bool operator !=(CString left, CString right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(CString other) => Terminated.SequenceEqual(other.Terminated);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is CString other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.AddBytes(Terminated);
        return hash.ToHashCode();
    }

    /// <summary>Quoted; what is not printable ASCII as \xNN, and a long run of one byte as its count.</summary>
    public override string ToString()
    {
        StringBuilder text = new("\"");
        var bytes = Bytes;
        for (var i = 0; i < bytes.Length; i++)
        {
            var run = 1;
            while (i + run < bytes.Length && bytes[i + run] == bytes[i]) run++;
            if (bytes[i] is >= 0x20 and < 0x7f and not (byte)'"' and not (byte)'\\') text.Append((char)bytes[i]);
            else text.Append(System.Globalization.CultureInfo.InvariantCulture, $"\\x{bytes[i]:x2}");
            if (run < 20) continue;
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{{{run} times}}");
            i += run - 1;
        }

        return text.Append('"').ToString();
    }
}
