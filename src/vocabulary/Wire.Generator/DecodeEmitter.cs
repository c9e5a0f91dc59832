namespace FlexFs.Wire.Generator;

/// <summary>Writes TryDecode.</summary>
internal static class DecodeEmitter
{
    public static void Emit(SourceBuilder code, RecordModel record)
    {
        var nullable = record.IsStruct ? "" : "[global::System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] ";
        code.Line("/// <inheritdoc/>");
        code.Open($"public static bool TryDecode(ref WireReader reader, {nullable}out {record.Name} value)");
        code.Line("value = default;");
        code.Line($"if (!reader.TryReadVersion({record.Oldest}, {record.Version}, out var version)) return reader.Refuse({RecordEmitter.Quote(record.Name)}, null);");
        foreach (var field in record.Fields) code.Line($"{field.Type.Name} f{field.Number} = {Default(field.Type, isLate: field.Since > record.Oldest)};");

        var scope = new Scope(code, record);
        for (var index = 0; index < record.Fields.Count;)
        {
            // Neighbours of fixed width and the same age are checked and taken at once.
            var field = record.Fields[index];
            var end = index;
            while (end < record.Fields.Count
                && record.Fields[end].Type.Kind == TypeKind.Fixed
                && record.Fields[end].Since == field.Since)
            {
                end++;
            }

            var isLate = field.Since > record.Oldest;
            if (isLate) code.Open($"if (version >= {field.Since})");
            if (end > index)
            {
                scope.TakeRun([.. record.Fields.Skip(index).Take(end - index)]);
                index = end;
            }
            else
            {
                scope.Field = field;
                scope.Take(field.Type, $"f{field.Number}", field.Max, field.ElementMax);
                index++;
            }

            if (isLate) code.Close();
        }

        code.Open($"value = new {record.Name}");
        foreach (var field in record.Fields) code.Line($"{field.Name} = f{field.Number},");
        code.Close(";");
        code.Line("return true;");
        code.Close();
        code.Line();
    }

    private static string Default(TypeModel type, bool isLate) => type switch
    {
        { Kind: TypeKind.Text } => "string.Empty",
        { Kind: TypeKind.Array } => type.Name + ".Empty",
        { Kind: TypeKind.Record, IsReference: true } => isLate ? $"new {type.Name}()" : "default!",
        _ => "default",
    };

    private sealed class Scope(SourceBuilder code, RecordModel record)
    {
        private int _names;

        public FieldModel Field { get; set; } = null!;

        private string Refusal => $"return reader.Refuse({RecordEmitter.Quote(record.Name)}, {RecordEmitter.Quote(Field.Name)});";

        public void TakeRun(FieldModel[] fields)
        {
            var width = fields.Sum(f => f.Type.Width);
            var run = $"v{_names++}";
            var label = fields.Length == 1 ? fields[0].Name : $"{fields[0].Name}..{fields[fields.Length - 1].Name}";
            code.Open();
            code.Line($"if (!reader.TryTake({width}, out var {run})) return reader.Refuse({RecordEmitter.Quote(record.Name)}, {RecordEmitter.Quote(label)});");
            code.Line($"ref var at = ref MemoryMarshal.GetReference({run});");
            var offset = 0;
            foreach (var field in fields)
            {
                Field = field;
                Load(field.Type, $"f{field.Number}", $"{offset}", $"reader.Position - {width - offset}");
                offset += field.Type.Width;
            }

            code.Close();
        }

        public void Take(TypeModel type, string target, int max, int elementMax)
        {
            switch (type.Kind)
            {
                case TypeKind.Fixed:
                    var run = $"v{_names++}";
                    code.Open();
                    code.Line($"if (!reader.TryTake({type.Width}, out var {run})) {Refusal}");
                    code.Line($"ref var at = ref MemoryMarshal.GetReference({run});");
                    Load(type, target, "0", $"reader.Position - {type.Width}");
                    code.Close();
                    break;
                case TypeKind.Bytes:
                    code.Line($"if (!reader.TryReadBytes({max}, out {target})) {Refusal}");
                    break;
                case TypeKind.Text:
                    code.Line($"if (!reader.TryReadText({max}, out {target})) {Refusal}");
                    break;
                case TypeKind.Record:
                    code.Line($"if (!{type.BareName}.TryDecode(ref reader, out {target})) {Refusal}");
                    break;
                case TypeKind.Optional:
                    var present = $"v{_names++}";
                    var inside = $"v{_names++}";
                    code.Line($"if (!reader.TryReadBoolean(out var {present})) {Refusal}");
                    code.Open($"if ({present})");
                    code.Line($"{type.Inner!.BareName} {inside};");
                    Take(type.Inner, inside, max, elementMax);
                    code.Line($"{target} = {inside};");
                    code.Close();
                    break;
                default:
                    TakeItems(type, target, max, elementMax);
                    break;
            }
        }

        private void TakeItems(TypeModel type, string target, int max, int elementMax)
        {
            var element = type.Inner!;
            var count = $"v{_names++}";
            var items = $"v{_names++}";
            var i = $"v{_names++}";
            code.Line($"if (!reader.TryReadCount({max}, {SizeEmitter.Minimum(element)}, out var {count})) {Refusal}");
            code.Line($"{target} = {type.Name}.Empty;");
            code.Open($"if ({count} > 0)");
            code.Line($"var {items} = new {element.Name}[{count}];");
            if (element.Kind == TypeKind.Fixed)
            {
                var run = $"v{_names++}";
                code.Line($"if (!reader.TryTake({count} * {element.Width}, out var {run})) {Refusal}");
                code.Line($"ref var at = ref MemoryMarshal.GetReference({run});");
                code.Open($"for (var {i} = 0; {i} < {items}.Length; {i}++)");
                Load(element, $"{items}[{i}]", $"{i} * {element.Width}", $"reader.Position - (({count} - {i}) * {element.Width})");
                code.Close();
            }
            else
            {
                code.Open($"for (var {i} = 0; {i} < {items}.Length; {i}++)");
                Take(element, $"{items}[{i}]", elementMax, 0);
                code.Close();
            }

            code.Line($"{target} = ImmutableCollectionsMarshal.AsImmutableArray({items});");
            code.Close();
        }

        private void Load(TypeModel type, string target, string offset, string position)
        {
            var raw = $"WireBits.Get{type.Primitive}(ref at, {offset})";
            if (type.IsBoolean)
            {
                var code1 = $"v{_names++}";
                code.Line($"var {code1} = {raw};");
                Refuse($"{code1} > 1", "InvalidBoolean", position, code1, "1");
                code.Line($"{target} = {Wrap(type, code1 + " != 0")};");
                return;
            }

            code.Line($"{target} = {Wrap(type, raw)};");
            if (type.Pattern.Length == 0) return;
            var number = $"unchecked((ulong){target})";
            var condition = type.IsFlags
                ? $"({target} & ~({type.Pattern})) != 0"
                : $"{target} is not ({type.Pattern})";
            Refuse(condition, "UndefinedValue", position, number, "0");
        }

        private void Refuse(string condition, string kind, string position, string found, string allowed) =>
            code.Line($"if ({condition}) return reader.Refuse(WireErrorKind.{kind}, {position}, {found}, {allowed}, {RecordEmitter.Quote(record.Name)}, {RecordEmitter.Quote(Field.Name)});");

        private static string Wrap(TypeModel type, string raw)
        {
            if (type.IsEnum) return $"({type.Name}){raw}";
            return type.Property.Length > 0 ? $"new {type.Name}({raw})" : raw;
        }
    }
}
