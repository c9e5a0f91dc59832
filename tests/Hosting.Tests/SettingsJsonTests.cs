using System.Text.Json;
using FlexFs.Protocol.Settings;

namespace FlexFs.Hosting.Tests;

public sealed class SettingsJsonTests
{
    private const string Least =
        """
        {"id":"974cc30e-e9df-42bb-890b-0d26bf06701e","name":"v","blockSize":4194304,"compression":"lz4","retention":0,
         "metaAddr":"m:443","blockStore":{"api":"file","bucket":"/b"},"fieldOfALaterVersion":{"x":[1]}}
        """;

    [Fact]
    public void Absent_fields_have_their_defaults()
    {
        VolumeSettings settings = JsonSerializer.Deserialize(Least, SettingsJson.Default.VolumeSettings)!;
        Assert.True(settings.MetaSsl);
        Assert.Equal("", settings.MetaFingerprint);
        Assert.Empty(settings.Flags);
        Assert.Equal("", settings.BlockStore.Prefix);
        Assert.Equal("", settings.BlockStore.Password);
        Assert.True(JsonSerializer.Deserialize("{\"fingerprint\":\"\"}", SettingsJson.Default.MetaIdentity)!.Ssl);
        VolumeTokenGrant grant = JsonSerializer.Deserialize(
            $"{{\"volumes\":[{{\"settings\":{Least},\"tokens\":[{{\"hash\":\"h\"}}]}}]}}", SettingsJson.Default.MetaVolumes)!.Volumes[0].Tokens[0];
        Assert.Equal("", grant.MountPath);
        Assert.Empty(grant.Flags);
        Assert.Equal("about:blank", JsonSerializer.Deserialize("{\"title\":\"t\",\"status\":1}", SettingsJson.Default.Problem)!.Type);
    }

    [Theory]
    [InlineData("\"name\":\"v\",", "")]
    [InlineData("\"name\":\"v\"", "\"name\":null")]
    [InlineData("\"blockSize\":4194304", "\"blockSize\":99999999999")]
    [InlineData("\"bucket\":\"/b\"", "\"bucket\":{}")]
    [InlineData("\"api\"", "\"password\":null,\"api\"")]
    public void What_is_needed_is_there_or_it_is_refused(string part, string instead) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(
            Least.Replace(part, instead, StringComparison.Ordinal), SettingsJson.Default.VolumeSettings));

    [Fact]
    public void Secret_of_the_store_is_in_no_text()
    {
        VolumeSettings settings = JsonSerializer.Deserialize(Least, SettingsJson.Default.VolumeSettings)!;
        settings = settings with { BlockStore = settings.BlockStore with { Password = "hunter2" } };
        Assert.DoesNotContain("hunter2", settings.ToString(), StringComparison.Ordinal);
        Assert.Contains("hunter2", JsonSerializer.Serialize(settings, SettingsJson.Default.VolumeSettings), StringComparison.Ordinal);
    }

    [Fact]
    public void Token_is_known_by_its_hash_whatever_its_case()
    {
        string token = TokenHash.NewToken();
        Assert.True(TokenHash.Matches(token, TokenHash.Of(token)));
        Assert.True(TokenHash.Matches(token.ToUpperInvariant(), TokenHash.Of(token)));
        Assert.False(TokenHash.Matches(TokenHash.NewToken(), TokenHash.Of(token)));
        Assert.False(TokenHash.Matches(token, ""));
        Assert.False(TokenHash.Matches("", TokenHash.Of(token)));
        Assert.False(TokenHash.TryParseToken(Guid.Empty.ToString(), out _));
        Assert.False(TokenHash.TryParseToken("{" + token + "}", out _));
    }

    [Theory]
    [InlineData("v1", true)]
    [InlineData("My.Volume_2-x", true)]
    [InlineData("", false)]
    [InlineData(null, false)]
    [InlineData(".hidden", false)]
    [InlineData("a/b", false)]
    [InlineData("a b", false)]
    [InlineData("ü", false)]
    public void Volume_names(string? name, bool valid) => Assert.Equal(valid, VolumeName.IsValid(name));
}
