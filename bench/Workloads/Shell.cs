using System.Diagnostics;

namespace FlexFs.Workloads;

/// <summary>Runs programs, because what a user measures is programs.</summary>
public static class Shell
{
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
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
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
        return process;
    }

    /// <summary>Drops clean pages, dentries and inodes of the kernel; three times, because once leaves some.</summary>
    public static void DropKernelCaches() =>
        Run("sync; for i in 1 2 3; do echo 3 > /proc/sys/vm/drop_caches; done");
}
