using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using FlexFs.Rpc.Transports;
using FlexFs.Wire;

namespace FlexFs.Rpc.Tests;

/// <summary>One end of a connection, by hand: whatever bytes a test wants.</summary>
public sealed class RawPeer(IDuplexPipe pipe)
{
    public static byte[] Frame<T>(FrameHeader header, in T record) where T : IWireRecord<T> =>
        Frame(header, WireCodec.ToBytes(record));

    public static byte[] Frame(FrameHeader header, byte[] payload) =>
        [.. WireCodec.ToBytes(header with { Length = (uint)(FrameHeader.Bytes + payload.Length) }), .. payload];

    public static byte[] Hello(ushort min = 1, ushort max = 1) =>
        Frame(new FrameHeader { Kind = FrameKind.Hello }, new RpcHello { VersionMin = min, VersionMax = max });

    public static byte[] Request(uint slot, ulong number = 1, ushort opcode = Opcodes.Sum) =>
        Frame(new FrameHeader { Kind = FrameKind.Request, Slot = slot, Number = number, Opcode = opcode }, new Sum { A = 1, B = 2 });

    public async Task SendAsync(params byte[] bytes) => await pipe.Output.WriteAsync(bytes);

    public void Close()
    {
        pipe.Output.Complete();
        pipe.Input.Complete();
    }

    public async Task SkipPrefaceAsync() => await TakeAsync(8);

    public async Task<(FrameHeader Header, byte[] Payload)> ReceiveAsync()
    {
        var header = WireCodec.Read<FrameHeader>(await TakeAsync(FrameHeader.Bytes));
        return (header, await TakeAsync(header.PayloadBytes));
    }

    /// <summary>Reads the client's hello and welcomes it.</summary>
    public async Task<RpcHello> WelcomeAsync(RpcWelcome welcome)
    {
        await SkipPrefaceAsync();
        var (header, payload) = await ReceiveAsync();
        Assert.Equal(FrameKind.Hello, header.Kind);
        await SendAsync(Frame(new FrameHeader { Kind = FrameKind.Welcome }, welcome with { Version = 1 }));
        return WireCodec.Read<RpcHello>(payload);
    }

    private async Task<byte[]> TakeAsync(int count)
    {
        var result = await pipe.Input.ReadAtLeastAsync(count);
        Assert.True(result.Buffer.Length >= count, "the connection ended");
        var bytes = result.Buffer.Slice(0, count).ToArray();
        pipe.Input.AdvanceTo(result.Buffer.GetPosition(count));
        return bytes;
    }
}

/// <summary>Hands the server's end of each connection to a test.</summary>
public sealed class RawConnector : IRpcConnector
{
    private readonly System.Threading.Channels.Channel<RawPeer> _peers =
        System.Threading.Channels.Channel.CreateUnbounded<RawPeer>();

    public ConcurrentQueue<MemoryDuplex> Wires { get; } = new();

    public ValueTask<IDuplexPipe> ConnectAsync(CancellationToken cancellationToken)
    {
        var wire = new MemoryDuplex();
        Wires.Enqueue(wire);
        _peers.Writer.TryWrite(new RawPeer(wire.Server));
        return new ValueTask<IDuplexPipe>(wire.Client);
    }

    public Task<RawPeer> NextAsync() => _peers.Reader.ReadAsync().SoonAsync();
}
