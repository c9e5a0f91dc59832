namespace FlexFs.Wire.Generator;

/// <summary>Writes EncodedBytes.</summary>
internal static class SizeEmitter
{
    /// <summary>Bytes of the shortest encoding, as an expression.</summary>
    public static string Minimum(TypeModel type) => type.Kind switch
    {
        TypeKind.Fixed => $"{type.Width}",
        TypeKind.Record => $"WireCodec.MinimumBytesOf<{type.BareName}>()",
        TypeKind.Optional => "1",
        _ => "4",
    };

    public static void Emit(SourceBuilder code, RecordModel record)
    {
        code.Line("/// <inheritdoc/>");
        code.Open(record.IsStruct ? "public readonly int EncodedBytes" : "public int EncodedBytes");
        code.Open("get");
        var constant = 1 + record.Fields.Where(f => f.Type.Kind == TypeKind.Fixed).Sum(f => f.Type.Width);
        code.Line($"var size = {constant};");
        var names = 0;
        foreach (var field in record.Fields)
        {
            if (field.Type.Kind != TypeKind.Fixed) Add(code, field.Type, "this." + field.Name, ref names);
        }

        code.Line("return size;");
        code.Close();
        code.Close();
        code.Line();
    }

    private static void Add(SourceBuilder code, TypeModel type, string value, ref int names)
    {
        switch (type.Kind)
        {
            case TypeKind.Fixed:
                code.Line($"size += {type.Width};");
                break;
            case TypeKind.Bytes:
                code.Line($"size += 4 + {value}.Length;");
                break;
            case TypeKind.Text:
                code.Line($"size += WireCodec.TextBytes({value});");
                break;
            case TypeKind.Record:
                code.Line($"size += {value}.EncodedBytes;");
                break;
            case TypeKind.Optional:
                var inside = $"v{names++}";
                code.Line("size += 1;");
                code.Open($"if ({value} is {{ }} {inside})");
                Add(code, type.Inner!, inside, ref names);
                code.Close();
                break;
            default:
                if (type.Inner!.Kind == TypeKind.Fixed)
                {
                    code.Line($"size += 4 + ({value}.AsSpan().Length * {type.Inner.Width});");
                    break;
                }

                var item = $"v{names++}";
                code.Line("size += 4;");
                code.Open($"foreach (ref readonly var {item} in {value}.AsSpan())");
                Add(code, type.Inner, item, ref names);
                code.Close();
                break;
        }
    }
}
