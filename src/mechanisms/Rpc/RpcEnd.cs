namespace FlexFs.Rpc;

/// <summary>Why a connection ended, in kinds.</summary>
public enum RpcEndKind : byte
{
    /// <summary>This end wanted it.</summary>
    Closed,

    /// <summary>The other end closed it between two frames.</summary>
    ClosedByPeer,

    /// <summary>The network failed, or it ended within a frame.</summary>
    Broken,

    /// <summary>Nothing was heard for three heartbeats, or nothing could be sent for so long.</summary>
    Silent,

    /// <summary>The other end sent what the protocol does not have.</summary>
    Malformed,

    /// <summary>The other end asked for more than its window, or does not take what it asked for.</summary>
    Flooded,

    /// <summary>The server refused the client.</summary>
    Refused,

    /// <summary>What came belongs to an ownership that has ended.</summary>
    Outdated,

    /// <summary>The owner's code threw: a bug of this end.</summary>
    Fault,
}

/// <summary>Why a connection ended: one line for the log.</summary>
/// <param name="Kind">In kinds.</param>
/// <param name="Message">In words.</param>
/// <param name="Cause">What was thrown, if anything was.</param>
public sealed record RpcEnd(RpcEndKind Kind, string Message, Exception? Cause = null)
{
    /// <inheritdoc/>
    public override string ToString() => Cause is null ? Message : $"{Message}: {Cause.Message}";
}
