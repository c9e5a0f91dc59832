namespace FlexFs.Harness;

/// <summary>What is mounted, by /proc/self/mountinfo (proc_pid_mountinfo(5)).</summary>
public static class MountTable
{
    private const int MountPointField = 4;

    /// <summary>Whether something is mounted at exactly this path.</summary>
    public static bool Has(string path) => Points().Contains(path, StringComparer.Ordinal);

    /// <summary>Mount points below a folder.</summary>
    public static IReadOnlyList<string> Below(string folder) =>
        [.. Points().Where(point => point.StartsWith(folder + "/", StringComparison.Ordinal))];

    private static IEnumerable<string> Points() =>
        File.ReadLines("/proc/self/mountinfo").Select(line => line.Split(' ')[MountPointField]);
}
