namespace FlexFs.Protocol.Settings;

/// <summary>Usage of the volumes of a metadata server at a moment.</summary>
public sealed record VolumeStatsReport
{
    /// <summary>One record a volume.</summary>
    public required IReadOnlyList<VolumeStats> Volumes { get; init; }
}

/// <summary>Usage of one volume.</summary>
public sealed record VolumeStats
{
    /// <summary>The volume.</summary>
    public required Guid VolumeId { get; init; }

    /// <summary>Bytes of all files together.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>Inodes in use.</summary>
    public required long Inodes { get; init; }

    /// <summary>Open sessions.</summary>
    public required int Sessions { get; init; }

    /// <summary>When it was counted.</summary>
    public required DateTimeOffset At { get; init; }
}
