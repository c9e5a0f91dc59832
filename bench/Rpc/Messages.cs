using FlexFs.Wire;

namespace FlexFs.Bench.Rpc;

/// <summary>About as long as a request for attributes.</summary>
[WireRecord(Version = 1)]
internal readonly partial record struct Question
{
    [Field(1)] public ulong Inode { get; init; }

    [Field(2)] public ulong Other { get; init; }
}

/// <summary>About as long as an inode's attributes.</summary>
[WireRecord(Version = 1)]
internal readonly partial record struct Answer
{
    [Field(1)] public ulong Inode { get; init; }

    [Field(2)] public UInt128 A { get; init; }

    [Field(3)] public UInt128 B { get; init; }

    [Field(4)] public UInt128 C { get; init; }

    [Field(5)] public UInt128 D { get; init; }

    [Field(6)] public UInt128 E { get; init; }

    [Field(7)] public UInt128 F { get; init; }
}
