using FlexFs.Client.Waiting;
using FlexFs.Client.Writing;
using FlexFs.Protocol.Sessions;
using FlexFs.Rpc;
using Microsoft.Extensions.Logging;

namespace FlexFs.Client;

/// <summary>Which volume a client joins, and its bounds.</summary>
public sealed record FileSystemOptions
{
    /// <summary>The volume's name or id.</summary>
    public required string Volume { get; init; }

    /// <summary>How the metadata server is named to people.</summary>
    public string Server { get; init; } = "";

    /// <summary>The volume token. A secret: never logged.</summary>
    public required string Token { get; init; }

    /// <summary>Host, mount point and process, for operators and for the logs of others who wait for this one.</summary>
    public string ClientName { get; init; } = "";

    /// <summary>This build.</summary>
    public string ClientVersion { get; init; } = "";

    /// <summary>Whether every change is refused with EROFS.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>Whether reads leave access times as they are.</summary>
    public bool NoAccessTimes { get; init; }

    /// <summary>
    /// Whether this client answers from its caches under leases, which others recall. Whoever keeps answers outside of it must set
    /// <see cref="FileSystem.KernelCaches"/> then.
    /// </summary>
    public bool UseLeases { get; init; }

    /// <summary>Objects on their way to the store at once.</summary>
    public int UploadsMax { get; init; } = 8;

    /// <summary>Prefetches from the store at once.</summary>
    public int PrefetchesMax { get; init; } = 16;

    /// <summary>Bytes that are read ahead of a sequential reader, at most; 0 for none.</summary>
    public int ReadaheadBytesMax { get; init; } = 32 << 20;

    /// <summary>Inodes remembered while nothing uses them.</summary>
    public int IdleInodesMax { get; init; } = 65536;

    /// <summary>How long written bytes wait for more before they go on their way by themselves.</summary>
    public TimeSpan WriteBehindAge { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// How long an upload is tried again before fsync(2) says EIO; the bytes are kept and tried again later even so.
    /// </summary>
    public TimeSpan StoreRetryBudget { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>What a client is joined to.</summary>
public sealed record FileSystemParts
{
    /// <summary>How the metadata server is reached.</summary>
    public required IRpcConnector Connector { get; init; }

    /// <summary>Bounds of the RPC client.</summary>
    public RpcClientOptions Rpc { get; init; } = new();

    /// <summary>Makes the volume's objects, once the server has said which volume it is.</summary>
    public required Func<SessionWelcome, IVolumeObjects> Objects { get; init; }

    /// <summary>Where written bytes wait.</summary>
    public required IDirtyMemory DirtyMemory { get; init; }

    /// <summary>Takes what cannot be committed any more because the server ended the session; without one it is gone.</summary>
    public IRescue? Rescue { get; init; }

    /// <summary>Is told what took long.</summary>
    public SlowWaits Waits { get; init; } = SlowWaits.None;

    /// <summary>Time and pauses.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where is said what happens.</summary>
    public required ILogger Log { get; init; }

    /// <summary>Chance, for jitter: the same seed, the same run.</summary>
    public int Seed { get; init; } = Environment.TickCount;
}
