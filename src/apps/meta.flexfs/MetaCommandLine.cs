using System.CommandLine;
using FlexFs.Hosting.CommandLine;
using FlexFs.Hosting.Systemd;

namespace FlexFs.Apps.Meta;

/// <summary>The commands of <c>meta.flexfs</c>.</summary>
public static class MetaCommandLine
{
    internal const string Component = "meta";
    internal const string Executable = "meta.flexfs";
    internal const string InitCreds = "meta.flexfs init creds";

    /// <summary>All of them.</summary>
    public static CommandLineApp Create() =>
        new CommandLineApp(Executable, "flexFS metadata server: names, attributes and block maps of one or more volumes")
            .Add(StartCommand.Create())
            .Add(new Command("init", "set up this server")
            {
                CredsCommands.Init(),
                SystemdCommands.Init(Component, "flexFS metadata server", startDelaySeconds: 1),
            })
            .Add(new Command("deinit", "undo what init made")
            {
                CredsCommands.Deinit(),
                SystemdCommands.Deinit(Component),
            })
            .Add(OperatorCommands.Sessions())
            .Add(OperatorCommands.Leases())
            .Add(OperatorCommands.Locks())
            .Add(OperatorCommands.Evict())
            .Add(VerifyCommand.Create())
            .AddStandardCommands();

    internal static Option<string?> DbFolder() =>
        Flags.Text("--dbFolder", Flags.Folder, "database folder", "~/.flexfs/meta/data");

    internal static Option<string?> CredsFile() =>
        Flags.Text("--credsFile", Flags.File, "credentials file", "~/.flexfs/meta/creds");
}
