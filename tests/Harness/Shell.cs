using System.Diagnostics;

namespace FlexFs.Harness;

/// <summary>What a command did.</summary>
/// <param name="ExitCode">124 when it took longer than it was given.</param>
/// <param name="Output">stdout, without the last newline.</param>
/// <param name="Error">stderr, without the last newline.</param>
public sealed record Outcome(int ExitCode, string Output, string Error)
{
    /// <summary>Fails the test unless the command succeeded.</summary>
    public string MustSucceed(string what)
    {
        Assert.True(ExitCode == 0, $"{what}: exit code {ExitCode}\n{Tail(Output)}\n{Tail(Error)}");
        return Output;
    }

    /// <summary>Fails the test unless the command failed with one line that says why.</summary>
    public string MustFailInOneLine(int exitCode, params string[] parts)
    {
        Assert.True(ExitCode == exitCode, $"exit code {ExitCode} instead of {exitCode}\n{Tail(Output)}\n{Tail(Error)}");
        Assert.True(Error.Length > 0 && !Error.Contains('\n', StringComparison.Ordinal), $"not one line on stderr:\n{Error}");
        foreach (var part in parts) Assert.Contains(part, Error, StringComparison.OrdinalIgnoreCase);
        return Error;
    }

    private static string Tail(string text) => text.Length > 4000 ? text[^4000..] : text;
}

/// <summary>Commands of the machine, each with a limit of its own.</summary>
public static class Shell
{
    private const int TookTooLong = 124;
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(15);

    /// <summary>Runs a bash script that stops at its first failing command.</summary>
    public static Task<Outcome> BashAsync(
        string script, IReadOnlyDictionary<string, string>? environment = null, int seconds = 120) =>
        RunAsync("bash", ["-euo", "pipefail", "-c", script], environment, seconds);

    /// <summary>Runs a program to its end, or to the end of its time.</summary>
    public static async Task<Outcome> RunAsync(
        string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null,
        int seconds = 120, string input = "")
    {
        ProcessStartInfo start = new("timeout")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in (string[])["--kill-after=5", $"{seconds}", program, .. arguments]) start.ArgumentList.Add(argument);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        // timeout(1) waits for what it has killed, and this for all that have its stdout: neither has to end.
        using CancellationTokenSource late = new(TimeSpan.FromSeconds(seconds) + Grace);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync();
            var error = process.StandardError.ReadToEndAsync();
            await process.StandardInput.WriteAsync(input).WaitAsync(late.Token);
            process.StandardInput.Close();
            await process.WaitForExitAsync(late.Token);
            var texts = await Task.WhenAll(output, error).WaitAsync(late.Token);
            return new Outcome(process.ExitCode, texts[0].TrimEnd('\n'), texts[1].TrimEnd('\n'));
        }
        catch (OperationCanceledException)
        {
            if (!process.HasExited) process.Kill();
            return new Outcome(TookTooLong, "", $"{program}: neither it nor what it started ended within {seconds} s and a grace");
        }
    }
}
