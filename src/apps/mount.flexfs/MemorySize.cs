using System.Globalization;
using FlexFs.Hosting.CommandLine;

namespace FlexFs.Apps.Mount;

/// <summary>A size on a flag: bytes with a suffix (<c>64M</c>, <c>4G</c>) or a part of the machine (<c>5%</c>).</summary>
public sealed record MemorySize(double Value, bool IsPercent)
{
    /// <summary>The form in words.</summary>
    public const string Rule = "a size is bytes, or a number with K, M, G or T, or a percentage as 5%";

    /// <summary>Bytes, of a machine that has <paramref name="total"/>.</summary>
    public long Of(long total) => (long)(IsPercent ? total * Value / 100 : Value);

    /// <summary>The same, of a machine that must have as much.</summary>
    /// <exception cref="CommandException">It has not.</exception>
    public long Within(string flag, long total)
    {
        var bytes = Of(total);
        if (bytes <= total) return bytes;
        throw new CommandException(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{flag} is {bytes >> 20:N0} MiB, and there are {total >> 20:N0} MiB of memory for this process: give less, or a percentage"),
            ExitCode.Usage);
    }

    /// <summary>Reads one; suffixes are powers of 1,024 and may be written as K, KB or KiB.</summary>
    public static bool TryParse(string text, out MemorySize? size)
    {
        size = null;
        var digits = text.AsSpan().TrimEnd("KMGTiBkmgtb%");
        if (!double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)) return false;
        var suffix = text[digits.Length..].ToUpperInvariant();
        if (suffix == "%")
        {
            size = new MemorySize(value, true);
            return value is > 0 and <= 90;
        }

        var power = suffix.TrimEnd('B').TrimEnd('I') switch { "" => 0, "K" => 1, "M" => 2, "G" => 3, "T" => 4, _ => -1 };
        if (power < 0) return false;
        size = new MemorySize(value * Math.Pow(1024, power), false);
        return value > 0;
    }
}
