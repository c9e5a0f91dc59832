using System.Text;

namespace FlexFs.MetadataService;

/// <summary>Makes what a client said fit for one line of a log.</summary>
internal static class LogText
{
    private const int CharactersMax = 128;

    /// <summary>Cut to its first characters, control characters replaced.</summary>
    public static string Of(string? text) =>
        string.IsNullOrEmpty(text) ? "unnamed client" : Printable(text, Math.Min(text.Length, CharactersMax));

    /// <summary>A file's name, whole: what is not UTF-8, and what moves the cursor, replaced.</summary>
    public static string OfBytes(ReadOnlySpan<byte> name)
    {
        var text = Encoding.UTF8.GetString(name);
        return Printable(text, text.Length);
    }

    private static string Printable(string text, int length) => string.Create(length, text, static (line, text) =>
    {
        for (var i = 0; i < line.Length; i++) line[i] = char.IsControl(text[i]) ? '?' : text[i];
    });
}
