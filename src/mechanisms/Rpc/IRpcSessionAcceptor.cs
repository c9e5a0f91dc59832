using FlexFs.Core;

namespace FlexFs.Rpc;

/// <summary>Decides about a new connection.</summary>
public interface IRpcSessionAcceptor
{
    /// <summary>Says yes, with who handles its requests, or no. Nothing else arrives on the connection meanwhile.</summary>
    /// <param name="connection">Not open yet: pushes are dropped until <see cref="IRpcRequestHandler.OnOpened"/>.</param>
    /// <param name="hello">What the client said; its body is the callee's to keep.</param>
    /// <param name="cancellationToken">The connection ended.</param>
    ValueTask<RpcAcceptance> AcceptAsync(
        RpcServerConnection connection, RpcHello hello, CancellationToken cancellationToken);
}

/// <summary>The answer to a <see cref="RpcHello"/>.</summary>
public readonly struct RpcAcceptance
{
    private RpcAcceptance(IRpcRequestHandler? handler, RpcWelcome welcome, RpcRefuse refusal)
    {
        Handler = handler;
        Welcome = welcome;
        Refusal = refusal;
    }

    /// <summary>Yes. The version is filled in, and features that the client lacks are taken out.</summary>
    public static RpcAcceptance Yes(IRpcRequestHandler handler, in RpcWelcome welcome)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return new RpcAcceptance(handler, welcome, default);
    }

    /// <summary>No, and why, for a program and for a human.</summary>
    public static RpcAcceptance No(Errno errno, string message) =>
        new(null, default, new RpcRefuse { Errno = errno, Message = message });

    internal IRpcRequestHandler? Handler { get; }

    internal RpcWelcome Welcome { get; }

    internal RpcRefuse Refusal { get; }
}

/// <summary>Who executes the requests of a connection.</summary>
/// <remarks>Called by the connection's own loop, one call at a time. Nothing here may block; what throws ends the connection.</remarks>
public interface IRpcRequestHandler
{
    /// <summary>The welcome is queued: pushes from now on arrive after it. Before any request.</summary>
    void OnOpened(RpcServerConnection connection);

    /// <summary>A request. It is answered by one <see cref="RpcServerConnection.Reply(in FrameHeader, Errno)"/>, from any thread, at any time.</summary>
    /// <param name="connection">Where to answer.</param>
    /// <param name="header">To be kept for the reply. One-way requests are not answered.</param>
    /// <param name="payload">Valid during the call.</param>
    void OnRequest(RpcServerConnection connection, in FrameHeader header, ReadOnlyMemory<byte> payload);

    /// <summary>The connection has ended, after <see cref="OnOpened"/>; what is replied from now on is dropped.</summary>
    void OnClosed(RpcServerConnection connection, RpcEnd end);
}
