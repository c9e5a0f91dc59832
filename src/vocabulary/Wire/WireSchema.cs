using System.Collections.Immutable;

namespace FlexFs.Wire;

/// <summary>What a record consists of.</summary>
/// <param name="Name">Of the type.</param>
/// <param name="Summary">The type's documentation in one line; empty when there is none.</param>
/// <param name="Version">That is written.</param>
/// <param name="Oldest">That is still read.</param>
/// <param name="Fields">In the order of their numbers, which is the order of their bytes.</param>
/// <param name="Reserved">Numbers that may not be used again.</param>
public sealed record WireSchema(
    string Name,
    string Summary,
    byte Version,
    byte Oldest,
    ImmutableArray<WireField> Fields,
    ImmutableArray<WireReserved> Reserved);

/// <summary>A field of a record.</summary>
/// <param name="Number">Its place in the order.</param>
/// <param name="Name">Of the property.</param>
/// <param name="Type">In words: <c>u64 (InodeId)</c>, <c>bytes</c>, <c>array of ExtentRecord</c>.</param>
/// <param name="Since">The record's version that first had it.</param>
/// <param name="Max">Most bytes or elements; 0 when the width is fixed.</param>
/// <param name="ElementMax">Most bytes of each element; 0 when that is fixed.</param>
/// <param name="Summary">The property's documentation in one line; empty when there is none.</param>
public sealed record WireField(
    int Number, string Name, string Type, byte Since, int Max, int ElementMax, string Summary);

/// <summary>A number that a removed field had.</summary>
/// <param name="Number">The field's number.</param>
/// <param name="Reason">What it was.</param>
public sealed record WireReserved(int Number, string Reason);
