using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using FlexFs.Hosting.Http;

namespace FlexFs.Hosting.CommandLine;

/// <summary>The command line of an executable, set up the same way for all.</summary>
/// <remarks>
/// Flags are camelCase with two dashes. A wrong command line is one line on stderr and exit code 2, a failure one line
/// and 1, a bug a trace and 70; results go to stdout. Every executable has <c>version</c> and <c>license</c>. Hidden
/// options are parsed and left out of the help. Signals keep their usual effect unless a command takes
/// <see cref="TerminationSignals"/>.
/// </remarks>
public sealed class CommandLineApp
{
    private readonly RootCommand _root;

    /// <summary>An executable without commands of its own yet.</summary>
    /// <param name="name">Its file name: <c>free.flexfs</c>.</param>
    /// <param name="description">What it is, in one line.</param>
    public CommandLineApp(string name, string description)
    {
        Name = name;
        _root = new RootCommand(description);
        // The library's --version becomes our `version`, and its /h, /? and -? go.
        _root.Options.Clear();
        _root.Options.Add(new HelpOption("--help", "-h")
        {
            Description = "show this help",
            Action = new ShowHelp(this),
        });
    }

    /// <summary>The executable's file name.</summary>
    public string Name { get; }

    /// <summary>Adds a command.</summary>
    public CommandLineApp Add(Command command)
    {
        _root.Subcommands.Add(command);
        return this;
    }

    /// <summary>Makes the executable itself a command: arguments, flags and what to do without a command.</summary>
    public CommandLineApp Configure(Action<Command> configure)
    {
        configure(_root);
        return this;
    }

    /// <summary>Adds <c>version</c> and <c>license</c>, which come last.</summary>
    public CommandLineApp AddStandardCommands()
    {
        Command version = new("version", "print the version of this build");
        version.SetAction(parse => parse.InvocationConfiguration.Output.WriteLine($"{Name} {ProductVersion.Text}"));
        Command license = new("license", "print the licence");
        license.SetAction(parse => parse.InvocationConfiguration.Output.WriteLine(LicenseText.Text));
        return Add(version).Add(license);
    }

    /// <summary>Parses, runs, and turns every outcome into an exit code.</summary>
    /// <param name="arguments">Without the executable's name.</param>
    /// <param name="output">Where results go; the process's stdout when left out.</param>
    /// <param name="error">Where errors go; the process's stderr when left out.</param>
    public async Task<int> RunAsync(IReadOnlyList<string> arguments, TextWriter? output = null, TextWriter? error = null)
    {
        output ??= Console.Out;
        error ??= Console.Error;
        try
        {
            ParseResult parse = _root.Parse(arguments, new ParserConfiguration { ResponseFileTokenReplacer = null });
            if (parse.Errors.Count > 0 && parse.Action is not ShowHelp)
            {
                await error.WriteLineAsync($"{Name}: {Explain(parse)} (see {PathOf(parse.CommandResult)} --help)");
                return ExitCode.Usage;
            }
            if (NamelessPath(parse.CommandResult) is { } nameless)
            {
                await error.WriteLineAsync($"{Name}: {nameless} is empty (see {PathOf(parse.CommandResult)} --help)");
                return ExitCode.Usage;
            }
            return await parse.InvokeAsync(new InvocationConfiguration
            {
                Output = output,
                Error = error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            });
        }
        catch (CommandException e)
        {
            await error.WriteLineAsync($"{Name}: {e.Message}");
            return e.ExitCode;
        }
        catch (Exception e) when (e is AdminClientException or IOException or UnauthorizedAccessException)
        {
            await error.WriteLineAsync($"{Name}: {e.Message}");
            return ExitCode.Failure;
        }
        catch (OperationCanceledException)
        {
            await error.WriteLineAsync($"{Name}: interrupted");
            return ExitCode.Failure;
        }
        catch (Exception e)
        {
            await error.WriteLineAsync($"{Name}: this is a bug, please report it with what follows");
            await error.WriteLineAsync($"{Name} {ProductVersion.Text}: {e}");
            return ExitCode.Bug;
        }
    }

    /// <summary>The help of all visible commands, one after another, for golden tests.</summary>
    public string AllHelp()
    {
        System.Text.StringBuilder all = new();
        Append(Name, _root);
        return all.ToString();

        void Append(string path, Command command)
        {
            all.Append("=== ").Append(path).Append('\n').Append(HelpText.Of(path, command)).Append('\n');
            foreach (Command child in command.Subcommands.Where(c => !c.Hidden)) Append($"{path} {child.Name}", child);
        }
    }

    /// <summary>All commands and options, hidden ones too, for tests of the naming rules.</summary>
    public IEnumerable<Symbol> AllSymbols()
    {
        Queue<Command> queue = new([_root]);
        while (queue.TryDequeue(out Command? command))
        {
            yield return command;
            foreach (Option option in command.Options) yield return option;
            foreach (Command child in command.Subcommands) queue.Enqueue(child);
        }
    }

    private static string Explain(ParseResult parse)
    {
        Command command = parse.CommandResult.Command;
        if (parse.UnmatchedTokens is [{ } unknown, ..])
        {
            string kind = unknown.StartsWith('-') ? "flag" : command.Subcommands.Count > 0 ? "command" : "argument";
            IEnumerable<string> known = kind == "flag"
                ? command.Options.Where(o => !o.Hidden).Select(o => o.Name)
                : command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name);
            return $"unknown {kind} {unknown}{Suggestion.For(unknown, known)}";
        }
        if (command.Subcommands.Count > 0 && command.Action is null)
            return $"a command is missing: one of {string.Join(", ", command.Subcommands.Where(c => !c.Hidden).Select(c => c.Name))}";
        string message = parse.Errors[0].Message.TrimEnd('.');
        return message.Length > 1 && char.IsUpper(message[0]) && char.IsLower(message[1])
            ? char.ToLowerInvariant(message[0]) + message[1..]
            : message;
    }

    // Arguments and flags that name a file or a folder: "" would be the folder that the command was started in.
    private static string? NamelessPath(CommandResult command)
    {
        foreach (SymbolResult child in command.Children)
        {
            string? name = child switch
            {
                ArgumentResult argument => argument.Argument.Name,
                OptionResult { Option.HelpName: Flags.File or Flags.Folder } option => option.Option.Name,
                _ => null,
            };
            if (name is not null && child.Tokens is [{ Value: "" }, ..]) return name;
        }
        return null;
    }

    private string PathOf(SymbolResult result)
    {
        string path = "";
        for (SymbolResult? at = result; at is CommandResult { Command: var command }; at = at.Parent)
            path = command == _root ? Name + path : " " + command.Name + path;
        return path;
    }

    private sealed class ShowHelp(CommandLineApp app) : SynchronousCommandLineAction
    {
        public override bool Terminating => true;

        public override int Invoke(ParseResult parseResult)
        {
            string path = app.PathOf(parseResult.CommandResult);
            parseResult.InvocationConfiguration.Output.Write(HelpText.Of(path, parseResult.CommandResult.Command));
            return ExitCode.Success;
        }
    }
}
