using FlexFs.Core;
using FlexFs.Wire;

namespace FlexFs.Rpc;

/// <summary>A client's first frame: what it speaks and, in the body, who it is and which session it resumes.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct RpcHello
{
    /// <summary>Most bytes of a body at the start of a connection.</summary>
    public const int BodyBytesMax = 32768;

    /// <summary>Oldest protocol version that the client speaks.</summary>
    [Field(1)] public ushort VersionMin { get; init; }

    /// <summary>Newest protocol version that the client speaks.</summary>
    [Field(2)] public ushort VersionMax { get; init; }

    /// <summary>What the client can beyond the version.</summary>
    [Field(3)] public ulong Features { get; init; }

    /// <summary>The client pings when a connection was idle for so long; silent for three times that, it is lost.</summary>
    [Field(4)] public uint HeartbeatMilliseconds { get; init; }

    /// <summary>The owner's; valid as long as the frame.</summary>
    [Field(5, Max = BodyBytesMax)] public ReadOnlyMemory<byte> Body { get; init; }
}

/// <summary>The server's yes.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct RpcWelcome
{
    /// <summary>The newest protocol version that both speak. Set by <see cref="RpcServerConnection"/>.</summary>
    [Field(1)] public ushort Version { get; init; }

    /// <summary>What is in use beyond the version: never more than the client offered.</summary>
    [Field(2)] public ulong Features { get; init; }

    /// <summary>The epoch of the server's ownership; a client takes none that is older than one it has seen.</summary>
    [Field(3)] public ulong Epoch { get; init; }

    /// <summary>Whether this is the session that the client asked to resume. False: a new one, unanswered requests are lost.</summary>
    [Field(4)] public bool Resumed { get; init; }

    /// <summary>Slots of the normal lane that the client should use at most, 1 or more; 0 leaves it to the client.</summary>
    [Field(5)] public ushort Slots { get; init; }

    /// <summary>The owner's; valid as long as the frame.</summary>
    [Field(6, Max = RpcHello.BodyBytesMax)] public ReadOnlyMemory<byte> Body { get; init; }
}

/// <summary>The server's no.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct RpcRefuse
{
    /// <summary>Why, for a program.</summary>
    [Field(1)] public Errno Errno { get; init; }

    /// <summary>Why, and what to do, for a human.</summary>
    [Field(2, Max = Limits.ShortTextBytesMax)] public string Message { get; init; }
}
