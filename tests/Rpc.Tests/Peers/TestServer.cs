using System.Collections.Concurrent;
using System.IO.Pipelines;
using FlexFs.Core;
using FlexFs.Rpc.Transports;
using FlexFs.Wire;

namespace FlexFs.Rpc.Tests;

/// <summary>A request that a <see cref="TestServer"/> has received.</summary>
public sealed record Received(RpcServerConnection Connection, FrameHeader Header, byte[] Payload);

/// <summary>A server in this process, reached over memory; every connection is a new <see cref="MemoryDuplex"/>.</summary>
public sealed class TestServer : IRpcConnector, IRpcSessionAcceptor, IRpcRequestHandler, IAsyncDisposable
{
    private readonly ConcurrentQueue<Task<RpcEnd>> _ends = new();

    public RpcServerOptions Options { get; init; } = new();

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public PipeOptions? Pipes { get; init; }

    /// <summary>Decides; the default says yes, resumed from the second on.</summary>
    public Func<RpcHello, RpcAcceptance>? OnAccept { get; set; }

    /// <summary>Sees every request first; true when it was dealt with.</summary>
    public Func<Received, bool>? OnReceived { get; set; }

    /// <summary>Throws instead of connecting.</summary>
    public bool IsUnreachable { get; set; }

    public ulong Epoch { get; set; } = 1;

    public ConcurrentQueue<MemoryDuplex> Wires { get; } = new();

    public ConcurrentQueue<RpcServerConnection> Connections { get; } = new();

    public ConcurrentQueue<Received> Requests { get; } = new();

    public ConcurrentQueue<RpcEnd> Ends { get; } = new();

    public MemoryDuplex Wire => Wires.Last();

    public RpcServerConnection Connection => Connections.Last();

    public ValueTask<IDuplexPipe> ConnectAsync(CancellationToken cancellationToken)
    {
        if (IsUnreachable) throw new IOException("the test server is unreachable");
        return new ValueTask<IDuplexPipe>(Connect().Client);
    }

    /// <summary>A connection for a peer that speaks by itself.</summary>
    public MemoryDuplex Connect()
    {
        var wire = new MemoryDuplex(Pipes);
        Wires.Enqueue(wire);
        var connection = new RpcServerConnection(wire.Server, this, Options, Time);
        _ends.Enqueue(connection.RunAsync());
        return wire;
    }

    public ValueTask<RpcAcceptance> AcceptAsync(
        RpcServerConnection connection, RpcHello hello, CancellationToken cancellationToken) =>
        new(OnAccept?.Invoke(hello) ?? RpcAcceptance.Yes(
            this, new RpcWelcome { Epoch = Epoch, Resumed = !Connections.IsEmpty, Body = hello.Body }));

    public void OnOpened(RpcServerConnection connection) => Connections.Enqueue(connection);

    public void OnRequest(RpcServerConnection connection, in FrameHeader header, ReadOnlyMemory<byte> payload)
    {
        if (header.Opcode == Opcodes.Sum && OnReceived is null)
        {
            Answer(connection, header, payload);
            return;
        }

        var received = new Received(connection, header, payload.ToArray());
        Requests.Enqueue(received);
        if (OnReceived?.Invoke(received) != true) Answer(connection, header, payload);
    }

    public static void Answer(RpcServerConnection connection, in FrameHeader header, ReadOnlyMemory<byte> payload)
    {
        switch (header.Opcode)
        {
            case Opcodes.Sum:
                var sum = WireCodec.Read<Sum>(payload);
                connection.Reply(header, new Total { Value = sum.A + sum.B });
                break;
            case Opcodes.Echo:
                connection.Reply(header, Errno.OK, payload.Span);
                break;
            case Opcodes.Fail:
                connection.Reply(header, Errno.ENOENT);
                break;
            case Opcodes.Throw:
                throw new InvalidOperationException("the handler threw");
            default:
                break;
        }
    }

    public void OnClosed(RpcServerConnection connection, RpcEnd end) => Ends.Enqueue(end);

    /// <summary>How the latest connection ended.</summary>
    public Task<RpcEnd> EndAsync() => _ends.Last();

    public async ValueTask DisposeAsync()
    {
        foreach (var wire in Wires) wire.Cut();
        await Task.WhenAll(_ends);
    }
}
