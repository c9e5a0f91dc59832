using System.Buffers.Binary;

namespace FlexFs.Metadata.State;

/// <summary>Equality of keys by bytes; the hash is seeded, so that names cannot be chosen to collide.</summary>
/// <remarks>Nothing iterates over a table in hash order, so the seed has no effect on what the engine answers or writes.</remarks>
internal sealed class KeyComparer(ulong seed) :
    IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
{
    private const ulong Multiplier = 0x9E37_79B9_7F4A_7C15;

    /// <inheritdoc/>
    public bool Equals(byte[]? x, byte[]? y) => ReferenceEquals(x, y) || x.AsSpan().SequenceEqual(y);

    /// <inheritdoc/>
    public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

    /// <inheritdoc/>
    public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

    /// <inheritdoc/>
    public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

    /// <inheritdoc/>
    public int GetHashCode(ReadOnlySpan<byte> alternate)
    {
        var hash = seed ^ ((ulong)alternate.Length * Multiplier);
        while (alternate.Length >= 8)
        {
            hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(alternate));
            alternate = alternate[8..];
        }

        ulong rest = 1;
        foreach (var b in alternate) rest = (rest << 8) | b;
        hash = Mix(hash ^ rest);
        return (int)(hash ^ (hash >> 32));
    }

    private static ulong Mix(ulong value)
    {
        var high = Math.BigMul(value ^ 0xD6E8_FEB8_6659_FD93, Multiplier, out var low);
        return high ^ low;
    }
}
