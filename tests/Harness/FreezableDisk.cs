namespace FlexFs.Harness;

/// <summary>An ext4 of its own, on which every change waits while it is frozen: a disk, or a store on one, that is slow.</summary>
public sealed class FreezableDisk : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private bool _isFrozen;

    private FreezableDisk() => Path = _folder.Join("disk");

    /// <summary>Where it is mounted.</summary>
    public string Path { get; }

    /// <summary>Makes one of 256 MB.</summary>
    public static async Task<FreezableDisk> CreateAsync()
    {
        Requirements.Programs("mkfs.ext4", "fsfreeze");
        FreezableDisk disk = new();
        var image = disk._folder.Join("image");
        (await Shell.BashAsync(
            $"truncate -s 256M {image} && mkfs.ext4 -q {image} && mkdir {disk.Path} && mount -o loop {image} {disk.Path}"))
            .MustSucceed("an image of ext4");
        return disk;
    }

    /// <summary>From now on changes wait; reads do not.</summary>
    public async Task FreezeAsync()
    {
        _isFrozen = true;
        (await Shell.RunAsync("fsfreeze", ["-f", Path], seconds: 10)).MustSucceed("fsfreeze");
    }

    /// <summary>They go on.</summary>
    public async Task ThawAsync()
    {
        (await Shell.RunAsync("fsfreeze", ["-u", Path], seconds: 10)).MustSucceed("fsfreeze -u");
        _isFrozen = false;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_isFrozen) _ = await Shell.RunAsync("fsfreeze", ["-u", Path], seconds: 10);
        _ = await Shell.RunAsync("umount", ["-l", Path], seconds: 10);
        _folder.Dispose();
    }
}
