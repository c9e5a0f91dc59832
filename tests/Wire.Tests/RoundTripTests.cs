using FlexFs.Core;

namespace FlexFs.Wire.Tests;

public class RoundTripTests
{
    [Fact]
    public void Every_fixed_width_type_returns_as_it_was() => Returns(SampleValues.Fixed);

    [Fact]
    public void Every_type_of_varying_length_returns_as_it_was() => Returns(SampleValues.Variable);

    [Fact]
    public void Default_values_return_as_empty_ones()
    {
        Returns(default(FixedSample));
        Returns(default(PointSample));
        Returns(new VariableSample());
        Returns(new LabelSample());
    }

    [Fact]
    public void Integers_are_little_endian_behind_the_version() =>
        Assert.Equal("0104030201FFFFFFFF", Convert.ToHexString(WireCodec.ToBytes(new PointSample { X = 0x01020304, Y = -1 })));

    [Fact]
    public void Bytes_are_slices_of_the_input()
    {
        var bytes = WireCodec.ToBytes(new LabelSample { Raw = new byte[] { 1, 2, 3 } });
        var label = WireCodec.Read<LabelSample>(bytes);
        bytes[^1] = 9;
        Assert.Equal(9, label.Raw.Span[2]);
    }

    [Fact]
    public void Records_are_equal_by_content_and_hash_alike()
    {
        var twin = WireCodec.Read<VariableSample>(WireCodec.ToBytes(SampleValues.Variable));
        Assert.Equal(SampleValues.Variable, twin);
        Assert.Equal(SampleValues.Variable.GetHashCode(), twin.GetHashCode());
        Assert.NotEqual(SampleValues.Variable, twin with { Names = [new byte[] { 1 }] });
        Assert.NotEqual(SampleValues.Variable, twin with { MaybeNumbers = null });
        Assert.NotEqual(SampleValues.Variable, twin with { Numbers = [1, 2, 4] });
    }

    private static void Returns<T>(T value)
        where T : IWireRecord<T>
    {
        var bytes = WireCodec.ToBytes(value);
        Assert.Equal(bytes.Length, value.EncodedBytes);
        Assert.True(bytes.Length >= WireCodec.MinimumBytesOf<T>());
        Assert.True(WireCodec.TryRead<T>(bytes, out var twin, out var error), error.ToString());
        Assert.Equal(value, twin);
        Assert.Equal(bytes, WireCodec.ToBytes(twin));
    }
}
