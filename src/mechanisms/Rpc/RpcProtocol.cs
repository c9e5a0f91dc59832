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

    /// <summary>The slot of the first lane.</summary>
    public const int FirstSlot = 0;

    /// <summary>Slots 1 to here (excluded) are the release lane's; the normal lane has those from here on.</summary>
    public const int ReleaseSlots = 64;

    /// <summary>The first slot of the waiting lane; the normal lane ends before it.</summary>
    public const int FirstWaitingSlot = 1024;

    /// <summary>The first slot of the blocking lane, which goes up to <see cref="Limits.RpcSlotsMax"/>.</summary>
    public const int FirstBlockingSlot = 2048;

    /// <summary>The protocol's name in TLS (RFC 7301).</summary>
    public static readonly SslApplicationProtocol Alpn = new("flexfs/1");

    /// <summary>The first bytes of a client, so that a stray peer is told apart before anything is parsed.</summary>
    public static ReadOnlySpan<byte> Preface => "flexfs/1"u8;

    /// <summary>Most slots of the normal lane.</summary>
    public static int NormalSlotsMax => FirstWaitingSlot - ReleaseSlots;

    /// <summary>Whether a slot is of a lane in which requests may wait for other sessions.</summary>
    public static bool MayWait(uint slot) => slot >= FirstWaitingSlot;

    /// <summary>The lane that a slot is of.</summary>
    public static RpcLane LaneOf(uint slot) => slot switch
    {
        FirstSlot => RpcLane.First,
        < ReleaseSlots => RpcLane.Release,
        < FirstWaitingSlot => RpcLane.Normal,
        < FirstBlockingSlot => RpcLane.Waiting,
        _ => RpcLane.Blocking,
    };

    /// <summary>Whether a request's slot exists and is its lane's.</summary>
    internal static bool IsSlotOf(uint slot, FrameFlags flags)
    {
        if ((flags & FrameFlags.Blocking) != 0) return false;
        return (flags & FrameFlags.Release) != 0
            ? slot < ReleaseSlots
            : slot is >= ReleaseSlots and < Limits.RpcSlotsMax;
    }
}

/// <summary>Which requests a request may wait behind.</summary>
public enum RpcLane : byte
{
    /// <summary>All of them.</summary>
    Normal = 0,

    /// <summary>Only those of this lane: for what others wait for.</summary>
    Release = 1,

    /// <summary>
    /// For what waits for another session to let something go, for a bounded time. A request comes here from the normal lane when the
    /// server says that it would have to wait (<see cref="FrameKind.Queued"/>).
    /// </summary>
    Waiting = 2,

    /// <summary>
    /// For what waits as long as a program pleases, as for a lock. Calls do not queue for it: with all slots taken they are answered
    /// EAGAIN, since what they would wait behind may wait for them.
    /// </summary>
    Blocking = 3,

    /// <summary>
    /// One request at a time that waits behind nothing: for what all others of the session may have to wait for at the server, as for a
    /// session that tells a restarted server what it has open.
    /// </summary>
    First = 4,
}

/// <summary>What follows from a lane.</summary>
internal static class RpcLanes
{
    /// <summary>Whether its frames pass those of the others that are to be sent.</summary>
    public static bool IsUrgent(this RpcLane lane) => lane is RpcLane.Release or RpcLane.First;
}
