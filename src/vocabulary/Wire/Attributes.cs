namespace FlexFs.Wire;

/// <summary>Declares a record with a byte format: a partial record struct, or a sealed partial record class.</summary>
/// <remarks>
/// Encoded as one byte of version, then the fields in the order of their numbers: integers little-endian in their own
/// width, lengths and counts as 32 bits before what they count. Encoder, decoder, size and schema are generated.
/// </remarks>
[AttributeUsage(AttributeTargets.Struct | AttributeTargets.Class, Inherited = false)]
public sealed class WireRecordAttribute : Attribute
{
    /// <summary>What is written; raised by one whenever a field is added or removed. 1 to 255.</summary>
    public byte Version { get; init; } = 1;

    /// <summary>The oldest version still read; raised above the last version that had a field when that is removed.</summary>
    public byte Oldest { get; init; } = 1;
}

/// <summary>A field of a <see cref="WireRecordAttribute">record</see>.</summary>
/// <param name="number">1 or more; the order of the fields. Never changed and never used again.</param>
[AttributeUsage(AttributeTargets.Property, Inherited = false)]
public sealed class FieldAttribute(int number) : Attribute
{
    /// <summary>1 or more; the order of the fields.</summary>
    public int Number { get; } = number;

    /// <summary>Most bytes of bytes or text, most elements of an array; required there and meaningless elsewhere.</summary>
    public int Max { get; init; }

    /// <summary>Most bytes of each element of an array of bytes or text.</summary>
    public int ElementMax { get; init; }

    /// <summary>The record's version that first had the field; it is default, or empty, in older data.</summary>
    public byte Since { get; init; } = 1;

    /// <summary>Of an enum: other values than the declared ones (or combinations of flags) are refused.</summary>
    public bool Defined { get; init; }
}

/// <summary>A number that a removed field had and no other may take.</summary>
/// <param name="number">The field's number.</param>
/// <param name="reason">What it was.</param>
[AttributeUsage(AttributeTargets.Struct | AttributeTargets.Class, AllowMultiple = true, Inherited = false)]
public sealed class ReservedAttribute(int number, string reason) : Attribute
{
    /// <summary>The field's number.</summary>
    public int Number { get; } = number;

    /// <summary>What it was.</summary>
    public string Reason { get; } = reason;
}
