namespace FlexFs.MetadataService;

/// <summary>Makes what a client said fit for one line of a log.</summary>
internal static class LogText
{
    private const int CharactersMax = 128;

    /// <summary>Cut to its first characters, control characters replaced.</summary>
    public static string Of(string? text)
    {
        if (string.IsNullOrEmpty(text)) return "unnamed client";
        var length = Math.Min(text.Length, CharactersMax);
        return string.Create(length, text, static (line, text) =>
        {
            for (var i = 0; i < line.Length; i++) line[i] = char.IsControl(text[i]) ? '?' : text[i];
        });
    }
}
