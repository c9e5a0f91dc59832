using System.Buffers.Binary;
using FlexFs.Metadata.Records;

namespace FlexFs.Metadata.Verify;

/// <summary>Something that must not be.</summary>
/// <param name="Rule">What must hold.</param>
/// <param name="What">Where it does not, with both numbers.</param>
public readonly record struct Finding(string Rule, string What)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Rule}: {What}";

    /// <summary>A key as an operator can read it: family, number, rest in hexadecimal.</summary>
    public static string Describe(ReadOnlySpan<byte> key)
    {
        if (key.IsEmpty) return "an empty key";
        var family = (KeyFamily)key[0];
        return key.Length < 9
            ? $"{family} {Convert.ToHexStringLower(key[1..])}"
            : $"{family} {BinaryPrimitives.ReadUInt64BigEndian(key[1..])} {Convert.ToHexStringLower(key[9..])}".TrimEnd();
    }
}
