using System.Collections.Immutable;
using FlexFs.Wire.Generator;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace FlexFs.Wire.Tests;

public class GeneratorTests
{
    private static readonly CSharpParseOptions ParseOptions = new(LanguageVersion.Latest);

    private static readonly ImmutableArray<MetadataReference> References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(':')
            .Where(path => !Path.GetFileName(path).StartsWith("FlexFs.Wire.Tests", StringComparison.Ordinal))
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    [Theory]
    [InlineData("FLEXWIRE001", "[Field(1)] public int A { get; init; } [Field(1)] public int B { get; init; }")]
    [InlineData("FLEXWIRE002", "[Field(0)] public int A { get; init; }")]
    [InlineData("FLEXWIRE002", "[Field(-1)] public int A { get; init; }")]
    [InlineData("FLEXWIRE003", "[Field(1)] public string A { get; init; }")]
    [InlineData("FLEXWIRE003", "[Field(1)] public ReadOnlyMemory<byte> A { get; init; }")]
    [InlineData("FLEXWIRE003", "[Field(1)] public ReadOnlyMemory<byte>? A { get; init; }")]
    [InlineData("FLEXWIRE003", "[Field(1)] public ImmutableArray<int> A { get; init; }")]
    [InlineData("FLEXWIRE003", "[Field(1, Max = 2)] public ImmutableArray<string> A { get; init; }")]
    [InlineData("FLEXWIRE004", "[Field(1)] public double A { get; init; }")]
    [InlineData("FLEXWIRE004", "[Field(1)] public object A { get; init; }")]
    [InlineData("FLEXWIRE004", "[Field(1, Max = 1)] public int[] A { get; init; }")]
    [InlineData("FLEXWIRE004", "[Field(1, Max = 1)] public ReadOnlyMemory<int> A { get; init; }")]
    [InlineData("FLEXWIRE004", "[Field(1, Max = 1)] public ImmutableArray<ImmutableArray<int>> A { get; init; }")]
    [InlineData("FLEXWIRE004", "[Field(1)] public DateTime A { get; init; }")]
    [InlineData("FLEXWIRE004", "[Field(1)] public (int, int) A { get; init; }")]
    [InlineData("FLEXWIRE005", "[Field(1, Since = 3)] public int A { get; init; }")]
    [InlineData("FLEXWIRE005", "[Field(1, Since = 0)] public int A { get; init; }")]
    [InlineData("FLEXWIRE006", "[Field(9)] public int A { get; init; }")]
    [InlineData("FLEXWIRE009", "[Field(1)] public int A => 1;")]
    [InlineData("FLEXWIRE011", "[Field(1, Max = 4)] public int A { get; init; }")]
    [InlineData("FLEXWIRE011", "[Field(1, Max = 4, ElementMax = 4)] public string A { get; init; }")]
    [InlineData("FLEXWIRE011", "[Field(1, Defined = true)] public int A { get; init; }")]
    public void Field_is_refused(string id, string field) => Assert.Equal(
        id, Assert.Single(Diagnose($"[WireRecord(Version = 2), Reserved(9, \"was\")] public partial record struct R {{ {field} }}")));

    [Theory]
    [InlineData("FLEXWIRE007", "[WireRecord] public record struct R { }")]
    [InlineData("FLEXWIRE007", "[WireRecord] public partial struct R { }")]
    [InlineData("FLEXWIRE007", "[WireRecord] public partial record class R { }")]
    [InlineData("FLEXWIRE007", "[WireRecord] public partial record struct R<T> { }")]
    [InlineData("FLEXWIRE007", "[WireRecord] public sealed partial record class R(int A);")]
    [InlineData("FLEXWIRE007", "class Outer { [WireRecord] public partial record struct R { } }")]
    [InlineData("FLEXWIRE008", "[WireRecord] public sealed partial record class R { [Field(1)] public R? A { get; init; } }")]
    [InlineData("FLEXWIRE010", "[WireRecord(Version = 0)] public partial record struct R { }")]
    [InlineData("FLEXWIRE010", "[WireRecord(Version = 2, Oldest = 3)] public partial record struct R { }")]
    public void Declaration_is_refused(string id, string source) => Assert.Equal(id, Assert.Single(Diagnose(source)));

    [Fact]
    public void Records_that_contain_each_other_are_refused() => Assert.Equal(
        ["FLEXWIRE008", "FLEXWIRE008"],
        Diagnose("""
            [WireRecord] public sealed partial record class A { [Field(1)] public B? Next { get; init; } }
            [WireRecord] public sealed partial record class B { [Field(1, Max = 9)] public ImmutableArray<A> Next { get; init; } }
            """));

    [Fact]
    public void A_diagnostic_points_at_the_property_and_says_what_to_do()
    {
        var diagnostic = Assert.Single(Run(Compile("""
            [WireRecord] public partial record struct R
            {
                [Field(1)] public string Name { get; init; }
            }
            """)).Diagnostics);
        Assert.Equal("'R.Name' needs a positive Max: every length has a limit", diagnostic.GetMessage(null));
        Assert.Equal(3, diagnostic.Location.GetLineSpan().StartLinePosition.Line);
    }

    [Fact]
    public void Records_in_partial_types_and_without_fields_compile() => Assert.Empty(Diagnose("""
        public static partial class Outer
        {
            public partial record struct Middle { [WireRecord] public partial record struct Empty { } }
            [WireRecord] public sealed partial record class Full { [Field(1)] public Middle.Empty One { get; init; } }
        }
        """));

    [Fact]
    public void Equality_that_the_author_wrote_stays() => Assert.Empty(Diagnose("""
        [WireRecord] public sealed partial record class R
        {
            [Field(1, Max = 9)] public string Name { get; init; } = "";
            public bool Equals(R? other) => ReferenceEquals(this, other);
            public override int GetHashCode() => 0;
        }
        """));

    [Fact]
    public void An_edit_elsewhere_keeps_the_generated_code()
    {
        var compilation = Compile("[WireRecord] public partial record struct R { [Field(1, Max = 9)] public string A { get; init; } }");
        GeneratorDriver driver = CSharpGeneratorDriver.Create(
            [new WireGenerator().AsSourceGenerator()],
            parseOptions: ParseOptions,
            driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));
        driver = driver.RunGenerators(compilation, TestContext.Current.CancellationToken);
        var edited = compilation.AddSyntaxTrees(Parse("class Elsewhere;"));
        driver = driver.RunGenerators(edited, TestContext.Current.CancellationToken);
        var step = Assert.Single(driver.GetRunResult().Results[0].TrackedSteps[WireGenerator.RecordsStep]);
        var reason = Assert.Single(step.Outputs).Reason;
        Assert.True(reason is IncrementalStepRunReason.Unchanged or IncrementalStepRunReason.Cached, reason.ToString());
    }

    [Fact]
    public void The_schema_says_what_was_declared()
    {
        var schema = VariableSample.Schema;
        Assert.Equal(("VariableSample", "Everything whose length varies.", 1), (schema.Name, schema.Summary, schema.Version));
        Assert.Equal(Enumerable.Range(1, 25), schema.Fields.Select(f => f.Number));
        Assert.Equal(new WireField(9, "Names", "array of bytes", 1, 8, 16, ""), schema.Fields[8]);
        Assert.Equal("array of u8 (FileType)", schema.Fields[5].Type);
        Assert.Equal("optional LabelSample", schema.Fields[17].Type);
        Assert.Equal([new WireReserved(2, "was: Owner")], AccountV4.Schema.Reserved);
        Assert.Equal(4, AccountV4.Schema.Oldest);
        Assert.Equal(3, AccountV3.Schema.Fields[5].Since);
        Assert.Equal("Said of PointSample, WireCodec.TextBytes and \"words\".", LabelSample.Schema.Fields[0].Summary);
    }

    private static string[] Diagnose(string source)
    {
        var result = Run(Compile(source));
        if (result.Diagnostics.IsEmpty)
        {
            // What was generated compiles.
            Assert.Empty(Compile(source).AddSyntaxTrees(result.GeneratedTrees)
                .GetDiagnostics(TestContext.Current.CancellationToken)
                .Where(d => d.Severity == DiagnosticSeverity.Error));
        }

        return [.. result.Diagnostics.Select(d => d.Id)];
    }

    private static GeneratorDriverRunResult Run(Compilation compilation) =>
        CSharpGeneratorDriver.Create([new WireGenerator().AsSourceGenerator()], parseOptions: ParseOptions)
            .RunGenerators(compilation, TestContext.Current.CancellationToken)
            .GetRunResult();

    private static CSharpCompilation Compile(string source) => CSharpCompilation.Create(
        "Declared",
        [Parse("using System; using System.Collections.Immutable; using FlexFs.Wire;\n" + source)],
        References,
        new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));

    private static SyntaxTree Parse(string source) =>
        CSharpSyntaxTree.ParseText(source, ParseOptions, cancellationToken: TestContext.Current.CancellationToken);
}
