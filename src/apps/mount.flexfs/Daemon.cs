using System.Diagnostics;
using System.Runtime.InteropServices;
using FlexFs.Hosting.CommandLine;

namespace FlexFs.Apps.Mount;

/// <summary>A mount that goes on after the command returns.</summary>
/// <remarks>
/// A runtime with threads cannot fork, so the command starts its own executable again, with <see cref="ChildFlag"/>. The child becomes
/// a session leader and says "ready" on its stdout when the mount can be used; until then whatever it writes to stderr is the
/// command's. The command returns 0 when the child is ready, else the child's exit code.
/// </remarks>
internal static partial class Daemon
{
    /// <summary>Marks the child; internal.</summary>
    internal const string ChildFlag = "--daemonChild";

    private const string ReadyLine = "ready";
    private const int O_RDWR = 2;

    /// <summary>Starts the child and waits until it is ready or gone.</summary>
    internal static async Task<int> StartAsync(IEnumerable<string> arguments, TextWriter error)
    {
        ProcessStartInfo start = new(Environment.ProcessPath ?? throw new CommandException("this executable has no path"))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        start.ArgumentList.Add(ChildFlag);
        using var child = Process.Start(start) ?? throw new CommandException("the mount's process could not be started");
        child.StandardInput.Close();
        var messages = child.StandardError.ReadToEndAsync();
        if (await child.StandardOutput.ReadLineAsync() == ReadyLine) return ExitCode.Success;
        await child.WaitForExitAsync();
        await error.WriteAsync(await messages);
        return child.ExitCode == 0 ? ExitCode.Failure : child.ExitCode;
    }

    /// <summary>In the child, first of all: its own session, no terminal, no folder held.</summary>
    internal static void Detach()
    {
        // EPERM when it leads a process group already: then nothing is to be done.
        _ = SetSid();
        Environment.CurrentDirectory = "/";
    }

    /// <summary>In the child: the mount can be used. From here on there is no stdin, stdout or stderr.</summary>
    internal static void Ready()
    {
        Console.Out.WriteLine(ReadyLine);
        Console.Out.Flush();
        var nowhere = Open("/dev/null", O_RDWR);
        if (nowhere < 0) return;
        for (var descriptor = 0; descriptor <= 2; descriptor++) _ = Dup2(nowhere, descriptor);
        if (nowhere > 2) _ = Close(nowhere);
    }

    [LibraryImport("libc", EntryPoint = "setsid", SetLastError = true)]
    private static partial int SetSid();

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "dup2", SetLastError = true)]
    private static partial int Dup2(int from, int to);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
