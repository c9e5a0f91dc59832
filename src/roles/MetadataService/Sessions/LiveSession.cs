using FlexFs.Core;
using FlexFs.MetadataService.Pipeline;

namespace FlexFs.MetadataService.Sessions;

/// <summary>A session as this server knows it: connected, or silent since a moment.</summary>
/// <remarks>Owned by the volume's context.</remarks>
internal sealed class LiveSession(SessionId id, string client, ulong incarnation, bool hasReclaimed, long silentSince)
{
    /// <summary>The session.</summary>
    public SessionId Id { get; } = id;

    /// <summary>Host, mount point and process, for operators.</summary>
    public string Client { get; set; } = client;

    /// <summary>Its requests that were not executed.</summary>
    public RequestLane Lane { get; } = new();

    /// <summary>The connection that counts; what an older one sent is dropped.</summary>
    public ulong Incarnation { get; set; } = incarnation;

    /// <summary>Whether this server knows what it has open.</summary>
    public bool HasReclaimed { get; set; } = hasReclaimed;

    /// <summary>Whether every mutation is refused.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>The right by which its connection came.</summary>
    public string Grant { get; set; } = "";

    /// <summary>Whether it understands leases.</summary>
    public bool UsesLeases { get; init; }

    /// <summary>Whether it is being removed, in steps; nothing of it is served any more.</summary>
    public bool IsEnding { get; set; }

    /// <summary>Its connection; null while it has none.</summary>
    public SessionConnection? Connection { get; set; }

    /// <summary>A timestamp of the clock: when its last connection ended, or this server began to wait for it.</summary>
    public long SilentSince { get; set; } = silentSince;

    /// <summary>A timestamp: when it was heard last.</summary>
    public long HeardAt => Connection?.LastReceived ?? SilentSince;
}
