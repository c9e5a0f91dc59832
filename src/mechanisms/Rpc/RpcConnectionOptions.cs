using FlexFs.Core;

namespace FlexFs.Rpc;

/// <summary>Bounds of one connection, the same at both ends.</summary>
public record RpcConnectionOptions
{
    /// <summary>Bytes of a frame, header included, that is still taken.</summary>
    public int FrameBytesMax { get; init; } = Limits.RpcFrameBytesMax + FrameHeader.Bytes;

    /// <summary>The handshake must be done in this time.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Protocol versions from here.</summary>
    public ushort VersionMin { get; init; } = RpcProtocol.VersionMin;

    /// <summary>Protocol versions up to here.</summary>
    public ushort VersionMax { get; init; } = RpcProtocol.VersionMax;

    /// <summary>What this end can beyond the version.</summary>
    public ulong Features { get; init; }
}

/// <summary>Bounds of a client.</summary>
public sealed record RpcClientOptions : RpcConnectionOptions
{
    /// <summary>Requests of the normal lane that may be unanswered.</summary>
    public int Slots { get; init; } = 256;

    /// <summary>Requests of the release lane that may be unanswered, at most <see cref="RpcProtocol.ReleaseSlots"/>.</summary>
    public int ReleaseSlots { get; init; } = 32;

    /// <summary>Requests that may wait for other sessions to let something go; further ones queue.</summary>
    public int WaitingSlots { get; init; } = 1024;

    /// <summary>Requests that may wait as long as a program pleases; further ones are answered EAGAIN.</summary>
    public int BlockingSlots { get; init; } = 2048;

    /// <summary>Bytes of the normal lane's unanswered requests; one is always allowed.</summary>
    public long WindowBytesMax { get; init; } = 32 << 20;

    /// <summary>Calls that may wait for a slot; further ones are answered EAGAIN.</summary>
    public int WaitingMax { get; init; } = 65536;

    /// <summary>A connection idle for so long is pinged; silent for three times that, it is replaced.</summary>
    public TimeSpan HeartbeatInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>A call that took so long is told of; zero for none.</summary>
    public TimeSpan SlowAfter { get; init; }

    /// <summary>Told of slow calls when they are answered, by the connection's loop and before their callers. Nothing here may block.</summary>
    public Action<RpcSlowCall>? OnSlow { get; init; }

    /// <summary>The pause before the second attempt; doubles with each further one, and each is shortened by chance by up to a half.</summary>
    public TimeSpan BackoffMin { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>The longest pause between attempts.</summary>
    public TimeSpan BackoffMax { get; init; } = TimeSpan.FromSeconds(2);
}

/// <summary>Bounds of a server's connections.</summary>
public sealed record RpcServerOptions : RpcConnectionOptions
{
    /// <summary>Bytes of replies and pushes that wait to be sent at which no further requests are read.</summary>
    public int OutputBytesSoftMax { get; init; } = 4 << 20;

    /// <summary>Bytes of replies and pushes that wait to be sent at which the connection is ended.</summary>
    public int OutputBytesMax { get; init; } = 64 << 20;

    /// <summary>Clients that ask for less are held to this.</summary>
    public TimeSpan HeartbeatIntervalMin { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Clients that ask for more are held to this.</summary>
    public TimeSpan HeartbeatIntervalMax { get; init; } = TimeSpan.FromSeconds(60);
}
