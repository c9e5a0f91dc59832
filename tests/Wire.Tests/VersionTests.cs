namespace FlexFs.Wire.Tests;

public class VersionTests
{
    private static readonly AccountV3 Newest =
        new() { Id = 5, Owner = "root", Quota = 6, Used = 7, Tags = ["a"], Note = new LabelSample { Text = "n" } };

    [Fact]
    public void Old_bytes_are_read_by_the_new_record_with_defaults()
    {
        var bytes = WireCodec.ToBytes(new AccountV1 { Id = 5, Owner = "root" });
        var account = WireCodec.Read<AccountV3>(bytes);
        Assert.Equal(new AccountV3 { Id = 5, Owner = "root", Note = new LabelSample() }, account);
        Assert.False(account.Tags.IsDefault);
        Assert.NotNull(account.Note);
    }

    [Fact]
    public void Bytes_of_a_version_between_have_that_versions_fields()
    {
        byte[] bytes = [2, 5, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, (byte)'x', 9, 0, 0, 0];
        var account = WireCodec.Read<AccountV3>(bytes);
        Assert.Equal(new AccountV3 { Id = 5, Owner = "x", Quota = 9, Note = new LabelSample() }, account);
    }

    [Fact]
    public void New_bytes_are_refused_by_the_old_record_naming_both_versions()
    {
        Assert.False(WireCodec.TryRead<AccountV1>(WireCodec.ToBytes(Newest), out _, out var error));
        Assert.Equal(WireErrorKind.UnknownVersion, error.Kind);
        Assert.Contains("AccountV1 at byte 0 has version 3", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("reads versions 1 to 1", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("upgrade", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_older_than_the_oldest_are_refused_naming_both_versions()
    {
        Assert.False(WireCodec.TryRead<AccountV4>(WireCodec.ToBytes(Newest), out _, out var error));
        Assert.Equal(WireErrorKind.UnknownVersion, error.Kind);
        Assert.Contains("has version 3, this program reads versions 4 to 4", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Version_zero_is_refused()
    {
        Assert.False(WireCodec.TryRead<PointSample>(new byte[9], out _, out var error));
        Assert.Equal(WireErrorKind.UnknownVersion, error.Kind);
    }

    [Fact]
    public void A_nested_records_version_is_its_own()
    {
        var bytes = WireCodec.ToBytes(new VariableSample());
        var at = Array.LastIndexOf(bytes, (byte)1, bytes.Length - 1);
        bytes[at] = 77;
        Assert.False(WireCodec.TryRead<VariableSample>(bytes, out _, out var error));
        Assert.Equal((WireErrorKind.UnknownVersion, "LabelSample", at), (error.Kind, error.Record, error.Position));
    }

    [Fact]
    public void Shortest_encoding_is_that_of_the_oldest_version_read()
    {
        Assert.Equal(13, WireCodec.MinimumBytesOf<AccountV1>());
        Assert.Equal(13, WireCodec.MinimumBytesOf<AccountV3>());
        Assert.Equal(1 + 8 + 4 + 4 + 4, WireCodec.MinimumBytesOf<AccountV4>());
        Assert.Equal(3, WireCodec.VersionOf<AccountV3>());
    }
}
