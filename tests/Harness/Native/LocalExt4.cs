namespace FlexFs.Harness.Native;

/// <summary>A folder on ext4: what a mount is compared with.</summary>
/// <remarks>Where folders for temporary files are is ext4 in most places; elsewhere an image is made and mounted.</remarks>
public sealed class LocalExt4 : IAsyncDisposable
{
    private const long Ext4Magic = 0xEF53;
    private readonly TempFolder _folder = new();
    private readonly bool _isImage;

    private LocalExt4()
    {
        _isImage = Libc.StatFs(_folder.Path, out var found) != 0 || found.Type != Ext4Magic;
        Path = _folder.Join("ext4");
        Directory.CreateDirectory(Path);
    }

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>Makes one.</summary>
    public static async Task<LocalExt4> CreateAsync()
    {
        LocalExt4 local = new();
        if (!local._isImage) return local;
        Requirements.Programs("mkfs.ext4");
        (await Shell.BashAsync(
            $"truncate -s 4G {local._folder.Join("image")}; mkfs.ext4 -q {local._folder.Join("image")}; "
            + $"mount -o loop {local._folder.Join("image")} {local.Path}")).MustSucceed("an image of ext4");
        return local;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_isImage) Folders.Remove(Path);
        else _ = await Shell.RunAsync("umount", ["-l", Path], seconds: 10);
        _folder.Dispose();
    }
}
