using System.CommandLine;
using System.Globalization;
using System.Text;
using FlexFs.Core;
using FlexFs.Hosting.CommandLine;
using FlexFs.MetadataService.Operators;
using Microsoft.AspNetCore.Http;

namespace FlexFs.Apps.Meta;

/// <summary>What of a listing is wanted: as flags of a command, and as the query of its request. The same names in both.</summary>
internal sealed class OperatorQuery
{
    private static readonly string LimitRule = $"a number from 1 to {OperatorFilter.LimitMax}";
    private readonly List<Option> _options = [];

    private OperatorQuery(params Option[] options)
    {
        _options.AddRange(options);
        _options.Add(Number("limit", "rows at most", LimitRule, IsLimit, OperatorFilter.LimitDefault));
    }

    /// <summary>Of what is listed by session.</summary>
    public static OperatorQuery OfSessions() => new(Volume(), Client(), Session());

    /// <summary>Of what is listed by inode.</summary>
    public static OperatorQuery OfInodes()
    {
        var waiting = Flags.Switch("--waiting", "only who waits, and for what");
        return new OperatorQuery(
            Volume(), Client(), Session(), Number("inode", "of this inode", "a number", IsNumber), waiting);
    }

    /// <summary>Adds the flags.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in _options) command.Options.Add(option);
    }

    /// <summary>The query of a request, with its question mark; nothing when everything is wanted.</summary>
    public string Of(ParseResult parse)
    {
        var query = new StringBuilder();
        foreach (var option in _options)
        {
            var value = option switch
            {
                Option<bool> flag => parse.GetValue(flag) ? "true" : null,
                Option<string?> text => parse.GetValue(text),
                _ => null,
            };
            if (value is null) continue;
            query.Append(query.Length == 0 ? '?' : '&').Append(option.Name[2..]).Append('=').Append(Uri.EscapeDataString(value));
        }

        return query.ToString();
    }

    /// <summary>Reads a query.</summary>
    public static bool TryParse(IQueryCollection query, out OperatorFilter filter, out string fault)
    {
        (filter, fault) = (new OperatorFilter(), "");
        foreach (var (name, values) in query)
        {
            var value = values.ToString();
            switch (name)
            {
                case "volume":
                    filter = filter with { Volume = value };
                    continue;
                case "client":
                    filter = filter with { Client = value };
                    continue;
                case "session" when IsNumber(value):
                    filter = filter with { Session = new SessionId(Number(value)) };
                    continue;
                case "inode" when IsNumber(value):
                    filter = filter with { Inode = new InodeId(Number(value)) };
                    continue;
                case "waiting" when bool.TryParse(value, out var waiting):
                    filter = filter with { OnlyWaiting = waiting };
                    continue;
                case "limit" when IsLimit(value):
                    filter = filter with { Limit = (int)Number(value) };
                    continue;
                default:
                    fault = $"the query has '{name}', which is not known or not valid: volume, client, session, inode, waiting, "
                        + $"limit ({LimitRule})";
                    return false;
            }
        }

        return true;
    }

    private static Option<string?> Volume() => Flags.Text("--volume", "name", "of this volume");

    private static Option<string?> Client() => Flags.Text("--client", "text", "of clients whose name has this in it");

    private static Option<string?> Session() => Number("session", "of this session", "a number", IsNumber);

    private static Option<string?> Number(
        string name, string description, string rule, Func<string, bool> isValid, int? initial = null) =>
        Flags.Parsed<string>(
            $"--{name}", "number", description, (string text, out string value) => isValid(value = text), rule,
            initial?.ToString(CultureInfo.InvariantCulture));

    private static bool IsNumber(string text) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _);

    private static bool IsLimit(string text) => IsNumber(text) && Number(text) is >= 1 and <= OperatorFilter.LimitMax;

    private static ulong Number(string text) => ulong.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
