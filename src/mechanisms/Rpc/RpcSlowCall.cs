namespace FlexFs.Rpc;

/// <summary>A call that was answered late.</summary>
/// <param name="Opcode">The operation.</param>
/// <param name="Request">Its payload; valid during the call that tells of it.</param>
/// <param name="BegunAt">A timestamp: when it was asked.</param>
/// <param name="Disconnected">For how long of that there was no connection with a session.</param>
/// <param name="IsQueued">Whether the server said that it has to wait for another session.</param>
/// <param name="Why">What it said with that, if anything.</param>
public readonly record struct RpcSlowCall(
    ushort Opcode, ReadOnlyMemory<byte> Request, long BegunAt, TimeSpan Disconnected, bool IsQueued, ReadOnlyMemory<byte> Why);
