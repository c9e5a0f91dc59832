using FlexFs.Core;

namespace FlexFs.Objects;

/// <summary>Where an object lies in its store: segments separated by '/', as S3 and a folder both have it.</summary>
/// <remarks>
/// Segments are of letters, digits, '-', '_' and '.', never empty and never begin with '.', so that a name is a safe path
/// below a folder, needs no escaping in a URL, and cannot meet a driver's own files (which begin with '.').
/// </remarks>
public readonly record struct ObjectName
{
    /// <summary>Bytes of a name: S3 allows 1,024.</summary>
    public const int BytesMax = 1024;

    private readonly string? _text;

    private ObjectName(string text) => _text = text;

    /// <summary>The name of valid text.</summary>
    public static ObjectName Of(string text) =>
        TryParse(text, out var name)
            ? name
            : throw new ArgumentException($"'{text}' is no object name: segments of A-Z a-z 0-9 - _ . between slashes");

    /// <summary>Takes text from outside, for example from a listing.</summary>
    public static bool TryParse(string? text, out ObjectName name)
    {
        name = default;
        if (string.IsNullOrEmpty(text) || text.Length > BytesMax) return false;
        var isStart = true;
        foreach (var c in text)
        {
            if (c == '/')
            {
                if (isStart) return false;
                isStart = true;
                continue;
            }

            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_' or '.')) return false;
            if (isStart && c == '.') return false;
            isStart = false;
        }

        if (isStart) return false;
        name = new ObjectName(text);
        return true;
    }

    /// <summary>The name as text.</summary>
    public string Text
    {
        get
        {
            Check.That(_text is not null);
            return _text;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => _text ?? "no object";
}
