namespace FlexFs.Formats.Tests;

/// <summary>Where the sources are.</summary>
public static class Repository
{
    /// <summary>The folder of FlexFs.slnx, above the test's own.</summary>
    public static string Root { get; } = Find();

    /// <summary>A path below the root.</summary>
    public static string At(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "FlexFs.slnx"))) return folder.FullName;
        }

        throw new InvalidOperationException($"FlexFs.slnx is not above {AppContext.BaseDirectory}: run the tests in the repository");
    }
}
