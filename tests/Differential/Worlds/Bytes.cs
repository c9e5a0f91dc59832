using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using FlexFs.Differential.Operations;

namespace FlexFs.Differential.Worlds;

/// <summary>Memory that calls read into and write from, at a border of a page, as O_DIRECT wants it.</summary>
internal sealed class Bytes
{
    private const int Page = 4096;
    private const int Max = 1 << 20;
    private readonly byte[] _memory = GC.AllocateArray<byte>(Max + Page, pinned: true);
    private readonly int _start;

    internal Bytes() => _start = (int)(-Marshal.UnsafeAddrOfPinnedArrayElement(_memory, 0) & (Page - 1));

    /// <summary>All of it: 1 MiB.</summary>
    internal Span<byte> All => _memory.AsSpan(_start, Max);

    /// <summary>The first bytes; a length below zero is none.</summary>
    internal Span<byte> First(long count) => All[..(int)Math.Clamp(count, 0, Max)];

    /// <summary>What an operation writes.</summary>
    internal ReadOnlySpan<byte> Filled(Operation op)
    {
        var bytes = First(op.Length);
        var words = MemoryMarshal.Cast<byte, ulong>(All)[..((bytes.Length + 7) / 8)];
        var state = op.Fill | 1;
        foreach (ref var each in words)
        {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            each = state;
        }

        return bytes;
    }

    /// <summary>What a call that answered this count read.</summary>
    internal long Read(long count, StringBuilder details, bool isFilled = true)
    {
        if (count > 0 && isFilled) Describe(First(count), details);
        return count;
    }

    /// <summary>Names that a call that answered this count read, in one order: theirs is nobody's promise.</summary>
    internal long Names(long count, bool isFilled, StringBuilder details)
    {
        if (count <= 0 || !isFilled) return count;
        var names = Encoding.Latin1.GetString(First(count)).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        Array.Sort(names, StringComparer.Ordinal);
        details.Append('[').AppendJoin(' ', names).Append("] ");
        return count;
    }

    private static void Describe(ReadOnlySpan<byte> bytes, StringBuilder details) => details.Append(
        CultureInfo.InvariantCulture, $"[{XxHash64.HashToUInt64(bytes):x16} from {Convert.ToHexStringLower(bytes[..Math.Min(8, bytes.Length)])}] ");
}
