using System.Buffers;
using System.IO.Pipelines;
using System.Net.Security;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace FlexFs.Hosting.Servers;

/// <summary>Sends each connection of the one port to RPC or to HTTP.</summary>
/// <param name="rpc">Serves an RPC connection until it ends; null when the server has none.</param>
/// <param name="http">Serves an HTTP connection.</param>
internal sealed class RpcSplit(Func<ConnectionContext, Task>? rpc, ConnectionDelegate http)
{
    /// <summary>The ALPN protocol of RPC.</summary>
    public static SslApplicationProtocol Alpn { get; } = new("flexfs/1");

    /// <summary>The first bytes of an RPC connection, with TLS and without. They stay in the transport: RPC reads them
    /// again. No HTTP request begins with them.</summary>
    public static ReadOnlySpan<byte> Preface => "flexfs/1"u8;

    /// <summary>How long a plain connection may take to say what it speaks, as long as Kestrel gives a handshake.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>After a TLS handshake: by the protocol that was agreed on.</summary>
    public Task OnSecureAsync(ConnectionContext connection)
    {
        ITlsApplicationProtocolFeature? agreed = connection.Features.Get<ITlsApplicationProtocolFeature>();
        return rpc is not null && agreed is not null &&
            agreed.ApplicationProtocol.Span.SequenceEqual(Alpn.Protocol.Span) ? rpc(connection) : http(connection);
    }

    /// <summary>Without TLS: by the first bytes.</summary>
    public async Task OnPlainAsync(ConnectionContext connection)
    {
        bool? isRpc = rpc is null ? false : await PeekAsync(connection);
        if (isRpc is null) connection.Abort(new ConnectionAbortedException("nothing that could be RPC or HTTP was sent"));
        else if (isRpc.Value) await rpc!(connection);
        else await http(connection);
    }

    /// <summary>Whether the preface is there; null when the peer hung up or was silent for too long.</summary>
    private static async ValueTask<bool?> PeekAsync(ConnectionContext connection)
    {
        PipeReader input = connection.Transport.Input;
        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed);
        patience.CancelAfter(Patience);
        try
        {
            while (true)
            {
                // Nothing is ever consumed here; what is not examined either, the next reader sees at once.
                ReadResult read = await input.ReadAsync(patience.Token);
                ReadOnlySequence<byte> start = read.Buffer.Slice(0, Math.Min(read.Buffer.Length, Preface.Length));
                if (!StartsPreface(start))
                {
                    input.AdvanceTo(read.Buffer.Start);
                    return false;
                }
                if (start.Length == Preface.Length)
                {
                    input.AdvanceTo(read.Buffer.Start);
                    return true;
                }
                input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                if (read.IsCompleted || read.IsCanceled) return null;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ConnectionAbortedException)
        {
            return null;
        }
    }

    private static bool StartsPreface(ReadOnlySequence<byte> bytes)
    {
        ReadOnlySpan<byte> rest = Preface;
        foreach (ReadOnlyMemory<byte> piece in bytes)
        {
            if (!rest.StartsWith(piece.Span)) return false;
            rest = rest[piece.Length..];
        }
        return true;
    }
}
