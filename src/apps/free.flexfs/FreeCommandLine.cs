using System.CommandLine;
using FlexFs.Hosting.CommandLine;
using FlexFs.Hosting.Systemd;

namespace FlexFs.Apps.Free;

/// <summary>The commands of <c>free.flexfs</c>.</summary>
public static class FreeCommandLine
{
    internal const string Component = "free";
    internal const string InitCreds = "free.flexfs init creds";

    /// <summary>All of them.</summary>
    public static CommandLineApp Create() =>
        new CommandLineApp("free.flexfs", "flexFS Community administration server: describes one volume to its mounts and metadata server")
            .Add(StartCommand.Create())
            .Add(new Command("init", "set up this server")
            {
                CredsCommands.Init(),
                InitVolumeCommand.Create(),
                SystemdCommands.Init(Component, "flexFS Community administration server"),
            })
            .Add(new Command("deinit", "undo what init made")
            {
                CredsCommands.Deinit(),
                SystemdCommands.Deinit(Component),
            })
            .AddStandardCommands();

    internal static Option<string?> DbFolder() =>
        Flags.Text("--dbFolder", Flags.Folder, "database folder", "~/.flexfs/free");

    internal static Option<string?> CredsFile() =>
        Flags.Text("--credsFile", Flags.File, "credentials file", "~/.flexfs/free/creds");
}
