using System.CommandLine;
using FlexFs.Hosting.CommandLine;

namespace FlexFs.Apps.Mount;

/// <summary>The commands of <c>mount.flexfs</c>.</summary>
public static class MountCommandLine
{
    /// <summary>All of them.</summary>
    public static CommandLineApp Create() =>
        new CommandLineApp("mount.flexfs", "Mounts a flexFS volume.")
            .Add(StartCommand.Create())
            .Add(new Command("init", "set up this host") { CredentialCommands.Init(), FstabCommands.Init() })
            .Add(new Command("deinit", "undo what init did") { CredentialCommands.Deinit(), FstabCommands.Deinit() })
            .AddStandardCommands();
}
