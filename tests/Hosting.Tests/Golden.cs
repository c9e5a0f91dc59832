using System.Runtime.CompilerServices;

namespace FlexFs.Hosting.Tests;

/// <summary>Compares a text with the file beside the tests. <c>FLEXFS_GOLDEN_UPDATE=1</c> writes the files anew.</summary>
internal static class Golden
{
    public static void Check(string name, string actual, [CallerFilePath] string here = "")
    {
        string root = Path.GetDirectoryName(here)!;
        while (Directory.GetFiles(root, "*.csproj").Length == 0) root = Path.GetDirectoryName(root)!;
        string path = Path.Combine(root, name + ".golden");
        if (Environment.GetEnvironmentVariable("FLEXFS_GOLDEN_UPDATE") == "1") File.WriteAllText(path, actual);
        Assert.True(File.Exists(path), $"{path} is missing: run with FLEXFS_GOLDEN_UPDATE=1 and look at what it wrote");
        Assert.Equal(File.ReadAllText(path), actual);
    }
}
