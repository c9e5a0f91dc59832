using Microsoft.Extensions.Logging;

namespace FlexFs.Hosting.Logging;

/// <summary>Where an executable's log goes and how much of it.</summary>
public sealed record LogSettings
{
    /// <summary>Debug messages too.</summary>
    public bool Verbose { get; init; }

    /// <summary>A file to append to instead of stderr: for daemons, which have no stderr.</summary>
    public string? File { get; init; }

    /// <summary>Whether stderr is the journal, which adds the time by itself and wants the level in front.</summary>
    public bool IsJournal { get; init; } = Environment.GetEnvironmentVariable("JOURNAL_STREAM") is { Length: > 0 };

    internal LogLevel Level => Verbose ? LogLevel.Debug : LogLevel.Information;
}
