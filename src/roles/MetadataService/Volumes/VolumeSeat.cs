using FlexFs.Metadata;
using Microsoft.Extensions.Logging;

namespace FlexFs.MetadataService.Volumes;

/// <summary>What a volume is served with.</summary>
internal sealed record VolumeSeat
{
    /// <summary>The volume.</summary>
    public required VolumeDescription Volume { get; init; }

    /// <summary>Times and bounds.</summary>
    public required ServiceOptions Options { get; init; }

    /// <summary>Bounds of its engine.</summary>
    public required EngineOptions EngineOptions { get; init; }

    /// <summary>Who may mount it.</summary>
    public required IVolumeDirectory Directory { get; init; }

    /// <summary>Its store.</summary>
    public required IVolumeStores Stores { get; init; }

    /// <summary>Where its steps run, one at a time.</summary>
    public required SynchronizationContext Context { get; init; }

    /// <summary>Time.</summary>
    public required TimeProvider Clock { get; init; }

    /// <summary>Random keys of sessions.</summary>
    public required Func<UInt128> NewSessionKey { get; init; }

    /// <summary>Counters.</summary>
    public required VolumeMetrics Metrics { get; init; }

    /// <summary>Where its lines go.</summary>
    public required ILogger Log { get; init; }

    /// <summary>Deletes condemned objects; null keeps them.</summary>
    public Objects.IObjectDeleter? Deleter { get; init; }
}
