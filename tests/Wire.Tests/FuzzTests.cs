using FlexFs.Fuzz;

namespace FlexFs.Wire.Tests;

public class FuzzTests
{
    private static readonly FuzzTargets Targets = new FuzzTargets()
        .Add(SampleValues.Fixed, default)
        .Add(SampleValues.Variable, new VariableSample())
        .Add(new NumbersSample { Numbers = [1, 2] })
        .Add(new PointSample { X = 1, Y = -1 })
        .Add(new LabelSample { Text = "é", Raw = new byte[] { 1, 2 } })
        .Add(new AccountV1 { Id = 1, Owner = "a" })
        .Add(new AccountV3 { Id = 1, Owner = "a", Tags = ["b"], Note = new LabelSample { Text = "c" } })
        .Add(new AccountV4 { Id = 1, Tags = ["b"] });

    public static TheoryData<string> Names => [.. Targets.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Decoder_withstands_damaged_input(string name)
    {
        var result = Targets.Run(name, seed: 20_261_123, DecoderFuzzer.Iterations);
        Assert.True(result is { Accepted: > 0, Refused: > 0 }, result.ToString());
    }

    [Fact]
    public void Every_sample_is_fuzzed() => Assert.Empty(Targets.MissingFrom(typeof(FuzzTests).Assembly));
}
