using System.Globalization;

namespace FlexFs.Harness;

/// <summary>A file system in memory of a few MB, to be full when a test wants it.</summary>
public sealed class SmallDisk : IAsyncDisposable
{
    private readonly TempFolder _folder = new();

    private SmallDisk() => Path = _folder.Join("disk");

    /// <summary>Where it is mounted.</summary>
    public string Path { get; }

    private string Filler => System.IO.Path.Combine(Path, "filler");

    /// <summary>Makes one.</summary>
    public static async Task<SmallDisk> CreateAsync(int megabytes)
    {
        SmallDisk disk = new();
        Directory.CreateDirectory(disk.Path);
        var size = string.Create(CultureInfo.InvariantCulture, $"size={megabytes}m");
        (await Shell.RunAsync("mount", ["-t", "tmpfs", "-o", size, "tmpfs", disk.Path], seconds: 10)).MustSucceed("mount tmpfs");
        return disk;
    }

    /// <summary>Takes all of its space but a rest.</summary>
    public void Fill(long restBytes)
    {
        using var file = new FileStream(Filler, FileMode.Create, FileAccess.Write, FileShare.None, 0);
        var chunk = new byte[64 << 10];
        for (var rest = new DriveInfo(Path).AvailableFreeSpace - restBytes; rest > 0; rest -= chunk.Length)
        {
            file.Write(chunk.AsSpan(0, (int)Math.Min(chunk.Length, rest)));
        }
    }

    /// <summary>Gives the space back.</summary>
    public void Free() => File.Delete(Filler);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _ = await Shell.RunAsync("umount", ["-l", Path], seconds: 10);
        _folder.Dispose();
    }
}
