namespace FlexFs.Harness;

/// <summary>What this process has open, by /proc/self/fd (proc_pid_fd(5)).</summary>
public static class OpenFiles
{
    /// <summary>Paths of open files below a folder; asks no file system.</summary>
    public static IReadOnlyList<string> Below(string folder) =>
    [
        .. Directory.GetFiles("/proc/self/fd").Select(TargetOf).OfType<string>()
            .Where(path => path.StartsWith(folder + "/", StringComparison.Ordinal)),
    ];

    private static string? TargetOf(string descriptor)
    {
        try
        {
            return new FileInfo(descriptor).LinkTarget;
        }
        catch (IOException)
        {
            // Closed meanwhile; the one of this listing, too.
            return null;
        }
    }
}
