namespace FlexFs.Harness;

/// <summary>What a machine must have for a test; a test that cannot run says so aloud.</summary>
public static class Requirements
{
    /// <summary>Whether this process can mount.</summary>
    public static bool CanMount => Environment.IsPrivilegedProcess && File.Exists("/dev/fuse");

    /// <summary>Skips the running test where nothing can be mounted.</summary>
    public static void Mounting()
    {
        if (!Environment.IsPrivilegedProcess) Assert.Skip("SKIPPED ALOUD: mounting needs root");
        if (!File.Exists("/dev/fuse")) Assert.Skip("SKIPPED ALOUD: this kernel has no /dev/fuse");
    }

    /// <summary>Skips the running test where a program is missing.</summary>
    public static void Programs(params string[] names)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        foreach (var name in names)
        {
            if (!folders.Any(folder => File.Exists(Path.Combine(folder, name))))
            {
                Assert.Skip($"SKIPPED ALOUD: the program {name} is not installed");
            }
        }
    }

    /// <summary>Whether the long runs are wanted (<c>./test --long</c>).</summary>
    public static bool IsLong => Environment.GetEnvironmentVariable("FLEXFS_LONG") == "1";
}
