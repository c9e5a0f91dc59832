using System.Diagnostics;

namespace FlexFs.Contracts;

/// <summary>A tmpfs of a few MiB that a test fills. Needs root; otherwise the test is skipped, and says so.</summary>
public sealed class SmallFileSystem : IDisposable
{
    private readonly TemporaryFolder _folder = new("flexfs-small");

    public SmallFileSystem(int sizeMebibytes)
    {
        var error = Run("mount", "-t", "tmpfs", "-o", $"size={sizeMebibytes}m", "tmpfs", _folder.Path);
        if (error is null) return;
        _folder.Dispose();
        Assert.Skip($"a tmpfs cannot be mounted here: {error}");
    }

    public string Path => _folder.Path;

    /// <summary>Takes all space but <paramref name="left"/> bytes, in a file that is returned.</summary>
    public string Fill(long left)
    {
        var path = System.IO.Path.Combine(Path, "ballast");
        var free = new DriveInfo(Path).AvailableFreeSpace - left;
        using var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write, preallocationSize: 0);
        var chunk = new byte[64 << 10];
        try
        {
            for (long at = 0; at < free; at += chunk.Length)
            {
                RandomAccess.Write(file, chunk.AsSpan(0, (int)Math.Min(chunk.Length, free - at)), at);
            }
        }
        catch (IOException)
        {
            // Full to the last page.
            return path;
        }

        return path;
    }

    public void Dispose()
    {
        var error = Run("umount", "-l", _folder.Path);
        if (error is null) _folder.Dispose();
    }

    private static string? Run(string program, params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        // It says at most a line, so it can be read when it has ended.
        if (!process.WaitForExit(TimeSpan.FromSeconds(30))) return $"{program} does not end";
        return process.ExitCode == 0 ? null : process.StandardError.ReadToEnd().Trim();
    }
}
