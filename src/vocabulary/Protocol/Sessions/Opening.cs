using FlexFs.Core;
using FlexFs.Wire;

namespace FlexFs.Protocol.Sessions;

/// <summary>The body of a mount's Hello: which volume, by what right, which session to go on with.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct SessionHello
{
    /// <summary>The volume's name or id.</summary>
    [Field(1, Max = Limits.ShortTextBytesMax)] public string Volume { get; init; }

    /// <summary>The volume token. A secret: never logged.</summary>
    [Field(2, Max = Limits.ShortTextBytesMax)] public string Token { get; init; }

    /// <summary>The session to resume, or none for a new one.</summary>
    [Field(3)] public SessionId Session { get; init; }

    /// <summary>What the server gave with the session, so that nobody else can resume it.</summary>
    [Field(4)] public UInt128 SessionKey { get; init; }

    /// <summary>Counts the connections of this session; an older one than the server has seen is refused.</summary>
    [Field(5)] public ulong Incarnation { get; init; }

    /// <summary>Host, mount point and process of the client, for operators and other clients' logs.</summary>
    [Field(6, Max = Limits.ShortTextBytesMax)] public string ClientName { get; init; }

    /// <summary>The client's build.</summary>
    [Field(7, Max = Limits.ShortTextBytesMax)] public string ClientVersion { get; init; }

    /// <summary>Whether every mutation is to be refused with EROFS.</summary>
    [Field(8)] public bool IsReadOnly { get; init; }

    /// <summary>What the client can.</summary>
    [Field(9)] public SessionFeatures Features { get; init; }
}

/// <summary>What client and server use if both can.</summary>
[Flags]
public enum SessionFeatures : ulong
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The client answers from its caches under leases, and gives them up when they are recalled.</summary>
    Leases = 1,
}

/// <summary>The body of the server's Welcome.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct SessionWelcome
{
    /// <summary>The session.</summary>
    [Field(1)] public SessionId Session { get; init; }

    /// <summary>To be presented when it is resumed.</summary>
    [Field(2)] public UInt128 SessionKey { get; init; }

    /// <summary>The volume.</summary>
    [Field(3)] public VolumeId Volume { get; init; }

    /// <summary>The directory that is this session's root.</summary>
    [Field(4)] public InodeId Root { get; init; }

    /// <summary>Block size as a power of two.</summary>
    [Field(5)] public byte BlockSizeLog2 { get; init; }

    /// <summary>Feature bits of the volume.</summary>
    [Field(6)] public ulong VolumeFeatures { get; init; }

    /// <summary>The server's volume time, to which a client sets its offset.</summary>
    [Field(7)] public Instant ServerTime { get; init; }

    /// <summary>Milliseconds between heartbeats.</summary>
    [Field(8)] public uint HeartbeatMilliseconds { get; init; }

    /// <summary>Milliseconds of silence after which the session is expired.</summary>
    [Field(9)] public uint SessionTermMilliseconds { get; init; }

    /// <summary>Whether the server has lost what the session has open, and a Reclaim must come first.</summary>
    [Field(10)] public bool MustReclaim { get; init; }

    /// <summary>What is in use.</summary>
    [Field(11)] public SessionFeatures Features { get; init; }

    /// <summary>
    /// Milliseconds for which a lease holds after the client last sent something that the server then answered. A session that is silent
    /// for longer while another waits for its lease is ended.
    /// </summary>
    [Field(12)] public uint LeaseTermMilliseconds { get; init; }
}
