using System.CommandLine;
using FlexFs.Apps.Meta;
using FlexFs.Hosting.CommandLine;
using FlexFs.Hosting.Tests;

namespace FlexFs.MetadataService.Tests;

public sealed class MetaCommandLineTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Help_is_golden() => Golden.Check("meta.flexfs.help", MetaCommandLine.Create().AllHelp());

    [Fact]
    public void Flags_are_camelCase() => Assert.All(
        MetaCommandLine.Create().AllSymbols().OfType<Option>(), option => Assert.Matches("^--[a-z][A-Za-z0-9]*$", option.Name));

    [Theory]
    [InlineData("a command is missing: one of start, init, deinit, sessions, leases, locks, evict, verify, version, license (see meta.flexfs --help)")]
    [InlineData("unknown flag --dbfolder; did you mean --dbFolder? (see meta.flexfs start --help)", "start", "--dbfolder", "/x")]
    [InlineData("--dbFolder is empty (see meta.flexfs start --help)", "start", "--dbFolder", "")]
    [InlineData("option '--adminAddr' is required (see meta.flexfs init creds --help)", "init", "creds")]
    [InlineData("--limit '0' is not valid: a number from 1 to 100000 (see meta.flexfs leases --help)", "leases", "--limit", "0")]
    [InlineData("--slowLog '-1' is not valid: 0 to 86400 (see meta.flexfs start --help)", "start", "--slowLog", "-1")]
    [InlineData("unknown command veryfy; did you mean verify? (see meta.flexfs --help)", "veryfy")]
    public async Task A_wrong_command_line_is_one_line_and_2(string line, params string[] arguments) =>
        Assert.Equal((ExitCode.Usage, "", $"meta.flexfs: {line}\n"), await RunAsync(arguments));

    [Theory]
    [InlineData("sessions")]
    [InlineData("leases", "--waiting", "--limit", "5")]
    [InlineData("locks")]
    [InlineData("evict", "shared", "1")]
    public async Task Who_asks_a_server_that_does_not_run_is_told_so(params string[] command)
    {
        var creds = _folder.File("creds");
        await File.WriteAllTextAsync(creds, $"adminAddr = \"127.0.0.1:1\"\ntoken = \"{Guid.NewGuid()}\"\n");
        File.SetUnixFileMode(creds, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.Equal(
            (ExitCode.Failure, "", "meta.flexfs: no server runs with this database folder: "
                + $"{_folder.File("server.json")} does not exist; give its --dbFolder\n"),
            await RunAsync([.. command, "--dbFolder", _folder.Path, "--credsFile", creds]));
    }

    [Fact]
    public async Task Verify_of_a_folder_without_databases_fails() => Assert.Equal(
        (ExitCode.Failure, "", $"meta.flexfs: {_folder.Path} has no database of a volume: nothing was checked\n"),
        await RunAsync("verify", "--dbFolder", _folder.Path));

    [Fact]
    public async Task A_database_folder_that_is_a_file_is_refused()
    {
        var file = _folder.File("file");
        await File.WriteAllTextAsync(file, "");
        Assert.Equal(
            (ExitCode.Failure, "", $"meta.flexfs: the folder {file} cannot be made: {file} is a file\n"),
            await RunAsync(
                "start", "--dbFolder", file, "--credsFile", _folder.File("none"), "--adminAddr", "127.0.0.1:1", "--token",
                Guid.NewGuid().ToString()));
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments)
    {
        StringWriter output = new();
        StringWriter error = new();
        var code = await MetaCommandLine.Create().RunAsync(arguments, output, error);
        return (code, output.ToString(), error.ToString());
    }
}
