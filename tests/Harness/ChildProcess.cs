using System.Diagnostics;
using System.Globalization;

namespace FlexFs.Harness;

/// <summary>A program under test: runs in the foreground, its output goes to a file, it ends with the test process.</summary>
public sealed class ChildProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly List<ChildProcess> Running = [];
    private readonly Process _process;
    private readonly string _name;

    static ChildProcess() => AppDomain.CurrentDomain.ProcessExit += (_, _) => EndAll();

    private ChildProcess(Process process, string name, string log)
    {
        _process = process;
        _name = name;
        LogPath = log;
        lock (Running) Running.Add(this);
    }

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>Where its stdout and stderr go; appended to.</summary>
    public string LogPath { get; }

    /// <summary>Everything it wrote, of its predecessors with the same log too.</summary>
    public string Log => File.Exists(LogPath) ? File.ReadAllText(LogPath) : "";

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>Starts a program.</summary>
    public static ChildProcess Start(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment, string log)
    {
        // The shell becomes the program, so the process id is the program's.
        ProcessStartInfo start = new("/bin/sh") { RedirectStandardInput = true };
        foreach (var argument in (string[])["-c", "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1", "sh", log, program, .. arguments])
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment) start.Environment[name] = value;
        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return new ChildProcess(process, Path.GetFileName(program), log);
    }

    /// <summary>SIGKILL, and waits until it is gone.</summary>
    public async Task KillAsync() => Assert.True(await TryKillAsync(), $"{_name} (process {Id}) does not even end by SIGKILL");

    /// <summary>SIGKILL; false when it is not gone in time, as a process that waits for a file system may not be.</summary>
    public async Task<bool> TryKillAsync()
    {
        if (!_process.HasExited) _process.Kill();
        return await EndsAsync(Patience);
    }

    /// <summary>SIGTERM; answers the exit code.</summary>
    public async Task<int> StopAsync(TimeSpan? limit = null)
    {
        if (!_process.HasExited)
        {
            _ = await Shell.RunAsync("kill", ["-TERM", Id.ToString(CultureInfo.InvariantCulture)], seconds: 5);
        }

        return await ExitAsync(limit);
    }

    /// <summary>Waits for its end; answers the exit code.</summary>
    public async Task<int> ExitAsync(TimeSpan? limit = null)
    {
        Assert.True(await EndsAsync(limit ?? Patience), $"{_name} (process {Id}) does not end; its log:\n{Tail()}");
        return _process.ExitCode;
    }

    /// <summary>Waits until it is ready; fails when it ends before.</summary>
    public Task ReadyAsync(string what, Func<bool> isReady) => Until.TrueAsync(
        $"{_name}: {what}",
        () =>
        {
            Assert.False(HasExited, $"{_name} ended instead of: {what}; its log:\n{Tail()}");
            return isReady();
        });

    /// <summary>The last lines of the log.</summary>
    public string Tail() => Log is { Length: > 4000 } log ? log[^4000..] : Log;

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        lock (Running) Running.Remove(this);
        _process.Dispose();
    }

    private async Task<bool> EndsAsync(TimeSpan limit)
    {
        using CancellationTokenSource late = new(limit);
        try
        {
            await _process.WaitForExitAsync(late.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static void EndAll()
    {
        lock (Running)
        {
            foreach (var child in Running.Where(child => !child._process.HasExited)) child._process.Kill();
        }
    }
}
