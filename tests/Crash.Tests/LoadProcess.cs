using System.Diagnostics;
using System.Globalization;
using System.Threading.Channels;
using FlexFs.Harness;

namespace FlexFs.Crash.Tests;

/// <summary>
/// A program (tests/Crash.Load) that works in a folder of its own and remembers what it was told had succeeded. Any error ends its work:
/// while the metadata server comes and goes, no program may see one.
/// </summary>
/// <remarks>
/// A process of its own, as real programs are. Files of a mount that this process held open would be closed once more by every child that
/// it starts, between fork and exec, and close(2) of a file with dirty bytes waits for the metadata server: a child that is to become the
/// metadata server would wait for itself.
/// </remarks>
internal sealed class LoadProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Channel<string> _answers = Channel.CreateUnbounded<string>();
    private readonly Process _process;
    private volatile string? _error;
    private int _done;

    private LoadProcess(params string[] arguments)
    {
        ProcessStartInfo start = new("dotnet")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "FlexFs.Crash.Load.dll"));
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        _process = Process.Start(start)!;
        _ = ListenAsync();
    }

    /// <summary>How many operations it was told had succeeded.</summary>
    internal int Done => Volatile.Read(ref _done);

    /// <summary>The error that ended its work.</summary>
    internal string? Error => _error;

    /// <summary>Random operations on files, folders and links.</summary>
    /// <param name="folder">Made by it; nobody else works there.</param>
    /// <param name="seed">Of what it does.</param>
    internal static LoadProcess Random(string folder, int seed) =>
        new("random", folder, seed.ToString(CultureInfo.InvariantCulture));

    /// <summary>File after file with fsync; it remembers those that were confirmed.</summary>
    /// <param name="folder">Made by it; nobody else works there.</param>
    internal static LoadProcess Synced(string folder) => new("synced", folder);

    /// <summary>Work beside others of its kind in one folder.</summary>
    /// <param name="folder">Of all of them.</param>
    /// <param name="number">Its own.</param>
    internal static LoadProcess Shared(string folder, int number) =>
        new("shared", folder, number.ToString(CultureInfo.InvariantCulture));

    /// <summary>Lets it finish what it is doing; true when it did within a minute.</summary>
    internal async Task<bool> StopAsync() => await AskAsync("stop") == "stopped";

    /// <summary>Compares everything it was told with what a mount shows. It must be stopped.</summary>
    /// <param name="folder">Its folder, seen through that mount.</param>
    internal async Task VerifyAsync(string folder)
    {
        var answer = await AskAsync($"verify {folder}");
        Assert.True(answer == "verified", $"{folder} was not verified: {answer ?? $"no answer within {Patience.TotalSeconds:0} s"}; {Error}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // No wait: while it waits for a mount, not even SIGKILL ends it before the mount ends.
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
    }

    private async Task<string?> AskAsync(string question)
    {
        using CancellationTokenSource late = new(Patience);
        try
        {
            await _process.StandardInput.WriteLineAsync(question.AsMemory(), late.Token);
            await _process.StandardInput.FlushAsync(late.Token);
            return await _answers.Reader.ReadAsync(late.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or ChannelClosedException or IOException)
        {
            return null;
        }
    }

    private async Task ListenAsync()
    {
        var complaint = _process.StandardError.ReadToEndAsync();
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("done ", StringComparison.Ordinal))
            {
                Volatile.Write(ref _done, int.Parse(line.AsSpan(5), CultureInfo.InvariantCulture));
            }
            else if (line.StartsWith("error ", StringComparison.Ordinal))
            {
                _error = line;
            }
            else
            {
                await _answers.Writer.WriteAsync(line);
            }
        }

        _error ??= $"it ended: {await complaint}";
        _answers.Writer.Complete();
    }
}
