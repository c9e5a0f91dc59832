using System.CommandLine;
using System.Globalization;
using FlexFs.Hosting.Files;

namespace FlexFs.Apps.Meta;

/// <summary><c>sessions</c>, <c>locks</c> and <c>evict</c>: what a running server of this host is doing.</summary>
internal static class OperatorCommands
{
    public static Command Sessions()
    {
        Asking asking = new("sessions", "list the mounts of a running server");
        asking.Command.SetAction(async (parse, cancel) =>
        {
            using var server = asking.Find(parse);
            var answer = await server.GetAsync("v1/sessions", MetaJson.Default.SessionsAnswer, cancel);
            await WriteAsync(parse, ["VOLUME", "SESSION", "STATE", "LOCKS", "CLIENT"], answer.Sessions.Select(s => (string[])
            [
                s.Volume, Number(s.Session), s.Connected ? s.ReadOnly ? "read-only" : "connected" : $"silent {Span(s.SilentSeconds)}",
                Number(s.Locks), s.Client,
            ]));
        });
        return asking.Command;
    }

    public static Command Locks()
    {
        Asking asking = new("locks", "list who has what locked, and who waits, of a running server");
        asking.Command.SetAction(async (parse, cancel) =>
        {
            using var server = asking.Find(parse);
            var answer = await server.GetAsync("v1/locks", MetaJson.Default.LocksAnswer, cancel);
            var now = DateTimeOffset.UtcNow;
            string[] head = ["VOLUME", "INODE", "KIND", "TYPE", "RANGE", "STATE", "FOR", "SESSION", "PROCESS", "CLIENT"];
            await WriteAsync(parse, head, answer.Locks.Select(l => (string[])
            [
                l.Volume, Number(l.Inode), l.Kind, l.Type, $"{l.Start}-{(l.End is { } end ? Number(end) : "end")}",
                l.Waiting ? "waits" : "held", Span((now - l.Since).TotalSeconds), Number(l.Session), Number(l.Process), l.Client,
            ]));
        });
        return asking.Command;
    }

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

    private static string Number<T>(T value)
        where T : IFormattable => value.ToString(null, CultureInfo.InvariantCulture);

    private static string Span(double seconds) => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(seconds, 0):0.0}s");

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
