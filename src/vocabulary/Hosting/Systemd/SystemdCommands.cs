using System.CommandLine;
using FlexFs.Hosting.CommandLine;
using FlexFs.Hosting.Files;

namespace FlexFs.Hosting.Systemd;

/// <summary>The commands <c>init systemd</c> and <c>deinit systemd</c> of a server.</summary>
public static class SystemdCommands
{
    /// <summary><c>init systemd</c>: to be added to the server's <c>init</c>.</summary>
    /// <param name="component">Short name: <c>meta</c>.</param>
    /// <param name="description">What the service is, for <c>systemctl status</c>.</param>
    /// <param name="startDelaySeconds">See <see cref="SystemdUnit.StartDelaySeconds"/>.</param>
    /// <param name="installer">The host's when left out.</param>
    public static Command Init(
        string component, string description, int startDelaySeconds = 0, SystemdInstaller? installer = null)
    {
        Option<bool> now = Flags.Switch("--now", "start the service at once");
        Option<string?> startFlags = Flags.Text("--startFlags", "flags", $"flags for {component}.flexfs start");
        Option<bool> force = Flags.Switch("--force", "replace a unit that is there");
        Command command = new("systemd", "write and enable the systemd unit") { now, startFlags, force };
        command.SetAction(parse => (installer ?? SystemdInstaller.OfHost()).Install(
            new SystemdUnit
            {
                Component = component,
                Description = description,
                Executable = Environment.ProcessPath ?? $"/usr/sbin/{component}.flexfs",
                StartFlags = parse.GetValue(startFlags) ?? "",
                Home = FlexFsPaths.OfUser().Home,
                StartDelaySeconds = startDelaySeconds,
            },
            parse.GetValue(now), parse.GetValue(force), parse.InvocationConfiguration.Output));
        return command;
    }

    /// <summary><c>deinit systemd</c>: to be added to the server's <c>deinit</c>.</summary>
    public static Command Deinit(string component, SystemdInstaller? installer = null)
    {
        Command command = new("systemd", "stop and disable the service, remove its systemd unit");
        command.SetAction(parse =>
            (installer ?? SystemdInstaller.OfHost()).Remove(component, parse.InvocationConfiguration.Output));
        return command;
    }
}
