namespace FlexFs.Contracts;

/// <summary>A folder of a test's own; gone with it.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder(string name = "flexfs-test") =>
        Path = Directory.CreateTempSubdirectory($"{name}-").FullName;

    public string Path { get; }

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
