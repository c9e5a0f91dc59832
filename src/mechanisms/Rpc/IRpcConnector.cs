using System.IO.Pipelines;

namespace FlexFs.Rpc;

/// <summary>How a client reaches its server.</summary>
public interface IRpcConnector
{
    /// <summary>Makes a connection, without any byte of the protocol on it yet.</summary>
    /// <returns>Owned by the caller, who disposes it if it can be disposed.</returns>
    /// <exception cref="IOException">It cannot be reached or is not who it should be: what, where, and why.</exception>
    ValueTask<IDuplexPipe> ConnectAsync(CancellationToken cancellationToken);
}
