namespace FlexFs.Rpc;

/// <summary>A request that was sent, or will be on the next connection, and is not answered.</summary>
/// <param name="Opcode">The operation.</param>
/// <param name="Slot">Of the session's window.</param>
/// <param name="Number">In that slot.</param>
/// <param name="Payload">The request.</param>
public readonly record struct RpcUnanswered(ushort Opcode, uint Slot, ulong Number, ReadOnlyMemory<byte> Payload);
