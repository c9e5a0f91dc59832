using System.Globalization;
using System.Text;
using FlexFs.Wire;

namespace FlexFs.Formats.Tests;

/// <summary>A record as a section of a page in Markdown.</summary>
public static class FormatTable
{
    /// <summary>The section: heading, what it is, versions, a table of fields, reserved numbers.</summary>
    public static string Of(WireSchema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"## {schema.Name}\n\n");
        if (schema.Summary.Length > 0) text.Append(Escape(schema.Summary)).Append("\n\n");
        text.Append(CultureInfo.InvariantCulture, $"Version {schema.Version}");
        if (schema.Version > 1) text.Append(CultureInfo.InvariantCulture, $"; {schema.Oldest} and later are read");
        text.Append(".\n\n");
        if (schema.Fields.IsEmpty)
        {
            text.Append("No fields.\n");
        }
        else
        {
            text.Append("| # | Field | Type | Since | Limit | Meaning |\n|--:|---|---|--:|---|---|\n");
            foreach (var field in schema.Fields)
            {
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"| {field.Number} | {field.Name} | {field.Type} | {field.Since} | {Limit(field)} | {Escape(field.Summary)} |\n");
            }
        }

        if (!schema.Reserved.IsEmpty) text.Append("\nReserved:\n\n");
        foreach (var reserved in schema.Reserved)
        {
            text.Append(CultureInfo.InvariantCulture, $"- {reserved.Number}, {Escape(reserved.Reason)}\n");
        }

        return text.ToString();
    }

    private static string Limit(WireField field) => field switch
    {
        { Max: 0 } => "",
        { ElementMax: > 0 } => string.Create(CultureInfo.InvariantCulture, $"{field.Max} of {field.ElementMax} bytes"),
        _ when field.Type.Contains("array of", StringComparison.Ordinal) =>
            string.Create(CultureInfo.InvariantCulture, $"{field.Max} elements"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{field.Max} bytes"),
    };

    private static string Escape(string text) =>
        text.Replace("|", "\\|", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal);
}
