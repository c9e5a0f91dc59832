using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace FlexFs.Wire.Generator;

/// <summary>Writes encoder, decoder, size, schema and equality of each type with [WireRecord].</summary>
[Generator(LanguageNames.CSharp)]
public sealed class WireGenerator : IIncrementalGenerator
{
    /// <summary>The step whose results are reused between edits; named for the test of that.</summary>
    public const string RecordsStep = "Records";

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var records = context.SyntaxProvider
            .ForAttributeWithMetadataName(
                "FlexFs.Wire.WireRecordAttribute",
                static (node, _) => node is TypeDeclarationSyntax,
                static (found, cancel) => RecordParser.Parse((INamedTypeSymbol)found.TargetSymbol, cancel))
            .WithTrackingName(RecordsStep);
        context.RegisterSourceOutput(records, static (output, record) =>
        {
            foreach (var report in record.Reports) output.ReportDiagnostic(report.ToDiagnostic());
            if (record.IsValid) output.AddSource(record.FileName, SourceText.From(RecordEmitter.Emit(record), Encoding.UTF8));
        });
    }
}
