using System.CommandLine;
using FlexFs.Apps.Mount;
using FlexFs.Hosting.CommandLine;
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

    [Theory]
    [InlineData("a command is missing: one of start, init, deinit, version, license (see mount.flexfs --help)")]
    [InlineData("unknown flag --readOnly (see mount.flexfs start --help)", "start", "v", "/m", "--readOnly")]
    [InlineData("unknown flag --xattr; did you mean --xAttr? (see mount.flexfs start --help)", "start", "v", "/m", "--xattr")]
    [InlineData("mount-point is empty (see mount.flexfs start --help)", "start", "v", "")]
    [InlineData("required argument missing for command: 'start' (see mount.flexfs start --help)", "start", "v")]
    [InlineData(
        "--attrValid '-1' is not valid: 0 to 86400 (see mount.flexfs start --help)",
        "start", "v", "/m", "--attrValid", "-1")]
    [InlineData(
        "--memCapacity '5X' is not valid: a size is bytes, or a number with K, M, G or T, or a percentage as 5% (see mount.flexfs start --help)",
        "start", "v", "/m", "--memCapacity", "5X")]
    public async Task A_wrong_command_line_is_one_line_and_2(string line, params string[] arguments)
    {
        Assert.Equal((ExitCode.Usage, $"mount.flexfs: {line}\n"), await RunAsync(arguments));
    }

    [Theory]
    [InlineData("start", "../../etc", "/m")]
    [InlineData("start", "a/b", "/m")]
    [InlineData("init", "creds", "..", "--adminAddr", "free:443", "--token", "t")]
    [InlineData("deinit", "creds", "/etc/passwd")]
    [InlineData("init", "fstab", ".hidden", "/m")]
    public async Task A_volume_is_named_by_its_name_or_id_and_never_by_a_path(params string[] arguments)
    {
        var (code, error) = await RunAsync(arguments);
        Assert.Equal(ExitCode.Usage, code);
        Assert.Contains("is no volume: a volume name has 1 to 63 letters", error, StringComparison.Ordinal);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private static async Task<(int Code, string Error)> RunAsync(params string[] arguments)
    {
        StringWriter output = new();
        StringWriter error = new();
        var code = await MountCommandLine.Create().RunAsync(arguments, output, error);
        Assert.Equal("", output.ToString());
        return (code, error.ToString());
    }
}
