using FlexFs.Hosting.CommandLine;
using FlexFs.Hosting.Files;
using FlexFs.Hosting.Logging;
using Microsoft.Extensions.Logging;

namespace FlexFs.Hosting.Tests.Logging;

public sealed class LogTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string[] Written(bool verbose)
    {
        string file = _folder.File("logs/mount.log");
        using (ILoggerFactory logs = Log.Create(new LogSettings { File = file, Verbose = verbose }))
        {
            ILogger log = logs.CreateLogger("mount");
            log.Log(LogLevel.Debug, 0, "quiet", null, (s, _) => s);
            log.Log(LogLevel.Warning, 0, "two\nlines", new IOException("cause"), (s, _) => s);
        }
        Assert.Equal(AtomicFile.Private, File.GetUnixFileMode(file));
        return File.ReadAllLines(file);
    }

    [Fact]
    public void File_log_has_a_line_a_message()
    {
        string line = Assert.Single(Written(verbose: false));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z warning mount: two\\nlines: System\.IO\.IOException: cause$", line);
    }

    [Fact]
    public void Verbose_logs_more_and_appends()
    {
        Written(verbose: false);
        Assert.Equal(3, Written(verbose: true).Length);
    }

    [Fact]
    public void Journal_lines_have_the_level_and_no_time() =>
        Assert.Equal("<4>mount: slow\n", LineFormatter.Line(null, LogLevel.Warning, "mount", "slow", null));

    [Fact]
    public void File_that_cannot_be_opened_is_one_line() =>
        Assert.Contains("cannot open the log file", Assert.Throws<CommandException>(
            () => Log.Create(new LogSettings { File = "/proc/nothing/log" })).Message, StringComparison.Ordinal);
}
