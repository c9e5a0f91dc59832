using FlexFs.Hosting.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace FlexFs.Hosting.Logging;

/// <summary>The one place that sets up logging.</summary>
/// <remarks>Everything goes to stderr (stdout is for results): with the journal's level prefix under systemd, else a
/// line with UTC time. Or to a file. Log sites never pass tokens, passwords or file contents.</remarks>
public static class Log
{
    /// <summary>A factory for the executable's life; disposing it writes what is still queued.</summary>
    /// <exception cref="CommandException">The log file cannot be opened.</exception>
    public static ILoggerFactory Create(LogSettings settings) => LoggerFactory.Create(builder => Configure(builder, settings));

    internal static void Configure(ILoggingBuilder builder, LogSettings settings)
    {
        builder.SetMinimumLevel(settings.Level);
        // The framework's own information is one line per request and connection.
        builder.AddFilter("Microsoft", settings.Verbose ? LogLevel.Information : LogLevel.Warning);
        // A start that fails is the caller's one line, not a stack trace before it.
        builder.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        if (settings.File is { } file)
        {
            FileLogger log = FileLogger.Open(file, TimeProvider.System);
            builder.Services.AddSingleton<ILoggerProvider>(_ => log);
            return;
        }
        builder.Services.AddSingleton<ConsoleFormatter>(new LineFormatter(settings.IsJournal, TimeProvider.System));
        builder.AddConsole(options =>
        {
            options.FormatterName = LineFormatter.FormatterName;
            options.LogToStandardErrorThreshold = LogLevel.Trace;
        });
    }
}
