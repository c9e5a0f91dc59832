using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using FlexFs.Hosting.CommandLine;
using FlexFs.Hosting.Files;

namespace FlexFs.Apps.Meta;

/// <summary><c>sessions</c>, <c>leases</c>, <c>locks</c> and <c>evict</c>: what a running server of this host is doing.</summary>
internal static class OperatorCommands
{
    private const string Nothing = "-";

    public static Command Sessions() => Listing(
        "sessions", "list the mounts of a running server", OperatorQuery.OfSessions(), MetaJson.Default.SessionsAnswer,
        ["VOLUME", "SESSION", "STATE", "HEARD", "LEASES", "RECALLS", "OPEN", "LOCKS", "CLIENT"],
        answer => (answer.IsCut, answer.Sessions.Select(s => (string[])
        [
            s.Volume, Number(s.Session), s.Connected ? s.ReadOnly ? "read-only" : "connected" : $"silent {Span(s.SilentSeconds)}",
            Span(s.HeardSeconds), Number(s.Leases), Number(s.Recalls), Number(s.Opens), Number(s.Locks), s.Client,
        ])));

    public static Command Leases() => Listing(
        "leases", "list who may cache what, and who waits for whom, of a running server", OperatorQuery.OfInodes(),
        MetaJson.Default.LeasesAnswer,
        ["VOLUME", "INODE", "KIND", "STATE", "FOR", "LEFT", "SESSION", "CLIENT", "WAITS-FOR", "PATH"],
        answer => (answer.IsCut, answer.Leases.Select(l => (string[])
        [
            l.Volume, Number(l.Inode), l.Kind, l.State, Span(Now - l.Since), l.Until is { } until ? Span(until - Now) : Nothing,
            Number(l.Session), l.Client, Blocker(l.WaitsFor), l.Path ?? Nothing,
        ])));

    public static Command Locks() => Listing(
        "locks", "list who has what locked, and who waits for whom, of a running server", OperatorQuery.OfInodes(),
        MetaJson.Default.LocksAnswer,
        ["VOLUME", "INODE", "KIND", "TYPE", "RANGE", "STATE", "FOR", "SESSION", "PROCESS", "CLIENT", "WAITS-FOR"],
        answer => (answer.IsCut, answer.Locks.Select(l => (string[])
        [
            l.Volume, Number(l.Inode), l.Kind, l.Type, $"{l.Start}-{(l.End is { } end ? Number(end) : "end")}",
            l.Waiting ? "waits" : "held", Span(Now - l.Since), Number(l.Session), Number(l.Process), l.Client, Blocker(l.WaitsFor),
        ])));

    public static Command Evict()
    {
        Argument<string> volume = new("volume") { Description = "name of the volume" };
        Argument<string> session = new("session") { Description = "number of the session, as sessions lists it" };
        Asking asking = new("evict", "end the session of a mount now: what it has open and locked is free, unsaved changes are lost");
        asking.Command.Arguments.Add(volume);
        asking.Command.Arguments.Add(session);
        asking.Command.SetAction(async (parse, cancel) =>
        {
            using var server = asking.Find(parse);
            var (name, number) = (parse.GetValue(volume)!, parse.GetValue(session)!);
            await server.DeleteAsync($"v1/volumes/{Uri.EscapeDataString(name)}/sessions/{Uri.EscapeDataString(number)}", cancel);
            await parse.InvocationConfiguration.Output.WriteLineAsync($"ended session {number} of {name}");
        });
        return asking.Command;
    }

    private static DateTimeOffset Now => DateTimeOffset.UtcNow;

    private static string Number<T>(T value)
        where T : IFormattable => value.ToString(null, CultureInfo.InvariantCulture);

    private static string Span(TimeSpan span) => Span(span.TotalSeconds);

    private static string Span(double seconds) => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(seconds, 0):0.0}s");

    private static string Blocker(BlockerAnswer? blocker)
    {
        if (blocker is null) return Nothing;
        var process = blocker.Process is { } id ? $" process {Number(id)}" : "";
        var place = blocker.Holds == false ? "behind " : "";
        return $"{place}session {Number(blocker.Session)}{process} {blocker.Client}";
    }

    /// <summary>A command that shows a listing: as a table, or as the server gave it.</summary>
    private static Command Listing<T>(
        string name, string description, OperatorQuery query, JsonTypeInfo<T> type, string[] head,
        Func<T, (bool IsCut, IEnumerable<string[]> Rows)> read)
    {
        Asking asking = new(name, description);
        var json = Flags.Switch("--json", "as JSON");
        query.AddTo(asking.Command);
        asking.Command.Options.Add(json);
        asking.Command.SetAction(async (parse, cancel) =>
        {
            using var server = asking.Find(parse);
            var answer = await server.GetAsync($"v1/{name}{query.Of(parse)}", type, cancel);
            if (parse.GetValue(json))
            {
                await parse.InvocationConfiguration.Output.WriteLineAsync(JsonSerializer.Serialize(answer, type));
                return;
            }

            var (isCut, rows) = read(answer);
            await WriteAsync(parse, head, rows);
            if (isCut) await parse.InvocationConfiguration.Error.WriteLineAsync("there are more: narrow it, or raise --limit");
        });
        return asking.Command;
    }

    private static async Task WriteAsync(ParseResult parse, string[] head, IEnumerable<string[]> rows)
    {
        string[][] all = [head, .. rows];
        var widths = head.Select((_, column) => all.Max(row => row[column].Length)).ToArray();
        foreach (var row in all)
        {
            var line = string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column])));
            await parse.InvocationConfiguration.Output.WriteLineAsync(line.TrimEnd());
        }
    }

    /// <summary>A command that asks a running server.</summary>
    private sealed class Asking
    {
        private readonly Option<string?> _dbFolder = MetaCommandLine.DbFolder();
        private readonly Option<string?> _credsFile = MetaCommandLine.CredsFile();

        public Asking(string name, string description) => Command = new Command(name, description) { _dbFolder, _credsFile };

        public Command Command { get; }

        public RunningServer Find(ParseResult parse)
        {
            var paths = FlexFsPaths.OfUser();
            return RunningServer.Find(
                new DatabaseFolders(paths.Expand(parse.GetValue(_dbFolder)!)), paths.Expand(parse.GetValue(_credsFile)!));
        }
    }
}
