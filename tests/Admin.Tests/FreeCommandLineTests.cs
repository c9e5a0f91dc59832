using System.CommandLine;
using FlexFs.Apps.Free;
using FlexFs.Hosting.CommandLine;

namespace FlexFs.Admin.Tests;

public sealed class FreeCommandLineTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        StringWriter output = new();
        StringWriter error = new();
        int code = await FreeCommandLine.Create().RunAsync(arguments, output, error);
        return (code, output.ToString(), error.ToString());
    }

    [Fact]
    public void Help_is_golden() => Golden.Check("free.flexfs.help", FreeCommandLine.Create().AllHelp());

    [Fact]
    public void Flags_are_camelCase() => Assert.All(
        FreeCommandLine.Create().AllSymbols().OfType<Option>(), option => Assert.Matches("^--[a-z][A-Za-z0-9]*$", option.Name));

    [Theory]
    [InlineData("a command is missing: one of start, init, deinit, version, license (see free.flexfs --help)")]
    [InlineData("unknown flag --sslcert; did you mean --sslCert? (see free.flexfs start --help)", "start", "--sslcert", "/x")]
    [InlineData("option '--name' is required (see free.flexfs init volume --help)", "init", "volume")]
    [InlineData("unknown argument extra (see free.flexfs start --help)", "start", "extra")]
    public async Task A_wrong_command_line_is_one_line_and_2(string line, params string[] arguments) =>
        Assert.Equal((ExitCode.Usage, "", $"free.flexfs: {line}\n"), await RunAsync(arguments));

    [Fact]
    public async Task Volume_is_described_once_and_its_tokens_shown_once()
    {
        string[] init = ["init", "volume", "--dbFolder", _folder.Path, "--name", "v1"];
        (int code, string output, string error) = await RunAsync([.. init, "--metaAddr", "meta:7443", "--bucket", "/b", "--retention", "-1"]);
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("volume token: ", output, StringComparison.Ordinal);
        Assert.Contains("metadata-store token: ", output, StringComparison.Ordinal);

        (code, _, error) = await RunAsync([.. init, "--metaAddr", "meta:7443", "--bucket", "/b"]);
        Assert.Equal(ExitCode.Failure, code);
        Assert.Contains("--force", error, StringComparison.Ordinal);

        (code, output, _) = await RunAsync([.. init, "--force", "--metaAddr", "meta:7444"]);
        Assert.Equal(0, code);
        Assert.DoesNotContain("token", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_needs_credentials_then_a_volume()
    {
        string creds = _folder.File("creds");
        string[] start = ["start", "--bindAddr", "127.0.0.1:0", "--dbFolder", _folder.File("db"), "--credsFile", creds];
        Assert.Equal((1, "", $"free.flexfs: there are no credentials at {creds}: run free.flexfs init creds\n"), await RunAsync(start));
        Assert.Equal(0, (await RunAsync("init", "creds", "--credsFile", creds, "--token", "new")).Code);
        Assert.Equal(
            (1, "", $"free.flexfs: no volume is described in {_folder.File("db/volume.json")}: run free.flexfs init volume\n"),
            await RunAsync(start));
    }

    [Fact]
    public async Task Credentials_are_made_and_unmade()
    {
        string creds = _folder.File("free/creds");
        (int code, _, string error) = await RunAsync("init", "creds", "--credsFile", creds, "--token", "secret-and-bad");
        Assert.Equal(ExitCode.Usage, code);
        Assert.DoesNotContain("secret-and-bad", error, StringComparison.Ordinal);
        Assert.False(File.Exists(creds));
        Assert.Equal(0, (await RunAsync("init", "creds", "--credsFile", creds, "--token", Guid.NewGuid().ToString())).Code);
        Assert.Equal(ExitCode.Failure, (await RunAsync("init", "creds", "--credsFile", creds, "--token", "new")).Code);
        Assert.Equal(0, (await RunAsync("deinit", "creds", "--credsFile", creds)).Code);
        Assert.False(File.Exists(creds));
    }
}
