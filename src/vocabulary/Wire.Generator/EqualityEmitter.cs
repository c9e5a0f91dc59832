namespace FlexFs.Wire.Generator;

/// <summary>Writes equality by content: bytes and arrays would compare by reference in what the compiler writes.</summary>
internal static class EqualityEmitter
{
    public static void Emit(SourceBuilder code, RecordModel record)
    {
        var readOnly = record.IsStruct ? "readonly " : "";
        code.Line();
        code.Line("/// <summary>Same content in all fields.</summary>");
        code.Line($"public {readOnly}bool Equals({record.Name}{(record.IsStruct ? "" : "?")} other) =>");
        if (!record.IsStruct) code.Line("    other is not null &&");
        for (var i = 0; i < record.Fields.Count; i++)
        {
            var field = record.Fields[i];
            code.Line($"    {Equal(field.Type, "this." + field.Name, "other." + field.Name)}{(i + 1 < record.Fields.Count ? " &&" : ";")}");
        }

        code.Line();
        code.Line("/// <inheritdoc/>");
        code.Open($"public override {readOnly}int GetHashCode()");
        code.Line("var hash = new global::System.HashCode();");
        foreach (var field in record.Fields) code.Line($"hash.Add({Hash(field.Type, "this." + field.Name)});");
        code.Line("return hash.ToHashCode();");
        code.Close();
    }

    private static string Equal(TypeModel type, string a, string b) => type.Kind switch
    {
        TypeKind.Bytes or TypeKind.Array => $"WireEquality.Equal({a}, {b})",
        TypeKind.Text => $"({a} ?? string.Empty) == ({b} ?? string.Empty)",
        TypeKind.Optional when type.Inner!.Kind is TypeKind.Bytes or TypeKind.Array =>
            $"{a}.HasValue == {b}.HasValue && (!{a}.HasValue || WireEquality.Equal({a}.Value, {b}.Value))",
        _ => $"global::System.Collections.Generic.EqualityComparer<{type.Name}>.Default.Equals({a}, {b})",
    };

    private static string Hash(TypeModel type, string value) => type.Kind switch
    {
        TypeKind.Bytes or TypeKind.Array => $"WireEquality.Hash({value})",
        TypeKind.Text => $"{value} ?? string.Empty",
        TypeKind.Optional when type.Inner!.Kind is TypeKind.Bytes or TypeKind.Array =>
            $"{value}.HasValue ? WireEquality.Hash({value}.Value) : 0",
        _ => value,
    };
}
