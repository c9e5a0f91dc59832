namespace FlexFs.Harness;

/// <summary>A fresh folder that goes when it is disposed, unless FLEXFS_KEEP is 1.</summary>
public sealed class TempFolder : IDisposable
{
    /// <summary>Makes it.</summary>
    public TempFolder() => Path = Directory.CreateTempSubdirectory("flexfs-test-").FullName;

    /// <summary>Its absolute path.</summary>
    public string Path { get; }

    /// <summary>A path in it.</summary>
    public string Join(params string[] parts) => System.IO.Path.Combine([Path, .. parts]);

    /// <inheritdoc/>
    public void Dispose()
    {
        // A mount that could not be ended must not be emptied: then the folder stays.
        if (Environment.GetEnvironmentVariable("FLEXFS_KEEP") == "1") return;
        if (MountTable.Below(Path).Count == 0) Directory.Delete(Path, recursive: true);
    }
}
