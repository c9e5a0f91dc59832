using System.Collections.Concurrent;

namespace FlexFs.Rpc.Tests;

/// <summary>Notes what a client tells its owner.</summary>
public sealed class TestSession : IRpcClientSession, IRpcPushHandler
{
    private int _losses;

    public byte[] Hello { get; set; } = "me"u8.ToArray();

    public TimeSpan? HeartbeatWanted { get; set; }

    public RpcSessionLoss Loss { get; set; } = RpcSessionLoss.End;

    public Func<RpcFailure, bool> Retry { get; set; } = _ => true;

    public ConcurrentQueue<RpcWelcome> Welcomes { get; } = new();

    public ConcurrentQueue<RpcFailure> Failures { get; } = new();

    public ConcurrentQueue<RpcEnd> Disconnections { get; } = new();

    public ConcurrentQueue<(ushort Opcode, byte[] Payload)> Pushes { get; } = new();

    public int Losses => _losses;

    public ReadOnlyMemory<byte> MakeHello() => Hello;

    public void OnWelcome(in RpcWelcome welcome) =>
        Welcomes.Enqueue(welcome with { Body = welcome.Body.ToArray() });

    public RpcSessionLoss OnSessionLost()
    {
        Interlocked.Increment(ref _losses);
        return Loss;
    }

    public bool OnFailure(in RpcFailure failure)
    {
        Failures.Enqueue(failure);
        return Retry(failure);
    }

    public void OnDisconnected(RpcEnd end) => Disconnections.Enqueue(end);

    public void OnPush(in FrameHeader header, ReadOnlyMemory<byte> payload) =>
        Pushes.Enqueue((header.Opcode, payload.ToArray()));
}
