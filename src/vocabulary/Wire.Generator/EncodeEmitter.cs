namespace FlexFs.Wire.Generator;

/// <summary>Writes Encode.</summary>
internal static class EncodeEmitter
{
    public static void Emit(SourceBuilder code, RecordModel record)
    {
        code.Line("/// <inheritdoc/>");
        code.Open($"public {(record.IsStruct ? "readonly " : "")}void Encode(ref WireWriter writer)");
        var names = 0;

        // Neighbours of fixed width are claimed at once; the version byte belongs to the first of them.
        var index = 0;
        var first = true;
        while (first || index < record.Fields.Count)
        {
            var end = index;
            var width = first ? 1 : 0;
            while (end < record.Fields.Count && record.Fields[end].Type.Kind == TypeKind.Fixed)
            {
                width += record.Fields[end++].Type.Width;
            }

            if (width > 0)
            {
                code.Open();
                code.Line($"ref var at = ref writer.Take({width});");
                if (first) code.Line($"WireBits.Put(ref at, 0, (byte){record.Version});");
                var offset = first ? 1 : 0;
                for (; index < end; index++)
                {
                    var type = record.Fields[index].Type;
                    code.Line($"WireBits.Put(ref at, {offset}, {Primitive(type, "this." + record.Fields[index].Name)});");
                    offset += type.Width;
                }

                code.Close();
                first = false;
                continue;
            }

            var field = record.Fields[index++];
            Put(code, field.Type, "this." + field.Name, field.Max, field.ElementMax, RecordEmitter.Label(record, field), ref names);
        }

        code.Close();
        code.Line();
    }

    private static string Primitive(TypeModel type, string value)
    {
        if (type.IsEnum) return $"({type.Keyword}){value}";
        return type.Property.Length > 0 ? $"{value}.{type.Property}" : value;
    }

    private static void Put(
        SourceBuilder code, TypeModel type, string value, int max, int elementMax, string label, ref int names)
    {
        switch (type.Kind)
        {
            case TypeKind.Fixed:
                code.Line($"WireBits.Put(ref writer.Take({type.Width}), 0, {Primitive(type, value)});");
                break;
            case TypeKind.Bytes:
                code.Line($"writer.WriteBytes({value}.Span, {max}, {label});");
                break;
            case TypeKind.Text:
                code.Line($"writer.WriteText({value}, {max}, {label});");
                break;
            case TypeKind.Record:
                code.Line($"{value}.Encode(ref writer);");
                break;
            case TypeKind.Optional:
                var inside = $"v{names++}";
                code.Open($"if ({value} is {{ }} {inside})");
                code.Line("writer.WriteBoolean(true);");
                Put(code, type.Inner!, inside, max, elementMax, label, ref names);
                code.Close();
                code.Open("else");
                code.Line("writer.WriteBoolean(false);");
                code.Close();
                break;
            default:
                PutItems(code, type.Inner!, value, max, elementMax, label, ref names);
                break;
        }
    }

    private static void PutItems(
        SourceBuilder code, TypeModel element, string value, int max, int elementMax, string label, ref int names)
    {
        var items = $"v{names++}";
        var item = $"v{names++}";
        code.Open();
        code.Line($"var {items} = {value}.AsSpan();");
        code.Line($"writer.WriteCount({items}.Length, {max}, {label});");
        if (element.Kind == TypeKind.Fixed)
        {
            code.Line($"ref var at = ref writer.Take(checked({items}.Length * {element.Width}));");
            code.Line("var offset = 0;");
            code.Open($"foreach (ref readonly var {item} in {items})");
            code.Line($"WireBits.Put(ref at, offset, {Primitive(element, item)});");
            code.Line($"offset += {element.Width};");
            code.Close();
        }
        else
        {
            code.Open($"foreach (ref readonly var {item} in {items})");
            Put(code, element, item, elementMax, 0, label, ref names);
            code.Close();
        }

        code.Close();
    }
}
