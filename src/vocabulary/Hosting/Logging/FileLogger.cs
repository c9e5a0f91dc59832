using System.Text;
using FlexFs.Hosting.CommandLine;
using FlexFs.Hosting.Files;
using Microsoft.Extensions.Logging;

namespace FlexFs.Hosting.Logging;

/// <summary>Appends log lines to a file, 0600, each in one write, so that processes may share it.</summary>
/// <remarks>Any thread may log; the lock is around formatting's last step and the write. A write that fails is counted
/// and dropped: a full disk must not stop a mount.</remarks>
internal sealed class FileLogger : ILoggerProvider
{
    private readonly Lock _lock = new();
    private readonly FileStream _file;
    private readonly TimeProvider _time;
    private long _dropped;

    private FileLogger(FileStream file, TimeProvider time)
    {
        _file = file;
        _time = time;
    }

    /// <summary>Lines that could not be written.</summary>
    public long Dropped => Interlocked.Read(ref _dropped);

    public static FileLogger Open(string path, TimeProvider time)
    {
        try
        {
            AtomicFile.CreatePrivateFolder(Path.GetDirectoryName(Path.GetFullPath(path))!);
            return new FileLogger(new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.Append,
                Access = FileAccess.Write,
                Share = FileShare.ReadWrite | FileShare.Delete,
                UnixCreateMode = AtomicFile.Private,
                BufferSize = 0,
            }), time);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"cannot open the log file {path}: {e.Message}", cause: e);
        }
    }

    public ILogger CreateLogger(string categoryName) => new Category(this, categoryName);

    public void Dispose() => _file.Dispose();

    private void Write(LogLevel level, string category, string message, Exception? error)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(LineFormatter.Line(_time.GetUtcNow(), level, category, message, error));
        lock (_lock)
        {
            try
            {
                _file.Write(bytes);
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                Interlocked.Increment(ref _dropped);
            }
        }
    }

    private sealed class Category(FileLogger owner, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            owner.Write(logLevel, name, formatter(state, exception), exception);
    }
}
