using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace FlexFs.Wire.Generator;

/// <summary>A diagnostic as a value.</summary>
internal sealed record Report(string Id, string Argument0, string Argument1, string Path, TextSpan Span, LinePositionSpan Lines)
{
    public static Report Of(DiagnosticDescriptor rule, ISymbol at, string argument0, string argument1 = "")
    {
        var location = at.Locations.FirstOrDefault(l => l.IsInSource);
        return new Report(
            rule.Id,
            argument0,
            argument1,
            location?.SourceTree?.FilePath ?? "",
            location?.SourceSpan ?? default,
            location?.GetLineSpan().Span ?? default);
    }

    public Diagnostic ToDiagnostic() =>
        Diagnostic.Create(Rules.All.First(r => r.Id == Id), Location.Create(Path, Span, Lines), Argument0, Argument1);
}

/// <summary>What a declaration must keep to.</summary>
internal static class Rules
{
    public static readonly DiagnosticDescriptor DuplicateNumber = Rule(
        "FLEXWIRE001", "A field number is used twice", "'{0}' has number {1}, which another field has: take the next free number");

    public static readonly DiagnosticDescriptor NonPositiveNumber = Rule(
        "FLEXWIRE002", "A field number is not positive", "'{0}' has number {1}: field numbers begin with 1");

    public static readonly DiagnosticDescriptor MissingMax = Rule(
        "FLEXWIRE003", "Max or ElementMax is missing", "'{0}' needs a positive {1}: every length has a limit");

    public static readonly DiagnosticDescriptor UnsupportedType = Rule(
        "FLEXWIRE004",
        "A type has no encoding",
        "'{0}' is of type '{1}', which has no encoding: use integers, bool, Guid, enums, ids of one value, ReadOnlyMemory<byte>, string, wire records, ImmutableArray of these, or nullable forms");

    public static readonly DiagnosticDescriptor SinceOutOfRange = Rule(
        "FLEXWIRE005", "Since is outside the record's versions", "'{0}' has Since = {1}: it is 1 to the Version of the record");

    public static readonly DiagnosticDescriptor ReservedNumber = Rule(
        "FLEXWIRE006", "A reserved number is used", "'{0}' has number {1}, which is reserved: take the next free number");

    public static readonly DiagnosticDescriptor NotPartialRecord = Rule(
        "FLEXWIRE007",
        "The type is not a partial record",
        "'{0}' {1}: a wire record is a partial record struct or a sealed partial record class, without type parameters, in partial types only");

    public static readonly DiagnosticDescriptor Recursive = Rule(
        "FLEXWIRE008", "A record contains itself", "'{0}' leads back to '{1}': input could nest without a limit");

    public static readonly DiagnosticDescriptor NotSettable = Rule(
        "FLEXWIRE009", "A property cannot be set", "'{0}' {1}");

    public static readonly DiagnosticDescriptor BadVersion = Rule(
        "FLEXWIRE010", "Version or Oldest is out of range", "'{0}' has {1}: Version is 1 or more and Oldest is 1 to Version");

    public static readonly DiagnosticDescriptor NoMeaning = Rule(
        "FLEXWIRE011", "An option has no meaning for the type", "'{0}' has {1}, which means nothing for its type");

    public static readonly DiagnosticDescriptor[] All =
    [
        DuplicateNumber, NonPositiveNumber, MissingMax, UnsupportedType, SinceOutOfRange, ReservedNumber,
        NotPartialRecord, Recursive, NotSettable, BadVersion, NoMeaning,
    ];

    private static DiagnosticDescriptor Rule(string id, string title, string message) =>
        new(id, title, message, "FlexFs.Wire", DiagnosticSeverity.Error, isEnabledByDefault: true);
}
