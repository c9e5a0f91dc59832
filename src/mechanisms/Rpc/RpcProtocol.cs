using System.Net.Security;
using FlexFs.Core;

namespace FlexFs.Rpc;

/// <summary>The numbers that both ends of a connection must agree on.</summary>
public static class RpcProtocol
{
    /// <summary>The oldest protocol version that this program speaks.</summary>
    public const ushort VersionMin = 1;

    /// <summary>The newest protocol version that this program speaks.</summary>
    public const ushort VersionMax = 1;

    /// <summary>Slots 0 to here (excluded) are the release lane's; the normal lane has those from here on.</summary>
    public const int ReleaseSlots = 64;

    /// <summary>The protocol's name in TLS (RFC 7301).</summary>
    public static readonly SslApplicationProtocol Alpn = new("flexfs/1");

    /// <summary>The first bytes of a client, so that a stray peer is told apart before anything is parsed.</summary>
    public static ReadOnlySpan<byte> Preface => "flexfs/1"u8;

    /// <summary>Most slots of the normal lane.</summary>
    public static int NormalSlotsMax => Limits.RpcSlotsMax - ReleaseSlots;

    /// <summary>Whether a request's slot exists and is its lane's.</summary>
    internal static bool IsSlotOf(uint slot, FrameFlags flags) =>
        (flags & FrameFlags.Release) != 0 ? slot < ReleaseSlots : slot is >= ReleaseSlots and < Limits.RpcSlotsMax;
}

/// <summary>Which requests a request may wait behind.</summary>
public enum RpcLane : byte
{
    /// <summary>All of them.</summary>
    Normal = 0,

    /// <summary>Only those of this lane: for what others wait for.</summary>
    Release = 1,
}
