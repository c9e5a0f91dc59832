using FlexFs.Core;
using FlexFs.Wire;

namespace FlexFs.Rpc.Tests;

/// <summary>A request of a fixed size.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct Sum
{
    [Field(1)] public ulong A { get; init; }

    [Field(2)] public ulong B { get; init; }
}

/// <summary>A reply of a fixed size.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct Total
{
    [Field(1)] public ulong Value { get; init; }
}

/// <summary>A message of any size.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct Blob
{
    [Field(1, Max = Limits.RpcFrameBytesMax)] public ReadOnlyMemory<byte> Bytes { get; init; }
}

public static class Opcodes
{
    public const ushort Sum = 1;
    public const ushort Echo = 2;
    public const ushort Fail = 3;
    public const ushort Hold = 4;
    public const ushort Silent = 5;
    public const ushort Throw = 6;
}
