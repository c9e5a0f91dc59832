using FlexFs.Fuzz;

namespace FlexFs.Formats.Tests;

/// <summary>Every record that has a page withstands damaged input.</summary>
public class RecordFuzzTests
{
    private static readonly FuzzTargets Targets =
        FormatPage.Assemblies.Aggregate(new FuzzTargets(), (targets, assembly) => targets.AddAllOf(assembly));

    public static TheoryData<string> Names => [.. Targets.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Decoder_withstands_damaged_input(string name)
    {
        var result = Targets.Run(name, seed: 3, DecoderFuzzer.Iterations);
        Assert.True(result is { Accepted: > 0, Refused: > 0 }, result.ToString());
    }
}
