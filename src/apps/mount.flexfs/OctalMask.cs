namespace FlexFs.Apps.Mount;

/// <summary>A umask as users write it: octal.</summary>
public static class OctalMask
{
    /// <summary>The rule, for messages.</summary>
    public const string Rule = "an octal number up to 0777, for example 0022";

    /// <summary>Reads one.</summary>
    public static bool TryParse(string text, out uint? mask)
    {
        mask = null;
        if (text.Length is 0 or > 4) return false;
        uint value = 0;
        foreach (var digit in text)
        {
            if (digit is < '0' or > '7') return false;
            value = (value * 8) + (uint)(digit - '0');
        }

        if (value > 0x1FF) return false;
        mask = value;
        return true;
    }
}
