using FlexFs.Admin.Database;
using FlexFs.Admin.Volumes;
using FlexFs.Hosting.CommandLine;
using FlexFs.Hosting.Net;
using FlexFs.Protocol.Settings;

namespace FlexFs.Admin.Tests;

public sealed class VolumeRequestTests
{
    private static readonly VolumeRequest Least = new() { Name = "v1", MetaAddr = new HostPort("meta", 443), Bucket = "/objects" };

    [Fact]
    public void Defaults_are_the_documented_ones()
    {
        VolumeOutcome made = Least.Create();
        VolumeSettings volume = made.Database.Volume;
        Assert.Equal((4 << 20, "lz4", 604_800L), (volume.BlockSize, volume.Compression, volume.Retention));
        Assert.Equal(("file", "/objects", $"flexfs/{volume.Id:D}"),
            (volume.BlockStore.Api, volume.BlockStore.Bucket, volume.BlockStore.Prefix));
        Assert.True(TokenHash.Matches(made.VolumeToken!, made.Database.VolumeTokens.Single().Hash));
        Assert.True(TokenHash.Matches(made.MetaToken!, made.Database.MetaTokenHash));
        Assert.NotEqual(made.VolumeToken, made.MetaToken);
    }

    [Fact]
    public void Given_tokens_are_taken()
    {
        string token = Guid.NewGuid().ToString("D").ToUpperInvariant();
        VolumeOutcome made = (Least with { VolumeToken = token, MetaToken = "new" }).Create();
        Assert.Equal(token.ToLowerInvariant(), made.VolumeToken);
    }

    public static TheoryData<string, VolumeRequest> Wrong => new()
    {
        { "--name", Least with { Name = "a/b" } },
        { "--metaAddr", Least with { MetaAddr = null } },
        { "--metaAddr", Least with { MetaAddr = new HostPort("m", 0) } },
        { "--bucket", Least with { Bucket = null } },
        { "--bucket", Least with { Bucket = "relative" } },
        { "--api", Least with { Api = "tape" } },
        { "--compression", Least with { Compression = "gzip" } },
        { "--prefix", Least with { Prefix = "a/../b" } },
        { "--prefix", Least with { Prefix = "/a" } },
        { "--volumeToken", Least with { VolumeToken = "letmein" } },
        { "--metaToken", Least with { MetaToken = "" } },
        { "--id", Least with { Id = Guid.Empty } },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Wrong_values_are_usage_errors_that_name_the_flag(string flag, VolumeRequest request)
    {
        CommandException e = Assert.Throws<CommandException>(request.Create);
        Assert.Equal(ExitCode.Usage, e.ExitCode);
        Assert.StartsWith(flag, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("letmein", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Change_keeps_what_was_not_said()
    {
        FreeDatabase before = Least.Create().Database;
        VolumeOutcome changed = new VolumeRequest { Name = "v1", Retention = 60 }.Change(before);
        Assert.Equal(before with { Volume = before.Volume with { Retention = 60 } }, changed.Database);
        Assert.Null(changed.VolumeToken);
        Assert.Null(changed.MetaToken);
    }

    [Fact]
    public void Change_of_a_token_ends_the_old_one()
    {
        VolumeOutcome made = Least.Create();
        VolumeOutcome changed = new VolumeRequest { Name = "v1", VolumeToken = "new" }.Change(made.Database);
        Assert.False(TokenHash.Matches(made.VolumeToken!, changed.Database.VolumeTokens.Single().Hash));
        Assert.True(TokenHash.Matches(changed.VolumeToken!, changed.Database.VolumeTokens.Single().Hash));
        Assert.Equal(made.Database.MetaTokenHash, changed.Database.MetaTokenHash);
    }

    public static TheoryData<VolumeRequest> FixedOnes => new()
    {
        new VolumeRequest { Name = "other" },
        new VolumeRequest { Name = "v1", BlockSize = 1 << 20 },
        new VolumeRequest { Name = "v1", Bucket = "/elsewhere" },
        new VolumeRequest { Name = "v1", Prefix = "elsewhere" },
        new VolumeRequest { Name = "v1", Id = Guid.NewGuid() },
    };

    [Theory]
    [MemberData(nameof(FixedOnes))]
    public void What_is_fixed_cannot_change(VolumeRequest request)
    {
        FreeDatabase before = Least.Create().Database;
        Assert.Equal(ExitCode.Failure, Assert.Throws<CommandException>(() => request.Change(before)).ExitCode);
        Assert.NotNull((Least with { BlockSize = 4 << 20, Id = before.Volume.Id }).Change(before));
    }

    [Theory]
    [InlineData("256KiB", 1 << 18)]
    [InlineData("4mib", 4 << 20)]
    [InlineData("8M", 8 << 20)]
    [InlineData("4Mi", 4 << 20)]
    [InlineData("1048576", 1 << 20)]
    [InlineData("128KiB", 0)]
    [InlineData("16MiB", 0)]
    [InlineData("3MiB", 0)]
    [InlineData("", 0)]
    [InlineData("MiB", 0)]
    [InlineData("-4MiB", 0)]
    [InlineData("4GiB", 0)]
    [InlineData("99999999999999999999", 0)]
    public void Block_sizes(string text, int bytes) =>
        Assert.Equal((bytes != 0, bytes), (BlockSize.TryParse(text, out int parsed), parsed));

    [Theory]
    [InlineData("7d", 604_800)]
    [InlineData("36h", 129_600)]
    [InlineData("2w", 1_209_600)]
    [InlineData("90", 90)]
    [InlineData("0", 0)]
    [InlineData("-1", -1)]
    public void Retentions(string text, long seconds)
    {
        Assert.True(Retention.TryParse(text, out long parsed));
        Assert.Equal(seconds, parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("d")]
    [InlineData("-2")]
    [InlineData("1y")]
    [InlineData("99999999999w")]
    [InlineData("9223372036854775807d")]
    public void Retentions_that_are_none(string text) => Assert.False(Retention.TryParse(text, out _));
}
