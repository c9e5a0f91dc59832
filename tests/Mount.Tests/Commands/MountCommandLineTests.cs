using System.CommandLine;
using FlexFs.Apps.Mount;
using FlexFs.Hosting.Tests;

namespace FlexFs.Mount.Tests.Commands;

public sealed class MountCommandLineTests
{
    [Fact]
    public void Help_is_golden() => Golden.Check("mount.flexfs.help", MountCommandLine.Create().AllHelp());

    [Fact]
    public void Flags_are_camelCase() => Assert.All(
        MountCommandLine.Create().AllSymbols().OfType<Option>(), option => Assert.Matches("^--[a-z][A-Za-z0-9]*$", option.Name));

    [Theory]
    [InlineData("0022", 0x12u)]
    [InlineData("77", 0x3Fu)]
    [InlineData("0", 0u)]
    [InlineData("0777", 0x1FFu)]
    public void A_umask_is_octal(string text, uint expected)
    {
        Assert.True(OctalMask.TryParse(text, out var mask));
        Assert.Equal(expected, mask);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1000")]
    [InlineData("8")]
    [InlineData("-1")]
    [InlineData("00022")]
    public void What_is_no_umask_is_refused(string text) => Assert.False(OctalMask.TryParse(text, out _));

    [Fact]
    public void Flags_turn_on_what_they_need()
    {
        MountSettings settings = new() { Volume = "v", MountPoint = "/m", CredentialsPath = "c", StateFolder = "s" };
        var squashed = (settings with { SquashesRoot = true }).Completed();
        Assert.True(squashed is { WithAcls: true, WithXattrs: true } && squashed.EntriesValid == TimeSpan.Zero);
        Assert.True((settings with { WithAcls = true }).Completed().WithXattrs);
        Assert.True((settings with { IsReadOnly = true }).Completed().NoAccessTimes);
        Assert.True(settings.Completed() is { WithAcls: false, WithXattrs: false, NoAccessTimes: false });
    }
}
