namespace FlexFs.Harness;

/// <summary>Where the executables under test are: in FLEXFS_BIN, else where a build of this repository leaves them.</summary>
public static class Executables
{
    /// <summary>The path of an executable.</summary>
    /// <param name="name">For example <c>meta.flexfs</c>.</param>
    public static string Find(string name)
    {
        var candidates = Candidates(name).ToArray();
        var found = candidates.Where(File.Exists).MaxBy(File.GetLastWriteTimeUtc);
        Assert.True(found is not null, $"there is no executable {name}; looked for {string.Join(", ", candidates)}: build it first");
        return found;
    }

    /// <summary>The repository that the tests were built in.</summary>
    public static string Root()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "FlexFs.slnx"))) return folder;
        }

        throw new InvalidOperationException("the tests do not run inside the repository: set FLEXFS_BIN");
    }

    private static IEnumerable<string> Candidates(string name)
    {
        if (Environment.GetEnvironmentVariable("FLEXFS_BIN") is { Length: > 0 } folder) return [Path.Combine(folder, name)];
        return new[] { "Debug", "Release" }.Select(configuration =>
            Path.Combine(Root(), "src/apps", name, "bin", configuration, "net10.0/linux-x64", name));
    }
}
