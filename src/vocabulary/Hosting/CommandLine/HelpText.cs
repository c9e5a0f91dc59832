using System.CommandLine;
using System.Text;

namespace FlexFs.Hosting.CommandLine;

/// <summary>What <c>--help</c> prints. Depends on the command only, never on the terminal, so golden files pin it.</summary>
internal static class HelpText
{
    private const int Width = 100;

    /// <summary>The help of a command.</summary>
    /// <param name="path">How it is called: <c>free.flexfs init creds</c>.</param>
    /// <param name="command">The command.</param>
    public static string Of(string path, Command command)
    {
        StringBuilder text = new();
        text.Append(command.Description).Append("\n\nUsage: ").Append(path);
        Option[] options = [.. command.Options.Where(o => !o.Hidden)];
        Command[] commands = [.. command.Subcommands.Where(c => !c.Hidden)];
        if (commands.Length > 0) text.Append(" <command>");
        if (options.Length > 0) text.Append(" [flags]");
        foreach (Argument argument in command.Arguments)
            text.Append(argument.Arity.MinimumNumberOfValues == 0 ? $" [{argument.Name}]" : $" <{argument.Name}>");
        text.Append('\n');
        Section(text, "Arguments", [.. command.Arguments.Select(a => ($"<{a.Name}>", a.Description ?? ""))]);
        Section(text, "Commands", [.. commands.Select(c => (c.Name, c.Description ?? ""))]);
        Section(text, "Flags", [.. options.Select(o => (Spelling(o), Meaning(o)))]);
        return text.ToString();
    }

    private static string Spelling(Option option)
    {
        StringBuilder text = new(option.Name);
        foreach (string alias in option.Aliases.Order(StringComparer.Ordinal)) text.Append(", ").Append(alias);
        if (option.HelpName is { Length: > 0 } value) text.Append(" <").Append(value).Append('>');
        return text.ToString();
    }

    private static string Meaning(Option option)
    {
        string meaning = option.Description ?? "";
        if (option.Required) return meaning + " (required)";
        object? initial = option.HasDefaultValue && option.ValueType != typeof(bool) ? option.GetDefaultValue() : null;
        return initial?.ToString() is { Length: > 0 } text ? $"{meaning} (default: {text})" : meaning;
    }

    private static void Section(StringBuilder text, string title, IReadOnlyList<(string Term, string Meaning)> rows)
    {
        if (rows.Count == 0) return;
        text.Append('\n').Append(title).Append(":\n");
        int column = Math.Min(34, rows.Max(r => r.Term.Length) + 4);
        foreach ((string term, string meaning) in rows)
        {
            int at = 2 + term.Length;
            text.Append("  ").Append(term);
            if (at + 2 > column)
            {
                text.Append('\n');
                at = 0;
            }
            text.Append(' ', column - at);
            at = column;
            bool first = true;
            foreach (string word in meaning.Split(' '))
            {
                if (!first && at + 1 + word.Length > Width)
                {
                    text.Append('\n').Append(' ', column);
                    at = column;
                    first = true;
                }
                if (!first)
                {
                    text.Append(' ');
                    at++;
                }
                text.Append(word);
                at += word.Length;
                first = false;
            }
            text.Append('\n');
        }
    }
}
