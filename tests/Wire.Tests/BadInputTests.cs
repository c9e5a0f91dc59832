using FlexFs.Core;

namespace FlexFs.Wire.Tests;

public class BadInputTests
{
    [Fact]
    public void Input_cut_at_any_byte_is_refused_as_truncated()
    {
        Cut(SampleValues.Fixed);
        Cut(SampleValues.Variable);

        static void Cut<T>(T value)
            where T : IWireRecord<T>
        {
            var bytes = WireCodec.ToBytes(value);
            for (var length = 0; length < bytes.Length; length++)
            {
                Assert.False(WireCodec.TryRead<T>(bytes.AsMemory(0, length), out _, out var error), $"{length} bytes");
                Assert.Equal(WireErrorKind.Truncated, error.Kind);
                Assert.NotNull(error.Record);
                Assert.True(error.Found < error.Allowed, error.ToString());
            }
        }
    }

    [Fact]
    public void Bytes_behind_the_record_are_refused()
    {
        byte[] bytes = [.. WireCodec.ToBytes(new PointSample()), 0];
        Refused<PointSample>(bytes, WireErrorKind.TrailingBytes, "PointSample ends at byte 9, but 1 more bytes follow");
    }

    [Fact]
    public void A_length_above_the_limit_is_refused_before_it_is_used()
    {
        Refused<LabelSample>(
            [1, 33, 0, 0, 0], WireErrorKind.TooLong, "LabelSample.Text at byte 1 has length 33, the limit is 32");
        Refused<LabelSample>(
            [1, 0, 0, 0, 0, 255, 255, 255, 255],
            WireErrorKind.TooLong,
            "LabelSample.Raw at byte 5 has length 4294967295, the limit is 16");
    }

    [Fact]
    public void A_length_beyond_the_input_is_refused_before_it_is_used() => Refused<LabelSample>(
        [1, 32, 0, 0, 0, 65], WireErrorKind.Truncated, "LabelSample.Text at byte 5 needs 32 bytes, the input has 1 left");

    [Fact]
    public void A_boolean_is_zero_or_one()
    {
        var bytes = WireCodec.ToBytes(SampleValues.Fixed);
        bytes[1] = 2;
        Refused<FixedSample>(
            bytes, WireErrorKind.InvalidBoolean, "FixedSample.Flag at byte 1 is 2 where only 0 and 1 have a meaning");
    }

    [Fact]
    public void A_presence_byte_is_zero_or_one()
    {
        var bytes = WireCodec.ToBytes(SampleValues.Variable);
        bytes[^2] = 3;
        Refused<VariableSample>(
            bytes,
            WireErrorKind.InvalidBoolean,
            $"VariableSample.MaybeFlag at byte {bytes.Length - 2} is 3 where only 0 and 1 have a meaning");
    }

    [Fact]
    public void Text_must_be_utf8() => Refused<LabelSample>(
        [1, 2, 0, 0, 0, 0xC3, 0x28, 0, 0, 0, 0], WireErrorKind.InvalidText, "LabelSample.Text at byte 5 is not UTF-8");

    [Fact]
    public void A_defined_enum_refuses_what_it_does_not_declare()
    {
        var bytes = WireCodec.ToBytes(SampleValues.Fixed with { DefinedType = (FileType)3 });
        Refused<FixedSample>(
            bytes, WireErrorKind.UndefinedValue, "FixedSample.DefinedType at byte 65 has the undefined value 3");
        bytes = WireCodec.ToBytes(SampleValues.Fixed with { Modes = (SampleModes)5 });
        Refused<FixedSample>(bytes, WireErrorKind.UndefinedValue, "FixedSample.Modes at byte 66 has the undefined value 5");
        bytes = WireCodec.ToBytes(new VariableSample { Types = [FileType.Fifo, (FileType)7] });
        Assert.False(WireCodec.TryRead<VariableSample>(bytes, out _, out var error));
        Assert.Equal((WireErrorKind.UndefinedValue, "Types", (byte)7), (error.Kind, error.Field, bytes[error.Position]));
    }

    [Fact]
    public void Values_above_their_limit_are_not_encoded()
    {
        var tooLong = Assert.Throws<WireException>(() => WireCodec.ToBytes(new LabelSample { Text = new string('a', 33) }));
        Assert.Contains("LabelSample.Text has length 33, the limit is 32", tooLong.Message, StringComparison.Ordinal);
        Assert.Throws<WireException>(() => WireCodec.ToBytes(new LabelSample { Raw = new byte[17] }));
        Assert.Throws<WireException>(() => WireCodec.ToBytes(new VariableSample { Numbers = [1, 2, 3, 4, 5, 6, 7, 8, 9] }));
        Assert.Throws<WireException>(() => WireCodec.ToBytes(new VariableSample { Names = [new byte[17]] }));
    }

    [Fact]
    public void A_buffer_that_is_too_sizeis_not_overrun()
    {
        var length = WireCodec.ToBytes(SampleValues.Variable).Length;
        for (var size = 0; size < length; size++)
        {
            var buffer = new byte[size];
            Assert.Throws<WireException>(() => WireCodec.Write(SampleValues.Variable, buffer));
        }
    }

    [Fact]
    public void Stored_data_that_does_not_decode_throws_with_the_reason()
    {
        var thrown = Assert.Throws<WireException>(() => WireCodec.Read<PointSample>(new byte[] { 1, 2 }));
        Assert.Equal(WireErrorKind.Truncated, thrown.Error.Kind);
        Assert.Contains("PointSample.X..Y at byte 1 needs 8 bytes, the input has 1 left", thrown.Message, StringComparison.Ordinal);
    }

    private static void Refused<T>(byte[] bytes, WireErrorKind kind, string message)
        where T : IWireRecord<T>
    {
        Assert.False(WireCodec.TryRead<T>(bytes, out var value, out var error));
        Assert.Equal(default, value);
        Assert.Equal((kind, message), (error.Kind, error.ToString()));
    }
}
