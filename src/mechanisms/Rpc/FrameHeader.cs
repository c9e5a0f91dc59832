using FlexFs.Core;
using FlexFs.Wire;

namespace FlexFs.Rpc;

/// <summary>What a frame is for.</summary>
public enum FrameKind : byte
{
    /// <summary>Nothing; whoever sends it loses the connection.</summary>
    None = 0,

    /// <summary>First of a client, after the preface: an <see cref="RpcHello"/>.</summary>
    Hello = 1,

    /// <summary>The server's yes: an <see cref="RpcWelcome"/>.</summary>
    Welcome = 2,

    /// <summary>The server's no: an <see cref="RpcRefuse"/>; the server ends the connection after it.</summary>
    Refuse = 3,

    /// <summary>Of a client: do this.</summary>
    Request = 4,

    /// <summary>Of the server: what became of the request of the same slot and number.</summary>
    Reply = 5,

    /// <summary>Of the server, unasked.</summary>
    Push = 6,

    /// <summary>Of a client that heard or said nothing for a while; no payload.</summary>
    Ping = 7,

    /// <summary>The server's answer to a ping; no payload.</summary>
    Pong = 8,

    /// <summary>
    /// Of the server: the request of this slot and number would have to wait for another session. It had no effect and is forgotten;
    /// the client sends it again in the waiting lane, or in the blocking one, and its slot is free. No payload.
    /// </summary>
    Queued = 9,
}

/// <summary>How a frame is to be treated.</summary>
[Flags]
public enum FrameFlags : byte
{
    /// <summary>As usual.</summary>
    None = 0,

    /// <summary>Of a request: it lets others go on (unlock, flush, acknowledgement) and waits behind none of the others.</summary>
    Release = 1,

    /// <summary>Of a request: nobody waits for a reply, there is none, and it is not repeated.</summary>
    OneWay = 2,

    /// <summary>Of <see cref="FrameKind.Queued"/>: it may wait as long as a program pleases, so it belongs into the blocking lane.</summary>
    Blocking = 4,
}

/// <summary>What every frame begins with; the payload follows. Of a fixed width, so that it is read before the rest is there.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct FrameHeader
{
    /// <summary>Bytes of a header.</summary>
    public const int Bytes = 33;

    /// <summary>Bytes of the whole frame, this header included.</summary>
    [Field(1)] public uint Length { get; init; }

    /// <summary>What the frame is for.</summary>
    [Field(2, Defined = true)] public FrameKind Kind { get; init; }

    /// <summary>How it is to be treated.</summary>
    [Field(3, Defined = true)] public FrameFlags Flags { get; init; }

    /// <summary>What is asked, answered or told; its meaning is the owner's.</summary>
    [Field(4)] public ushort Opcode { get; init; }

    /// <summary>Of a request and its reply: the slot of the window (see <see cref="RpcProtocol.ReleaseSlots"/>).</summary>
    [Field(5)] public uint Slot { get; init; }

    /// <summary>Of a reply: why not, or <see cref="Errno.OK"/>.</summary>
    [Field(6)] public Errno Errno { get; init; }

    /// <summary>Of a request and its reply: grows by one in each slot. Never 0 but in a one-way request.</summary>
    [Field(7)] public ulong Number { get; init; }

    /// <summary>Of what a server sends: the epoch of its ownership. 0 in what a client sends, so a repeat is the same bytes.</summary>
    [Field(8)] public ulong Epoch { get; init; }

    /// <summary>Bytes after the header.</summary>
    public int PayloadBytes => (int)Length - Bytes;
}
