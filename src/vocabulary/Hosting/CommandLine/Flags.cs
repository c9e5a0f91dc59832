using System.CommandLine;
using System.Globalization;

namespace FlexFs.Hosting.CommandLine;

/// <summary>Reads one value of a flag.</summary>
public delegate bool TryParseFlag<T>(string text, out T value);

/// <summary>Makes the options of commands: spelled, parsed and explained the same way everywhere.</summary>
public static class Flags
{
    /// <summary>What the help shows for the value of a flag that names a file. An empty one is a usage error.</summary>
    public const string File = "file";

    /// <summary>The same of a folder.</summary>
    public const string Folder = "folder";

    /// <summary>A switch: absent is false.</summary>
    public static Option<bool> Switch(string name, string description, string? alias = null)
    {
        Option<bool> option = alias is null ? new(name) : new(name, alias);
        option.Description = description;
        return option;
    }

    /// <summary>A text with a default, or one that may be absent: null.</summary>
    public static Option<string?> Text(string name, string value, string description, string? initial = null)
    {
        Option<string?> option = new(name) { Description = description, HelpName = value };
        if (initial is not null) option.DefaultValueFactory = _ => initial;
        return option;
    }

    /// <summary>A value with a form of its own. What is not of that form is a usage error that quotes the rule.</summary>
    /// <param name="name">With its two dashes.</param>
    /// <param name="value">What the help shows for the value.</param>
    /// <param name="description">In a few words, lower case, no full stop.</param>
    /// <param name="parse">Reads it.</param>
    /// <param name="rule">The form in words: <c>an address is HOST:PORT</c>.</param>
    /// <param name="initial">The default as a user would write it; null when it may be absent.</param>
    public static Option<T?> Parsed<T>(
        string name, string value, string description, TryParseFlag<T> parse, string rule, string? initial = null)
    {
        Option<T?> option = new(name)
        {
            Description = description,
            HelpName = value,
            CustomParser = result =>
            {
                if (parse(result.Tokens[0].Value, out T parsed)) return parsed;
                result.AddError($"{name} '{result.Tokens[0].Value}' is not valid: {rule}");
                return default;
            },
        };
        if (initial is not null)
        {
            if (!parse(initial, out T parsed)) throw new ArgumentException($"the default of {name} is not valid", nameof(initial));
            option.DefaultValueFactory = _ => parsed;
        }
        return option;
    }

    /// <summary>Seconds, also parts of one, up to a day.</summary>
    public static Option<double> Seconds(string name, double initial, string description) => Parsed<double>(
        name, "seconds", description,
        static (string text, out double seconds) =>
            double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out seconds) && seconds is >= 0 and <= 86400,
        "0 to 86400", initial.ToString(CultureInfo.InvariantCulture));

    /// <summary>
    /// The flag of the log of slow operations: each that takes longer is a line which says what it waited for.
    /// </summary>
    public static Option<double> SlowLog() =>
        Seconds("--slowLog", 1, "seconds after which an operation is logged, with what it waited for; 0 for never");

    /// <summary>A list of words separated by commas; absent is empty.</summary>
    public static Option<string?> Words(string name, string description) =>
        Text(name, "a,b,...", description);

    /// <summary>Splits the value of <see cref="Words"/>.</summary>
    public static IReadOnlyList<string> Split(string? words) =>
        words?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    /// <summary>Leaves the option out of the help: internal, for tests and special cases.</summary>
    public static TOption Internal<TOption>(this TOption option) where TOption : Option
    {
        option.Hidden = true;
        return option;
    }
}
