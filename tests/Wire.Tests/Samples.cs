using System.Collections.Immutable;
using FlexFs.Core;

namespace FlexFs.Wire.Tests;

/// <summary>What can be done with a sample.</summary>
[Flags]
public enum SampleModes : ushort
{
    None = 0,
    Read = 1,
    Write = 2,
    Both = Read | Write,
}

/// <summary>Every integer, and what stands for one.</summary>
[WireRecord]
public readonly partial record struct FixedSample
{
    [Field(1)] public bool Flag { get; init; }
    [Field(2)] public byte Byte { get; init; }
    [Field(3)] public sbyte SignedByte { get; init; }
    [Field(4)] public ushort Short { get; init; }
    [Field(5)] public short SignedShort { get; init; }
    [Field(6)] public uint Word { get; init; }
    [Field(7)] public int SignedWord { get; init; }
    [Field(8)] public ulong Long { get; init; }
    [Field(9)] public long SignedLong { get; init; }
    [Field(10)] public UInt128 Wide { get; init; }
    [Field(11)] public Guid Unique { get; init; }
    [Field(12)] public FileType Type { get; init; }
    [Field(13, Defined = true)] public FileType DefinedType { get; init; }
    [Field(14, Defined = true)] public SampleModes Modes { get; init; }
    [Field(15)] public InodeId Inode { get; init; }
    [Field(16)] public ObjectId Object { get; init; }
    [Field(17)] public SessionId Session { get; init; }
    [Field(18)] public VolumeId Volume { get; init; }
    [Field(19)] public Instant At { get; init; }
}

/// <summary>Small and nested.</summary>
[WireRecord]
public readonly partial record struct PointSample
{
    [Field(1)] public int X { get; init; }
    [Field(2)] public int Y { get; init; }
}

/// <summary>Nested, with content of its own, as a class.</summary>
[WireRecord]
public sealed partial record class LabelSample
{
    /// <summary>Said of <see cref="PointSample"/>, <see cref="WireCodec.TextBytes(string)"/> and <c>"words"</c>.</summary>
    [Field(1, Max = 32)]
    public string Text { get; init; } = "";

    [Field(2, Max = 16)] public ReadOnlyMemory<byte> Raw { get; init; }
}

/// <summary>Everything whose length varies.</summary>
[WireRecord]
public sealed partial record class VariableSample
{
    [Field(1, Max = 300)] public ReadOnlyMemory<byte> Name { get; init; }
    [Field(2, Max = 64)] public string Text { get; init; } = "";
    [Field(3, Max = 8)] public ImmutableArray<ulong> Numbers { get; init; }
    [Field(4, Max = 8)] public ImmutableArray<bool> Flags { get; init; }
    [Field(5, Max = 8)] public ImmutableArray<InodeId> Inodes { get; init; }
    [Field(6, Max = 8, Defined = true)] public ImmutableArray<FileType> Types { get; init; }
    [Field(7, Max = 8)] public ImmutableArray<PointSample> Points { get; init; }
    [Field(8, Max = 8)] public ImmutableArray<LabelSample> Labels { get; init; }
    [Field(9, Max = 8, ElementMax = 16)] public ImmutableArray<ReadOnlyMemory<byte>> Names { get; init; }
    [Field(10, Max = 8, ElementMax = 16)] public ImmutableArray<string> Words { get; init; }
    [Field(11)] public PointSample Point { get; init; }
    [Field(12)] public LabelSample Label { get; init; } = new();
    [Field(13)] public uint Between { get; init; }
    [Field(14)] public int? MaybeNumber { get; init; }
    [Field(15)] public InodeId? MaybeInode { get; init; }
    [Field(16, Defined = true)] public FileType? MaybeType { get; init; }
    [Field(17)] public PointSample? MaybePoint { get; init; }
    [Field(18)] public LabelSample? MaybeLabel { get; init; }
    [Field(19, Max = 16)] public string? MaybeText { get; init; }
    [Field(20, Max = 16)] public ReadOnlyMemory<byte>? MaybeBytes { get; init; }
    [Field(21, Max = 4)] public ImmutableArray<ushort>? MaybeNumbers { get; init; }
    [Field(22, Max = 4)] public ImmutableArray<int?> Gaps { get; init; }
    [Field(23, Max = 4)] public ImmutableArray<PointSample?> PointGaps { get; init; }
    [Field(24, Max = 4)] public ImmutableArray<LabelSample?> LabelGaps { get; init; }
    [Field(25)] public bool? MaybeFlag { get; init; }
}

/// <summary>A count alone.</summary>
[WireRecord]
public readonly partial record struct NumbersSample
{
    [Field(1)] public ulong Before { get; init; }
    [Field(2, Max = 1_000_000)] public ImmutableArray<ulong> Numbers { get; init; }
}
