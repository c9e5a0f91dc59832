using System.Diagnostics;
using FlexFs.Core;
using FlexFs.Fuse.MemoryFs;

namespace FlexFs.Fuse.Tests;

/// <summary>The memory file system on a real mount, used by programs. Skips aloud where there is no FUSE.</summary>
internal sealed class MountedMemory : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private MountedMemory(string path, FuseMount mount)
    {
        Path = path;
        Mount = mount;
    }

    public string Path { get; }

    public FuseMount Mount { get; }

    public static MountedMemory Create(IFuseFileSystem? fs = null, int readers = 4, FuseCapabilities more = 0)
    {
        string path = NewMountPoint();
        var result = FuseMount.Mount(path, fs ?? new MemoryFileSystem(TimeProvider.System), Options(readers, more));
        Assert.True(result.IsOk, result.Reason);
        return new MountedMemory(path, result.Value);
    }

    public static FuseMountOptions Options(int readers = 4, FuseCapabilities more = 0) => new()
    {
        Source = "test",
        Subtype = "memoryfs",
        Fuse = new FuseOptions { Capabilities = MemoryFileSystem.Capabilities | more, ReadersMax = readers },
    };

    public static string NewMountPoint()
    {
        Assert.SkipUnless(File.Exists("/dev/fuse"), "there is no /dev/fuse here");
        Assert.SkipUnless(Environment.UserName == "root", "mounting needs root");
        return Directory.CreateTempSubdirectory("fuse-test-").FullName;
    }

    /// <summary>Runs a script in the mount; its output without the last newline. A failure shows what it said.</summary>
    public async Task<string> ShAsync(string script, int expected = 0)
    {
        using Process process = Start(script);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        using var deadline = new CancellationTokenSource(Patience);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            _ = FuseMount.Unmount(Path, lazy: true);
            Assert.Fail($"hangs: {script}");
        }
        string[] said = await Task.WhenAll(output, errors).WaitAsync(Patience);
        Assert.True(process.ExitCode == expected, $"exit code {process.ExitCode} of: {script}\n{said[0]}{said[1]}");
        return said[0].TrimEnd('\n');
    }

    /// <summary>A script in the mount. The shell enters it by itself: this process never touches its own mount.</summary>
    public Process Start(string script)
    {
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add($"set -e; cd '{Path}'; {script}");
        start.Environment["LC_ALL"] = "C";
        return Process.Start(start)!;
    }

    /// <summary>A program's next line; null at its end.</summary>
    public static Task<string?> LineAsync(Process program) => program.StandardOutput.ReadLineAsync().WaitAsync(Patience);

    /// <summary>Waits until a program has ended.</summary>
    public static Task EndAsync(Process program) => program.WaitForExitAsync().WaitAsync(Patience);

    public async ValueTask DisposeAsync()
    {
        if (Mount.Unmount() != Errno.OK) Assert.Equal(Errno.OK, Mount.Detach());
        await Mount.DisposeAsync();
        Directory.Delete(Path);
    }
}
