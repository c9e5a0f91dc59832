using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace FlexFs.Hosting.Logging;

/// <summary>One line a message, whatever is in it: <c>2026-11-23T23:37:04.929Z info free: message</c>, or with the
/// journal's level in front instead of time and level (sd-daemon(3)): <c>&lt;6&gt;free: message</c>.</summary>
internal sealed class LineFormatter(bool isJournal, TimeProvider time) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "flexfs";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter) =>
        textWriter.Write(Line(
            isJournal ? null : time.GetUtcNow(), logEntry.LogLevel, logEntry.Category,
            logEntry.Formatter(logEntry.State, logEntry.Exception), logEntry.Exception));

    /// <summary>A line with its end.</summary>
    /// <param name="at">Null for the journal.</param>
    /// <param name="level">How bad.</param>
    /// <param name="category">Who.</param>
    /// <param name="message">What; line ends in it are written as <c>\n</c>.</param>
    /// <param name="error">Why.</param>
    public static string Line(DateTimeOffset? at, LogLevel level, string category, string message, Exception? error)
    {
        string start = at is { } time
            ? string.Create(CultureInfo.InvariantCulture, $"{time.UtcDateTime:yyyy-MM-ddTHH:mm:ss.fffZ} {Word(level)} ")
            : $"<{Priority(level)}>";
        string text = error is null ? message : $"{message}: {error}";
        return $"{start}{category}: {text.ReplaceLineEndings("\\n")}\n";
    }

    private static string Word(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warning",
        LogLevel.Error => "error",
        _ => "critical",
    };

    private static int Priority(LogLevel level) => level switch
    {
        LogLevel.Trace or LogLevel.Debug => 7,
        LogLevel.Information => 6,
        LogLevel.Warning => 4,
        LogLevel.Error => 3,
        _ => 2,
    };
}
