using System.CommandLine;
using System.Diagnostics;
using FlexFs.Hosting.CommandLine;

namespace FlexFs.Apps.Mount;

/// <summary><c>init fstab</c> and <c>deinit fstab</c>.</summary>
internal static class FstabCommands
{
    internal static Command Init()
    {
        var name = CredentialCommands.Volume();
        Argument<string> mountPoint = new("mount-point") { Description = "where it is to be mounted" };
        var credsFile = Flags.Text("--credsFile", Flags.File, "credentials file (default ~/.flexfs/mount/creds/<name>)");
        var options = Flags.Words("--mountOptions", "further mount options, flag names without dashes");
        var now = Flags.Switch("--now", "mount at once");
        var force = Flags.Switch("--force", "replace the line of this mount point");
        Command command = new("fstab", "add the mount to /etc/fstab") { name, mountPoint, credsFile, options, now, force };
        command.SetAction(parse =>
        {
            var folder = Path.GetFullPath(parse.GetValue(mountPoint)!);
            List<string> all = [];
            if (parse.GetValue(credsFile) is { } file) all.Add($"credsFile={FstabFile.Escape(Path.GetFullPath(file))}");
            all.AddRange(["_netdev", "nofail"]);
            all.AddRange(Flags.Split(parse.GetValue(options)));
            Directory.CreateDirectory(folder);
            new FstabFile().Add(parse.GetValue(name)!, folder, string.Join(',', all), parse.GetValue(force));
            parse.InvocationConfiguration.Output.WriteLine($"/etc/fstab mounts {parse.GetValue(name)} at {folder}");
            if (parse.GetValue(now)) MountNow(folder);
        });
        return command;
    }

    internal static Command Deinit()
    {
        Argument<string> mountPoint = new("mount-point") { Description = "the mount point of the line" };
        Command command = new("fstab", "remove the mount from /etc/fstab") { mountPoint };
        command.SetAction(parse =>
        {
            var folder = Path.GetFullPath(parse.GetValue(mountPoint)!);
            new FstabFile().Remove(folder);
            parse.InvocationConfiguration.Output.WriteLine($"/etc/fstab mounts nothing of flexFS at {folder} any more");
        });
        return command;
    }

    private static void MountNow(string folder)
    {
        using var mount = Process.Start("mount", [folder]);
        mount.WaitForExit();
        if (mount.ExitCode != 0) throw new CommandException($"mount {folder} failed with exit code {mount.ExitCode}");
    }
}
