namespace FlexFs.Protocol.Settings;

/// <summary>The volumes that one metadata server serves, with what it needs to admit mounts by itself.</summary>
/// <remarks>The metadata server keeps the last answer on its disk, so mounts come and go while the administration
/// server is down. It holds no token, only hashes.</remarks>
public sealed record MetaVolumes
{
    /// <summary>The volumes, ordered by id.</summary>
    public required IReadOnlyList<MetaVolume> Volumes { get; init; }
}

/// <summary>A volume and its tokens, as the metadata server sees them.</summary>
public sealed record MetaVolume
{
    /// <summary>The settings that a mount of the volume gets.</summary>
    public required VolumeSettings Settings { get; init; }

    /// <summary>Who may mount it.</summary>
    public required IReadOnlyList<VolumeTokenGrant> Tokens { get; init; }
}

/// <summary>What the holder of a volume token may do.</summary>
public sealed record VolumeTokenGrant
{
    /// <summary>The token's <see cref="TokenHash"/>.</summary>
    public required string Hash { get; init; }

    /// <summary>Folder that becomes the root of the mount; empty for the volume's root.</summary>
    public string MountPath { get; set; } = "";

    /// <summary>Mount flags forced on the token's mounts, without dashes.</summary>
    public IReadOnlyList<string> Flags { get; set; } = [];
}
