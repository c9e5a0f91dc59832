using System.Net.Security;

namespace FlexFs.Hosting.Servers;

/// <summary>How a connection says that it speaks RPC and not HTTP.</summary>
public static class RpcProtocol
{
    /// <summary>With TLS: the ALPN protocol.</summary>
    public static SslApplicationProtocol Alpn { get; } = new("flexfs/1");

    /// <summary>Without TLS: the first bytes that the client sends. They belong to the transport: the server takes them
    /// off, so that RPC sees the same bytes on both kinds of connection. No HTTP request begins with them.</summary>
    public static ReadOnlySpan<byte> PlainPreface => "flexfs/1"u8;
}
