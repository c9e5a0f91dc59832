namespace FlexFs.Workloads.Targets;

/// <summary>The local file system itself: the limit.</summary>
public sealed class LocalFolder(string folder) : Target
{
    /// <inheritdoc/>
    public override string Name { get; } = Shell.Output($"stat -f -c %T '{folder}'").Trim().Replace("ext2/ext3", "ext4", StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string Folder { get; } = folder;

    /// <inheritdoc/>
    protected override void Stop()
    {
    }
}
