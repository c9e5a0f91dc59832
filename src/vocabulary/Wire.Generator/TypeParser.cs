using Microsoft.CodeAnalysis;

namespace FlexFs.Wire.Generator;

/// <summary>Finds the encoding of a C# type.</summary>
internal static class TypeParser
{
    private const string RecordAttribute = "FlexFs.Wire.WireRecordAttribute";

    private static readonly SymbolDisplayFormat Qualified = SymbolDisplayFormat.FullyQualifiedFormat;

    /// <summary>Null when the type has none.</summary>
    public static TypeModel? Parse(ITypeSymbol type, bool defined, bool nested = false)
    {
        var name = type.ToDisplayString(Qualified);
        if (type is INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } nullable)
        {
            var inner = Parse(nullable.TypeArguments[0], defined, nested);
            return inner is null or { Kind: TypeKind.Optional } ? null : Optional(name, inner);
        }

        if (Fixed(type, name, defined) is { } plain) return plain;
        if (type.SpecialType == SpecialType.System_String)
        {
            var text = new TypeModel(TypeKind.Text, "string", "utf8") { IsReference = true };
            return type.NullableAnnotation == NullableAnnotation.Annotated ? Optional("string?", text) : text;
        }

        if (type is not INamedTypeSymbol named) return null;
        if (IsRecord(named))
        {
            var record = new TypeModel(TypeKind.Record, name, named.Name) { IsReference = named.IsReferenceType };
            return named.IsReferenceType && named.NullableAnnotation == NullableAnnotation.Annotated
                ? Optional(name + "?", record)
                : record;
        }

        var definition = named.OriginalDefinition.ToDisplayString();
        if (definition == "System.ReadOnlyMemory<T>")
        {
            return named.TypeArguments[0].SpecialType == SpecialType.System_Byte
                ? new TypeModel(TypeKind.Bytes, name, "bytes")
                : null;
        }

        if (definition == "System.Collections.Immutable.ImmutableArray<T>" && !nested)
        {
            var element = Parse(named.TypeArguments[0], defined, nested: true);
            if (element is null or { Kind: TypeKind.Optional, Inner.Kind: TypeKind.Bytes }) return null;
            return new TypeModel(TypeKind.Array, name, "array of " + element.Words) { Inner = element };
        }

        return null;
    }

    public static bool IsRecord(INamedTypeSymbol type) =>
        type.GetAttributes().Any(a => a.AttributeClass?.ToDisplayString() == RecordAttribute);

    /// <summary>The wire records that a type holds, directly or in arrays and nullable forms.</summary>
    public static INamedTypeSymbol? RecordIn(ITypeSymbol type)
    {
        if (type is not INamedTypeSymbol named) return null;
        if (IsRecord(named)) return named;
        return named.TypeArguments.Length == 1 ? RecordIn(named.TypeArguments[0]) : null;
    }

    private static TypeModel Optional(string name, TypeModel inner) =>
        new(TypeKind.Optional, name, "optional " + inner.Words) { Inner = inner, IsReference = inner.IsReference };

    private static TypeModel? Fixed(ITypeSymbol type, string name, bool defined)
    {
        if (Primitive(type) is { } primitive) return primitive with { Name = name };
        if (type is not INamedTypeSymbol named) return null;
        if (named.TypeKind == Microsoft.CodeAnalysis.TypeKind.Enum)
        {
            var under = Primitive(named.EnumUnderlyingType!)!;
            return under with
            {
                Name = name,
                Words = $"{under.Words} ({named.Name})",
                IsEnum = true,
                IsFlags = defined && HasFlags(named),
                Pattern = defined ? Values(named) : "",
            };
        }

        // An id: one field in all, given by a constructor whose parameter has the property's name.
        if (!named.IsValueType || named.GetMembers().OfType<IFieldSymbol>().Count(f => !f.IsStatic) != 1) return null;
        foreach (var constructor in named.InstanceConstructors)
        {
            if (constructor.Parameters.Length != 1 || constructor.DeclaredAccessibility != Accessibility.Public) continue;
            var parameter = constructor.Parameters[0];
            if (Primitive(parameter.Type) is not { } value) continue;
            var property = named.GetMembers().OfType<IPropertySymbol>().FirstOrDefault(p =>
                !p.IsStatic
                && p.Name == parameter.Name
                && SymbolEqualityComparer.Default.Equals(p.Type, parameter.Type));
            if (property is null) continue;
            return value with { Name = name, Words = $"{value.Words} ({named.Name})", Property = property.Name };
        }

        return null;
    }

    private static TypeModel? Primitive(ITypeSymbol type) => type.SpecialType switch
    {
        SpecialType.System_Boolean => Primitive("bool", "Byte", "bool", 1),
        SpecialType.System_Byte => Primitive("byte", "Byte", "u8", 1),
        SpecialType.System_SByte => Primitive("sbyte", "SByte", "i8", 1),
        SpecialType.System_UInt16 => Primitive("ushort", "UInt16", "u16", 2),
        SpecialType.System_Int16 => Primitive("short", "Int16", "i16", 2),
        SpecialType.System_UInt32 => Primitive("uint", "UInt32", "u32", 4),
        SpecialType.System_Int32 => Primitive("int", "Int32", "i32", 4),
        SpecialType.System_UInt64 => Primitive("ulong", "UInt64", "u64", 8),
        SpecialType.System_Int64 => Primitive("long", "Int64", "i64", 8),
        _ => type.ToDisplayString() switch
        {
            "System.UInt128" => Primitive("global::System.UInt128", "UInt128", "u128", 16),
            "System.Guid" => Primitive("global::System.Guid", "Guid", "uuid", 16),
            _ => null,
        },
    };

    private static TypeModel Primitive(string keyword, string primitive, string words, int width) =>
        new(TypeKind.Fixed, keyword, words) { Keyword = keyword, Primitive = primitive, Width = width };

    private static bool HasFlags(INamedTypeSymbol type) =>
        type.GetAttributes().Any(a => a.AttributeClass?.ToDisplayString() == "System.FlagsAttribute");

    private static string Values(INamedTypeSymbol type)
    {
        var values = type.GetMembers().OfType<IFieldSymbol>()
            .Where(f => f.HasConstantValue)
            .Select(f => type.ToDisplayString(Qualified) + "." + f.Name);
        return string.Join(HasFlags(type) ? " | " : " or ", values);
    }
}
