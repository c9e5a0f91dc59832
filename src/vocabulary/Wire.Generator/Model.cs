namespace FlexFs.Wire.Generator;

/// <summary>How a type is encoded.</summary>
internal enum TypeKind
{
    Fixed,
    Bytes,
    Text,
    Record,
    Array,
    Optional,
}

/// <summary>A type of a field, as far as its encoding goes. Everything is a value: models are compared between edits.</summary>
/// <param name="Kind">How it is encoded.</param>
/// <param name="Name">In C#, fully qualified, with the nullable mark of a reference.</param>
/// <param name="Words">In the schema.</param>
internal sealed record TypeModel(TypeKind Kind, string Name, string Words)
{
    /// <summary>Of a fixed type: the name in <c>WireBits.Get</c>, "Byte" for a boolean.</summary>
    public string Primitive { get; init; } = "";

    /// <summary>Of a fixed type: the C# keyword of the primitive.</summary>
    public string Keyword { get; init; } = "";

    /// <summary>Of a fixed type: bytes.</summary>
    public int Width { get; init; }

    /// <summary>Of an id: the property that holds the primitive.</summary>
    public string Property { get; init; } = "";

    public bool IsEnum { get; init; }

    /// <summary>Of an enum with Defined: a pattern, or an expression of the mask when it has flags.</summary>
    public string Pattern { get; init; } = "";

    public bool IsFlags { get; init; }

    /// <summary>Whether the C# type is a reference (text, or a record class).</summary>
    public bool IsReference { get; init; }

    /// <summary>Of an array or optional: what is inside.</summary>
    public TypeModel? Inner { get; init; }

    /// <summary>The type without the nullable mark.</summary>
    public string BareName => Name.EndsWith("?", StringComparison.Ordinal) ? Name.Substring(0, Name.Length - 1) : Name;

    public bool IsBoolean => Keyword == "bool";
}

/// <summary>A field.</summary>
internal sealed record FieldModel(
    int Number, string Name, TypeModel Type, int Since, int Max, int ElementMax, string Summary);

/// <summary>A number no longer used.</summary>
internal sealed record ReservedModel(int Number, string Reason);

/// <summary>A record; without <see cref="IsValid"/> there is only something to report.</summary>
internal sealed record RecordModel(string Namespace, string Name, string FileName)
{
    public bool IsValid { get; init; }

    public bool IsStruct { get; init; }

    public int Version { get; init; }

    public int Oldest { get; init; }

    public string Summary { get; init; } = "";

    /// <summary>The containing types' declarations, outermost first.</summary>
    public EquatableArray<string> Containers { get; init; }

    public EquatableArray<FieldModel> Fields { get; init; }

    public EquatableArray<ReservedModel> Reserved { get; init; }

    /// <summary>Whether equality is ours to generate: something would compare by reference, and nobody wrote it.</summary>
    public bool GeneratesEquality { get; init; }

    public EquatableArray<Report> Reports { get; init; }
}
