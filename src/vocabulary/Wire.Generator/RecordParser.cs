using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace FlexFs.Wire.Generator;

/// <summary>Reads a declaration into a model, or into reports of what is wrong with it.</summary>
internal static class RecordParser
{
    public static RecordModel Parse(INamedTypeSymbol type, CancellationToken cancel)
    {
        var reports = new List<Report>();
        CheckShape(type, reports, cancel);
        var attribute = Attribute(type, "WireRecordAttribute")!;
        var version = Named(attribute, "Version", 1);
        var oldest = Named(attribute, "Oldest", 1);
        if (version < 1 || oldest < 1 || oldest > version)
        {
            reports.Add(Report.Of(Rules.BadVersion, type, type.Name, $"Version = {version}, Oldest = {oldest}"));
        }

        var reserved = type.GetAttributes()
            .Where(a => a.AttributeClass?.ToDisplayString() == "FlexFs.Wire.ReservedAttribute")
            .Select(a => new ReservedModel((int)(a.ConstructorArguments[0].Value ?? 0), a.ConstructorArguments[1].Value as string ?? ""))
            .OrderBy(r => r.Number)
            .ToArray();
        var fields = Fields(type, version, reserved, reports, cancel);
        var containingNamespace = type.ContainingNamespace.IsGlobalNamespace ? "" : type.ContainingNamespace.ToDisplayString();
        return new RecordModel(containingNamespace, type.Name, type.ToDisplayString() + ".Wire.g.cs")
        {
            IsValid = reports.Count == 0,
            IsStruct = type.IsValueType,
            Version = version,
            Oldest = oldest,
            Summary = Summary(type, cancel),
            Containers = new EquatableArray<string>([.. Containers(type)]),
            Fields = new EquatableArray<FieldModel>([.. fields.OrderBy(f => f.Number)]),
            Reserved = new EquatableArray<ReservedModel>(reserved),
            GeneratesEquality = fields.Any(f => HasContent(f.Type)) && !DeclaresEquality(type),
            Reports = new EquatableArray<Report>([.. reports]),
        };
    }

    private static void CheckShape(INamedTypeSymbol type, List<Report> reports, CancellationToken cancel)
    {
        string? fault = null;
        if (!type.IsRecord) fault = "is not a record";
        else if (type.IsReferenceType && !type.IsSealed) fault = "is not sealed";
        else if (type.IsGenericType) fault = "has type parameters";
        else if (type.IsReferenceType && !type.InstanceConstructors.Any(c => c.Parameters.Length == 0))
        {
            fault = "has no constructor without parameters";
        }

        for (var outer = type; outer is not null && fault is null; outer = outer.ContainingType)
        {
            if (outer.IsGenericType) fault = "is in a type with type parameters";
            if (!IsPartial(outer, cancel)) fault = SymbolEqualityComparer.Default.Equals(outer, type)
                ? "is not partial"
                : $"is in '{outer.Name}', which is not partial";
        }

        if (fault is not null) reports.Add(Report.Of(Rules.NotPartialRecord, type, type.Name, fault));
    }

    private static List<FieldModel> Fields(
        INamedTypeSymbol type, int version, ReservedModel[] reserved, List<Report> reports, CancellationToken cancel)
    {
        var fields = new List<FieldModel>();
        var numbers = new HashSet<int>();
        foreach (var property in type.GetMembers().OfType<IPropertySymbol>())
        {
            if (Attribute(property, "FieldAttribute") is not { } attribute) continue;
            cancel.ThrowIfCancellationRequested();
            var number = (int)(attribute.ConstructorArguments[0].Value ?? 0);
            var name = type.Name + "." + property.Name;
            var before = reports.Count;
            if (number < 1) reports.Add(Report.Of(Rules.NonPositiveNumber, property, name, $"{number}"));
            else if (!numbers.Add(number)) reports.Add(Report.Of(Rules.DuplicateNumber, property, name, $"{number}"));
            if (reserved.Any(r => r.Number == number)) reports.Add(Report.Of(Rules.ReservedNumber, property, name, $"{number}"));
            var since = Named(attribute, "Since", 1);
            if (since < 1 || since > version) reports.Add(Report.Of(Rules.SinceOutOfRange, property, name, $"{since}"));
            if (property.GetMethod is null || property.SetMethod is null)
            {
                reports.Add(Report.Of(Rules.NotSettable, property, name, "needs get and init"));
            }

            var model = TypeParser.Parse(property.Type, Flag(attribute, "Defined"));
            if (model is null)
            {
                reports.Add(Report.Of(Rules.UnsupportedType, property, name, property.Type.ToDisplayString()));
                continue;
            }

            if (LeadsTo(property.Type, type, [], cancel))
            {
                reports.Add(Report.Of(Rules.Recursive, property, name, type.Name));
            }

            var max = Named(attribute, "Max", 0);
            var elementMax = Named(attribute, "ElementMax", 0);
            CheckLimits(property, name, model, max, elementMax, Flag(attribute, "Defined"), reports);
            if (reports.Count == before)
            {
                fields.Add(new FieldModel(number, property.Name, model, since, max, elementMax, Summary(property, cancel)));
            }
        }

        return fields;
    }

    private static void CheckLimits(
        IPropertySymbol property, string name, TypeModel type, int max, int elementMax, bool defined, List<Report> reports)
    {
        var bare = type.Kind == TypeKind.Optional ? type.Inner! : type;
        var hasLength = bare.Kind is TypeKind.Bytes or TypeKind.Text or TypeKind.Array;
        if (hasLength && max < 1) reports.Add(Report.Of(Rules.MissingMax, property, name, "Max"));
        if (!hasLength && max != 0) reports.Add(Report.Of(Rules.NoMeaning, property, name, "Max"));

        var element = bare.Kind == TypeKind.Array ? bare.Inner! : null;
        if (element is { Kind: TypeKind.Optional }) element = element.Inner!;
        var elementHasLength = element is { Kind: TypeKind.Bytes or TypeKind.Text };
        if (elementHasLength && elementMax < 1) reports.Add(Report.Of(Rules.MissingMax, property, name, "ElementMax"));
        if (!elementHasLength && elementMax != 0) reports.Add(Report.Of(Rules.NoMeaning, property, name, "ElementMax"));
        if (defined && !(element ?? bare).IsEnum) reports.Add(Report.Of(Rules.NoMeaning, property, name, "Defined"));
    }

    /// <summary>Whether <paramref name="target"/> is among the records that <paramref name="type"/> holds at any depth.</summary>
    private static bool LeadsTo(ITypeSymbol type, INamedTypeSymbol target, HashSet<string> seen, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        if (TypeParser.RecordIn(type) is not { } record) return false;
        if (SymbolEqualityComparer.Default.Equals(record, target)) return true;
        if (!seen.Add(record.ToDisplayString())) return false;
        return record.GetMembers().OfType<IPropertySymbol>()
            .Where(p => Attribute(p, "FieldAttribute") is not null)
            .Any(p => LeadsTo(p.Type, target, seen, cancel));
    }

    private static bool HasContent(TypeModel type) =>
        type.Kind is TypeKind.Bytes or TypeKind.Array or TypeKind.Text
        || (type.Kind == TypeKind.Optional && HasContent(type.Inner!));

    private static bool DeclaresEquality(INamedTypeSymbol type) =>
        type.GetMembers("Equals").OfType<IMethodSymbol>().Any(m =>
            !m.IsImplicitlyDeclared
            && m.Parameters.Length == 1
            && SymbolEqualityComparer.Default.Equals(m.Parameters[0].Type, type));

    private static List<string> Containers(INamedTypeSymbol type)
    {
        var declarations = new List<string>();
        for (var outer = type.ContainingType; outer is not null; outer = outer.ContainingType)
        {
            var keyword = (outer.IsRecord, outer.IsValueType) switch
            {
                (true, true) => "record struct",
                (true, false) => "record",
                (false, true) => "struct",
                _ => outer.TypeKind == Microsoft.CodeAnalysis.TypeKind.Interface ? "interface" : "class",
            };
            declarations.Add($"partial {keyword} {outer.Name}");
        }

        declarations.Reverse();
        return declarations;
    }

    private static bool IsPartial(INamedTypeSymbol type, CancellationToken cancel) =>
        type.DeclaringSyntaxReferences.Any(r =>
            r.GetSyntax(cancel) is TypeDeclarationSyntax t && t.Modifiers.Any(m => m.ValueText == "partial"));

    private static AttributeData? Attribute(ISymbol symbol, string name) =>
        symbol.GetAttributes().FirstOrDefault(a => a.AttributeClass?.ToDisplayString() == "FlexFs.Wire." + name);

    private static int Named(AttributeData attribute, string name, int otherwise)
    {
        foreach (var pair in attribute.NamedArguments)
        {
            if (pair.Key == name) return pair.Value.Value switch { byte b => b, int i => i, _ => otherwise };
        }

        return otherwise;
    }

    private static bool Flag(AttributeData attribute, string name) =>
        attribute.NamedArguments.Any(p => p.Key == name && p.Value.Value is true);

    private static string Summary(ISymbol symbol, CancellationToken cancel)
    {
        var xml = symbol.GetDocumentationCommentXml(cancellationToken: cancel);
        if (string.IsNullOrEmpty(xml)) return "";
        try
        {
            var summary = XElement.Parse(xml).Element("summary");
            if (summary is null) return "";
            foreach (var reference in summary.Descendants().ToArray())
            {
                var target = (string?)reference.Attribute("cref") ?? (string?)reference.Attribute("name")
                    ?? (string?)reference.Attribute("langword");
                if (target is not null && reference.IsEmpty)
                {
                    reference.ReplaceWith(new XText(ShortName(target)));
                }
            }

            return Regex.Replace(summary.Value, @"\s+", " ").Trim();
        }
        catch (System.Xml.XmlException)
        {
            // The compiler reports malformed documentation by itself (CS1570).
            return "";
        }
    }

    /// <summary>Of a documentation id: <c>T:A.B.C</c> is C, <c>M:A.B.C.D(E.F)</c> is C.D, anything else is itself.</summary>
    private static string ShortName(string target)
    {
        if (target.Length < 2 || target[1] != ':') return target;
        var parts = target.Substring(2).Split('(')[0].Split('.');
        var last = parts[parts.Length - 1].Split('`')[0];
        return target[0] == 'T' || parts.Length == 1 ? last : parts[parts.Length - 2].Split('`')[0] + "." + last;
    }
}
