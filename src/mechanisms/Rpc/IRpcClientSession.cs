using FlexFs.Core;

namespace FlexFs.Rpc;

/// <summary>What becomes of a client whose session has ended.</summary>
public enum RpcSessionLoss
{
    /// <summary>The client ends: every later call is answered EIO.</summary>
    End,

    /// <summary>The client goes on with the new session that the server gave.</summary>
    Continue,
}

/// <summary>An attempt to connect that did not lead to a session.</summary>
/// <param name="Attempt">1 for the first since the last connection.</param>
/// <param name="WasConnected">Whether this client had a session before.</param>
/// <param name="End">Why: refused, unreachable, silent.</param>
/// <param name="Errno">The server's, when it refused; otherwise <see cref="Errno.EIO"/>.</param>
public readonly record struct RpcFailure(int Attempt, bool WasConnected, RpcEnd End, Errno Errno);

/// <summary>The owner of a client: who it is, and what it does when its session changes.</summary>
/// <remarks>Called by the client's own loop, one call at a time and in order with pushes. Nothing here may block.</remarks>
public interface IRpcClientSession
{
    /// <summary>The body of the next <see cref="RpcHello"/>: who this is, and which session it resumes.</summary>
    ReadOnlyMemory<byte> MakeHello();

    /// <summary>The server said yes. On a resumed session what is unanswered is repeated right after this.</summary>
    /// <param name="welcome">Its body is valid during the call.</param>
    void OnWelcome(in RpcWelcome welcome);

    /// <summary>
    /// How often the server that said yes last wants to hear this client; null when it did not say. Asked after each welcome. A client
    /// that is to be heard more often by its own options is.
    /// </summary>
    TimeSpan? HeartbeatWanted => null;

    /// <summary>The server knows the session no more; what was unanswered is answered EIO after this. Before <see cref="OnWelcome"/> of the new one.</summary>
    RpcSessionLoss OnSessionLost();

    /// <summary>An attempt failed.</summary>
    /// <returns>True to try again after a pause; false to end the client, which answers EIO to everything then.</returns>
    bool OnFailure(in RpcFailure failure);

    /// <summary>A connection that had a session ended; the client connects again.</summary>
    void OnDisconnected(RpcEnd end);
}

/// <summary>Who is told what the server sends unasked.</summary>
public interface IRpcPushHandler
{
    /// <summary>A push, in the order of arrival among pushes and replies.</summary>
    /// <remarks>
    /// The continuation of a call whose reply came before the push may run later than this. Nothing here may block.
    /// </remarks>
    /// <param name="header">Opcode and epoch.</param>
    /// <param name="payload">Valid during the call.</param>
    void OnPush(in FrameHeader header, ReadOnlyMemory<byte> payload);
}
