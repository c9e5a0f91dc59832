namespace FlexFs.Mount;

/// <summary>How much memory a mount may use.</summary>
/// <param name="CacheBytes">For what was read.</param>
/// <param name="DirtyBytes">For what was written and is not stored yet.</param>
public sealed record MountBudget(long CacheBytes, long DirtyBytes)
{
    private const long MiB = 1 << 20;

    /// <summary>Two percent of the machine each, within bounds; what is given explicitly is raised to what one block needs.</summary>
    public static MountBudget Of(MountSettings settings, long machineBytes, int blockBytes)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var part = machineBytes / 50;
        var cache = settings.CacheBytes ?? Math.Clamp(part, 64 * MiB, 4096 * MiB);
        var dirty = settings.DirtyBytes ?? Math.Clamp(part, 64 * MiB, 1024 * MiB);
        // A block that is being written, one that is being stored, and one to go on with.
        return new MountBudget(Math.Max(cache, 4L * blockBytes), Math.Max(dirty, 4L * blockBytes));
    }
}
