using System.CommandLine;
using System.Text.RegularExpressions;
using FlexFs.Hosting.CommandLine;
using FlexFs.Hosting.Servers;
using FlexFs.Hosting.Systemd;

namespace FlexFs.Hosting.Tests.CommandLine;

public sealed class CommandLineAppTests
{
    private static CommandLineApp App(Action<ParseResult>? onStart = null)
    {
        Command start = new("start", "serve until a signal comes");
        new ServerFlags().AddTo(start);
        start.Options.Add(Flags.Switch("--pprof", "profiler").Internal());
        start.SetAction(parse => onStart?.Invoke(parse));
        return new CommandLineApp("some.flexfs", "an example")
            .Add(start)
            .Add(new Command("init", "set up") { SystemdCommands.Init("some", "an example") })
            .AddStandardCommands();
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(CommandLineApp app, params string[] arguments)
    {
        StringWriter output = new();
        StringWriter error = new();
        int code = await app.RunAsync(arguments, output, error);
        return (code, output.ToString(), error.ToString());
    }

    [Fact]
    public void Help_is_golden() => Golden.Check("CommandLine/some.flexfs.help", App().AllHelp());

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    public async Task Help_goes_to_stdout(string flag)
    {
        (int code, string output, string error) = await RunAsync(App(), "start", flag);
        Assert.Equal((0, ""), (code, error));
        Assert.Contains("Usage: some.flexfs start [flags]", output, StringComparison.Ordinal);
        Assert.DoesNotContain("pprof", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/h")]
    [InlineData("/?")]
    [InlineData("-?")]
    [InlineData("--version")]
    [InlineData("@response")]
    public async Task Spellings_of_other_systems_are_refused(string word)
    {
        (int code, _, string error) = await RunAsync(App(), word);
        Assert.Equal(ExitCode.Usage, code);
        Assert.StartsWith($"some.flexfs: unknown {(word[0] == '-' ? "flag" : "command")} {word}", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("some.flexfs: unknown command strat; did you mean start? (see some.flexfs --help)", "strat")]
    [InlineData("some.flexfs: unknown flag --nossl; did you mean --noSSL? (see some.flexfs start --help)", "start", "--nossl")]
    [InlineData("some.flexfs: a command is missing: one of start, init, version, license (see some.flexfs --help)")]
    [InlineData("some.flexfs: a command is missing: one of systemd (see some.flexfs init --help)", "init")]
    [InlineData("some.flexfs: --sslCert is empty (see some.flexfs start --help)", "start", "--sslCert", "")]
    [InlineData("some.flexfs: unknown argument x (see some.flexfs start --help)", "start", "x")]
    public async Task Usage_errors_are_one_line_and_2(string expected, params string[] arguments)
    {
        (int code, string output, string error) = await RunAsync(App(), arguments);
        Assert.Equal((ExitCode.Usage, "", expected + "\n"), (code, output, error));
    }

    [Theory]
    [InlineData("--bindAddr", "nowhere:80")]
    [InlineData("--bindAddr", "1.2.3.4:port")]
    [InlineData("--bindAddr")]
    [InlineData("--noSSL=perhaps")]
    public async Task Bad_values_are_one_line_and_2(params string[] arguments)
    {
        (int code, _, string error) = await RunAsync(App(), ["start", .. arguments]);
        Assert.Equal(ExitCode.Usage, code);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public async Task Hidden_flags_work() => Assert.Equal(0, (await RunAsync(App(), "start", "--pprof")).Code);

    [Fact]
    public async Task Failures_are_one_line_and_1()
    {
        Assert.Equal((ExitCode.Failure, "", "some.flexfs: no\n"), await RunAsync(App(_ => throw new CommandException("no")), "start"));
        Assert.Equal((ExitCode.Failure, "", "some.flexfs: disk\n"), await RunAsync(App(_ => throw new IOException("disk")), "start"));
    }

    [Fact]
    public async Task Bugs_are_70()
    {
        (int code, _, string error) = await RunAsync(App(_ => throw new InvalidOperationException("oops")), "start");
        Assert.Equal(ExitCode.Bug, code);
        Assert.Contains("this is a bug", error, StringComparison.Ordinal);
        Assert.Contains("oops", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Version_and_license_are_commands()
    {
        Assert.Matches(new Regex(@"^some\.flexfs \d+\.\d+\.\d+"), (await RunAsync(App(), "version")).Output);
        Assert.NotEmpty((await RunAsync(App(), "license")).Output);
    }

    [Fact]
    public void Flags_are_camelCase() =>
        Assert.All(App().AllSymbols().OfType<Option>(), option => Assert.Matches("^--[a-z][A-Za-z0-9]*$", option.Name));

    [Fact]
    public void Secret_is_asked_for_without_echo()
    {
        Queue<char> keys = new("abX\u007fc\n");
        StringWriter shown = new();
        TerminalPrompt prompt = new(true, () => new ConsoleKeyInfo(keys.Dequeue(), ConsoleKey.None, false, false, false), shown);
        Assert.Equal("abc", prompt.AskSecret("token", "--token"));
        Assert.Equal("token: \n", shown.ToString());
    }

    [Fact]
    public void Nobody_is_asked_without_a_terminal()
    {
        TerminalPrompt prompt = new(false, () => throw new InvalidOperationException(), TextWriter.Null);
        CommandException e = Assert.Throws<CommandException>(() => prompt.AskSecret("token", "--token"));
        Assert.Equal(ExitCode.Usage, e.ExitCode);
        Assert.StartsWith("--token is missing", e.Message, StringComparison.Ordinal);
    }
}
