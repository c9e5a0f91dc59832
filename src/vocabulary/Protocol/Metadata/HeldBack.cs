using FlexFs.Core;
using FlexFs.Wire;

namespace FlexFs.Protocol.Metadata;

/// <summary>Why a request has to wait.</summary>
public enum HeldBackBy : byte
{
    /// <summary>Not said.</summary>
    None = 0,

    /// <summary>A session has cached what it is about, and was asked to drop it.</summary>
    Recall = 1,

    /// <summary>A session's request of before goes first.</summary>
    Turn = 2,

    /// <summary>A session has the lock, or came for it earlier.</summary>
    Lock = 3,

    /// <summary>The server was restarted, and sessions have not told yet what they hold.</summary>
    Restart = 4,
}

/// <summary>
/// What a <c>Queued</c> frame may carry: for whom the request waits, so that the log of a mount can name them. Of several one; those that
/// it waits for afterwards are not told. Nothing depends on it.
/// </summary>
[WireRecord(Version = 1)]
public readonly partial record struct HeldBack
{
    /// <summary>Why.</summary>
    [Field(1)] public HeldBackBy By { get; init; }

    /// <summary>The session that it waits for; none when it is not one alone.</summary>
    [Field(2)] public SessionId Session { get; init; }

    /// <summary>Host, mount point and process of that session's client.</summary>
    [Field(3, Max = Limits.ShortTextBytesMax)] public string Client { get; init; }

    /// <summary>Of a lock: the process at that host that asked for it.</summary>
    [Field(4)] public uint ProcessId { get; init; }
}
