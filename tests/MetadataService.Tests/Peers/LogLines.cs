using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace FlexFs.MetadataService.Tests.Peers;

/// <summary>Every line that a server logs.</summary>
public sealed class LogLines : ILoggerFactory, ILogger
{
    private readonly ConcurrentQueue<string> _lines = new();

    /// <summary>Those that begin with something, in order.</summary>
    public IReadOnlyList<string> That(string begin) => [.. _lines.Where(line => line.StartsWith(begin, StringComparison.Ordinal))];

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue(formatter(state, exception));

    public void Dispose()
    {
    }
}
