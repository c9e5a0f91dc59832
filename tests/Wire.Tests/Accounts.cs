using System.Collections.Immutable;

namespace FlexFs.Wire.Tests;

/// <summary>One record at three points of its life: what old and new programs see.</summary>
[WireRecord(Version = 1)]
public readonly partial record struct AccountV1
{
    [Field(1)] public ulong Id { get; init; }
    [Field(2, Max = 16)] public string Owner { get; init; }
}

/// <summary>Two versions later, fields were added: in the middle and at the end.</summary>
[WireRecord(Version = 3)]
public readonly partial record struct AccountV3
{
    [Field(1)] public ulong Id { get; init; }
    [Field(2, Max = 16)] public string Owner { get; init; }
    [Field(3, Since = 2)] public uint Quota { get; init; }
    [Field(4, Since = 3)] public uint Used { get; init; }
    [Field(5, Since = 3, Max = 4, ElementMax = 8)] public ImmutableArray<string> Tags { get; init; }
    [Field(6, Since = 3)] public LabelSample Note { get; init; }
}

/// <summary>Then the owner was removed.</summary>
[WireRecord(Version = 4, Oldest = 4)]
[Reserved(2, "was: Owner")]
public readonly partial record struct AccountV4
{
    [Field(1)] public ulong Id { get; init; }
    [Field(3, Since = 2)] public uint Quota { get; init; }
    [Field(4, Since = 3)] public uint Used { get; init; }
    [Field(5, Since = 3, Max = 4, ElementMax = 8)] public ImmutableArray<string> Tags { get; init; }
}
