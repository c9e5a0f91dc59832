namespace FlexFs.Protocol.Settings;

/// <summary>Which texts may name a volume: it becomes a file name, a URL segment and a word in fstab.</summary>
public static class VolumeName
{
    /// <summary>Characters of a name.</summary>
    public const int LengthMax = 63;

    /// <summary>Letters, digits, dots, dashes and underscores, the first a letter or a digit.</summary>
    public static bool IsValid(string? name)
    {
        if (string.IsNullOrEmpty(name) || name.Length > LengthMax || !char.IsAsciiLetterOrDigit(name[0])) return false;
        foreach (char c in name)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '-' or '_')) return false;
        return true;
    }

    /// <summary>What to say of a name that is not valid.</summary>
    public const string Rule =
        "a volume name has 1 to 63 letters, digits, dots, dashes or underscores and begins with a letter or a digit";
}
