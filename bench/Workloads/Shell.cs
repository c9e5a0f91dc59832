using System.Diagnostics;

namespace FlexFs.Workloads;

/// <summary>Runs programs, because what a user measures is programs.</summary>
public static class Shell
{
    private static readonly List<Process> Started = [];
    private static volatile bool _isInterrupted;
    private static readonly Lock Gate = new();
    private static Process? _current;

    /// <summary>Whether a signal asked for the end.</summary>
    public static bool IsInterrupted => _isInterrupted;

    /// <summary>Whether what runs now is the end itself, which no signal ends.</summary>
    public static bool IsEnding { get; set; }

    /// <summary>Ends the program that runs, and lets no other begin but those of the end.</summary>
    public static void Interrupt()
    {
        lock (Gate)
        {
            _isInterrupted = true;
            if (!IsEnding) _current?.Kill(entireProcessTree: true);
        }
    }

    /// <summary>Ends what <see cref="Start"/> started and still runs.</summary>
    public static void EndAll()
    {
        foreach (var process in Started)
        {
            process.Kill(entireProcessTree: true);
            process.Dispose();
        }

        Started.Clear();
    }

    /// <summary>The same of one.</summary>
    public static void End(Process process)
    {
        Started.Remove(process);
        process.Kill(entireProcessTree: true);
        process.Dispose();
    }

    /// <summary>Runs a line of sh in a folder and returns how long it took. A failure ends the benchmark with its output.</summary>
    public static TimeSpan Run(string line, string? folder = null)
    {
        var (elapsed, code, output) = Try(line, folder);
        if (code != 0) throw new InvalidOperationException($"exit {code}: {line}\n{output}");
        return elapsed;
    }

    /// <summary>Runs a line of sh and returns what it printed.</summary>
    public static string Output(string line, string? folder = null)
    {
        var (_, code, output) = Try(line, folder);
        if (code != 0) throw new InvalidOperationException($"exit {code}: {line}\n{output}");
        return output;
    }

    /// <summary>Runs a line of sh; time, exit code and what it printed.</summary>
    public static (TimeSpan Elapsed, int Code, string Output) Try(string line, string? folder = null)
    {
        var start = new ProcessStartInfo("/bin/sh")
        {
            RedirectStandardOutput = true,
            WorkingDirectory = folder ?? "/",
        };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("exec 2>&1; " + line);
        if (_isInterrupted && !IsEnding) throw new OperationCanceledException();
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        lock (Gate)
        {
            _current = process;
            if (_isInterrupted && !IsEnding) process.Kill(entireProcessTree: true);
        }

        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        lock (Gate) _current = null;
        watch.Stop();
        return (watch.Elapsed, process.ExitCode, output);
    }

    /// <summary>Starts a program that goes on; the caller ends it.</summary>
    public static Process Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        var process = Process.Start(start)!;
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Started.Add(process);
        return process;
    }

    /// <summary>Drops clean pages, dentries and inodes of the kernel; three times, because once leaves some.</summary>
    public static void DropKernelCaches() =>
        Run("sync; for i in 1 2 3; do echo 3 > /proc/sys/vm/drop_caches; done");
}
