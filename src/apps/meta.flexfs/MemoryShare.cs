using System.Globalization;

namespace FlexFs.Apps.Meta;

/// <summary>A part of the memory that the process may have: <c>50%</c>, <c>64M</c>, <c>2G</c>.</summary>
internal static class MemoryShare
{
    public const string Rule = "a share of memory is a percentage like 5% or a size like 64M or 2G, at least 16M";
    private const long BytesMin = 16 << 20;

    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        if (text.Length < 2 || !ulong.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return false;
        switch (text[^1])
        {
            case '%' when number is > 0 and <= 90:
                // What the process may have: a container's limit counts.
                bytes = (long)(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 100.0 * number);
                break;
            case 'M' when number < 1UL << 32:
                bytes = (long)number << 20;
                break;
            case 'G' when number < 1UL << 22:
                bytes = (long)number << 30;
                break;
            default:
                return false;
        }

        return bytes >= BytesMin;
    }
}
