using System.Globalization;
using System.Numerics;
using FlexFs.Core;

namespace FlexFs.Admin.Volumes;

/// <summary>Block sizes as users write them.</summary>
public static class BlockSize
{
    /// <summary>What to say of one that is not valid.</summary>
    public const string Rule = "256KiB, 512KiB, 1MiB, 2MiB, 4MiB or 8MiB, or as many bytes";

    /// <summary>Reads a size in KiB, MiB (also K, M, Ki, Mi; case does not count) or bytes.</summary>
    public static bool TryParse(string text, out int bytes)
    {
        bytes = 0;
        string unit = text.TrimStart([.. "0123456789"]);
        if (!long.TryParse(text[..^unit.Length], NumberStyles.None, CultureInfo.InvariantCulture, out long number)) return false;
        int shift;
        switch (unit.ToUpperInvariant())
        {
            case "" or "B": shift = 0; break;
            case "K" or "KI" or "KIB": shift = 10; break;
            case "M" or "MI" or "MIB": shift = 20; break;
            default: return false;
        }
        if (number > 1 << Limits.BlockSizeLog2Max) return false;
        long value = number << shift;
        if (value < 1 << Limits.BlockSizeLog2Min || value > 1 << Limits.BlockSizeLog2Max || !BitOperations.IsPow2(value)) return false;
        bytes = (int)value;
        return true;
    }
}
