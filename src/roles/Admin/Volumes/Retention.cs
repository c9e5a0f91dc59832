using System.Globalization;

namespace FlexFs.Admin.Volumes;

/// <summary>For how long the past is kept, as users write it; in seconds otherwise.</summary>
public static class Retention
{
    /// <summary>Seconds that stand for ever.</summary>
    public const long Forever = -1;

    /// <summary>What to say of one that is not valid.</summary>
    public const string Rule = "seconds, or a number with s, m, h, d or w (7d); 0 keeps nothing, -1 keeps for ever";

    private const long SecondsMax = 100L * 366 * 86400;

    /// <summary>Reads <c>7d</c>, <c>36h</c>, <c>604800</c>, <c>0</c>, <c>-1</c>; at most 100 years.</summary>
    public static bool TryParse(string text, out long seconds)
    {
        seconds = Forever;
        if (text == "-1") return true;
        seconds = 0;
        if (text.Length == 0) return false;
        long unit = text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86400, 'w' => 7 * 86400, _ => 0 };
        ReadOnlySpan<char> digits = unit == 0 ? text : text.AsSpan(0, text.Length - 1);
        if (!long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long number)) return false;
        if (number > SecondsMax || number * Math.Max(1, unit) > SecondsMax) return false;
        seconds = number * Math.Max(1, unit);
        return true;
    }
}
