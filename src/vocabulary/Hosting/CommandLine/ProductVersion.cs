using System.Reflection;

namespace FlexFs.Hosting.CommandLine;

/// <summary>The version of this build.</summary>
public static class ProductVersion
{
    /// <summary>Version, and the commit it was built from where the build knew it: <c>0.1.0 (1a2b3c4d5e6f)</c>.</summary>
    public static string Text { get; } = Read();

    private static string Read()
    {
        string full = typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?
            .InformationalVersion ?? "unknown";
        int plus = full.IndexOf('+', StringComparison.Ordinal);
        if (plus < 0) return full;
        string commit = full[(plus + 1)..];
        return $"{full[..plus]} ({(commit.Length > 12 ? commit[..12] : commit)})";
    }
}
