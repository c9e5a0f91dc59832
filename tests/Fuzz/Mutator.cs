using System.Buffers.Binary;

namespace FlexFs.Fuzz;

/// <summary>Damages valid inputs the way disks, networks and attackers do.</summary>
/// <remarks>One to four steps per input, each of: bits, bytes, truncation, growth, a huge length, a splice, a removal.</remarks>
public sealed class Mutator(Random random, IReadOnlyList<byte[]> corpus)
{
    private const int InputBytesMax = 1 << 16;

    private static readonly uint[] Lengths =
        [0, 1, 0x7F, 0xFF, 0x100, 0xFFFF, 0x1_0000, 0x00FF_FFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFE, 0xFFFF_FFFF];

    /// <summary>A damaged copy of one of the inputs.</summary>
    public byte[] Next()
    {
        var input = (byte[])Pick().Clone();
        for (var steps = random.Next(1, 5); steps > 0; steps--) input = Step(input);
        return input.Length <= InputBytesMax ? input : input[..InputBytesMax];
    }

    private byte[] Step(byte[] input)
    {
        switch (random.Next(8))
        {
            case 0 when input.Length > 0:
                input[random.Next(input.Length)] ^= (byte)(1 << random.Next(8));
                return input;
            case 1 when input.Length > 0:
                input[random.Next(input.Length)] = (byte)random.Next(256);
                return input;
            case 2:
                return input[..random.Next(input.Length + 1)];
            case 3:
                var tail = new byte[random.Next(1, 16)];
                random.NextBytes(tail);
                return [.. input, .. tail];
            case 4 when input.Length >= 4:
                BinaryPrimitives.WriteUInt32LittleEndian(
                    input.AsSpan(random.Next(input.Length - 3)), Lengths[random.Next(Lengths.Length)]);
                return input;
            case 5:
                var other = Pick();
                return [.. input[..random.Next(input.Length + 1)], .. other[random.Next(other.Length + 1)..]];
            case 6 when input.Length > 0:
                var from = random.Next(input.Length);
                var to = random.Next(from, Math.Min(input.Length, from + 16) + 1);
                return [.. input[..from], .. input[to..]];
            case 7 when input.Length > 0:
                // A small length that is wrong only by a little: the decoder goes on out of step.
                var at = random.Next(input.Length);
                input[at] = (byte)(input[at] + random.Next(-3, 4));
                return input;
            default:
                return input;
        }
    }

    private byte[] Pick() => corpus[random.Next(corpus.Count)];
}
