using System.CommandLine;
using System.Globalization;
using FlexFs.Hosting.CommandLine;
using FlexFs.Hosting.Files;
using FlexFs.Hosting.Logging;
using FlexFs.Hosting.Systemd;
using FlexFs.Mount;

namespace FlexFs.Apps.Mount;

/// <summary><c>start</c>: mounts a volume, as a daemon or in the foreground.</summary>
internal static class StartCommand
{
    internal static Command Create()
    {
        var name = CredentialCommands.Volume();
        Argument<string> mountPoint = new("mount-point") { Description = "an empty folder" };
        var credsFile = CredentialCommands.CredsFile();
        var foreground = Flags.Switch("--foreground", "stay attached; the way under systemd too", "-f");
        var verbose = Flags.Switch("--verbose", "log more", "-v");
        var readOnly = Flags.Switch("--ro", "read-only");
        var noExec = Flags.Switch("--noExec", "no execution of programs");
        var noSuid = Flags.Switch("--noSUID", "set-user-ID and set-group-ID bits have no effect");
        var noDev = Flags.Switch("--noDev", "device nodes cannot be opened");
        var nonEmpty = Flags.Switch("--nonEmpty", "allow a mount point that is not empty");
        var xattr = Flags.Switch("--xAttr", "extended attributes");
        var acl = Flags.Switch("--acl", "POSIX ACLs; turns on --xAttr");
        var noAtime = Flags.Switch("--noATime", "reads do not change access times");
        var umask = Flags.Parsed<uint?>(
            "--umask", "octal", "in place of each caller's umask, for example 0002", OctalMask.TryParse, OctalMask.Rule);
        var rootSquash = Flags.Switch("--rootSquash", "uid 0 and gid 0 become the squash ids; turns on --acl");
        var squashUid = SquashId("--rootSquashUID", "whom uid 0 is squashed to");
        var squashGid = SquashId("--rootSquashGID", "what gid 0 is squashed to");
        var noGroupCache = Flags.Switch("--noGroupCache", "no effect: the kernel checks groups, and nothing of them is kept").Internal();
        var attrValid = Flags.Seconds("--attrValid", 3600, "seconds for which the kernel keeps attributes, while their lease lasts");
        var entryValid = Flags.Seconds("--entryValid", 1, "seconds for which the kernel keeps names, while their lease lasts");
        var noMaxPages = Flags.Switch("--noMaxPages", "do not use requests above 128 KiB");
        var memCapacity = Size("--memCapacity", "memory for what was read (2% of the machine's, 64M to 4G)");
        var dirtyCapacity = Size("--dirtyCapacity", "memory for what is not stored yet (2% of the machine's, 64M to 1G)");
        var slowLog = Flags.SlowLog();
        var logFile = Flags.Text("--logFile", Flags.File, "log of the daemon (default ~/.flexfs/mount/log/<name>)");
        var pidFile = Flags.Text("--pidFile", Flags.File, "where to write the process id of the mount");
        var noAdminSsl = Flags.Switch("--noAdminSSL", "the administration server speaks no TLS").Internal();
        var child = Flags.Switch(Daemon.ChildFlag, "this is the daemon itself").Internal();
        Command command = new("start", "mount a volume")
        {
            name, mountPoint, credsFile, foreground, verbose, readOnly, noExec, noSuid, noDev, nonEmpty, xattr, acl, noAtime, umask,
            rootSquash, squashUid, squashGid, noGroupCache, attrValid, entryValid, noMaxPages, memCapacity, dirtyCapacity, slowLog,
            logFile, pidFile, noAdminSsl, child,
        };
        command.SetAction(async (parse, cancel) =>
        {
            var volume = parse.GetValue(name)!;
            var paths = FlexFsPaths.OfUser();
            MountSettings settings = new()
            {
                Volume = volume,
                MountPoint = Path.GetFullPath(parse.GetValue(mountPoint)!),
                CredentialsPath = CredentialCommands.PathOf(parse.GetValue(credsFile), volume),
                StateFolder = paths.Component("mount"),
                IsReadOnly = parse.GetValue(readOnly),
                NoExec = parse.GetValue(noExec),
                NoSetUid = parse.GetValue(noSuid),
                NoDevices = parse.GetValue(noDev),
                AllowNonEmpty = parse.GetValue(nonEmpty),
                WithXattrs = parse.GetValue(xattr),
                WithAcls = parse.GetValue(acl),
                NoAccessTimes = parse.GetValue(noAtime),
                Umask = parse.GetValue(umask),
                SquashesRoot = parse.GetValue(rootSquash),
                SquashUserId = parse.GetValue(squashUid),
                SquashGroupId = parse.GetValue(squashGid),
                AttributesValid = TimeSpan.FromSeconds(parse.GetValue(attrValid)),
                EntriesValid = TimeSpan.FromSeconds(parse.GetValue(entryValid)),
                LargeRequests = !parse.GetValue(noMaxPages),
                CacheBytes = parse.GetValue(memCapacity)?.Within(memCapacity.Name, MachineMemory.TotalBytes),
                DirtyBytes = parse.GetValue(dirtyCapacity)?.Within(dirtyCapacity.Name, MachineMemory.TotalBytes),
                SlowLog = TimeSpan.FromSeconds(parse.GetValue(slowLog)),
                AdminSsl = !parse.GetValue(noAdminSsl),
            };
            var notifier = SystemdNotifier.OfProcess();
            var isChild = parse.GetValue(child);
            var attached = parse.GetValue(foreground) || notifier.IsListening;
            if (!attached && !isChild)
            {
                settings.CheckMountPoint();
                return await Daemon.StartAsync(Environment.GetCommandLineArgs().Skip(1), parse.InvocationConfiguration.Error);
            }

            LogSettings log = new() { Verbose = parse.GetValue(verbose) };
            // Relative paths are of the folder that the command was started in.
            var pidPath = parse.GetValue(pidFile) is { } pid ? Path.GetFullPath(pid) : null;
            if (isChild)
            {
                var file = parse.GetValue(logFile) is { } given
                    ? Path.GetFullPath(given)
                    : Path.Combine(settings.StateFolder, "log", volume);
                AtomicFile.CreatePrivateFolder(Path.GetDirectoryName(file)!);
                log = log with { File = file };
                Daemon.Detach();
            }

            using var logs = Log.Create(log);
            using TerminationSignals signals = new();
            await using var mount = await MountHost.StartAsync(settings, logs, cancel);
            if (pidPath is not null) await File.WriteAllTextAsync(pidPath, $"{Environment.ProcessId}\n", cancel);
            if (isChild) Daemon.Ready();
            notifier.Ready($"{volume} is mounted at {settings.MountPoint}");
            await mount.RunAsync(signals.Requested);
            notifier.Stopping();
            return ExitCode.Success;
        });
        return command;
    }

    private static Option<uint> SquashId(string name, string description) => Flags.Parsed<uint>(
        name, "id", description, static (string text, out uint id) => uint.TryParse(text, CultureInfo.InvariantCulture, out id) && id != uint.MaxValue,
        "a number below 4294967295", "65534")!;

    private static Option<MemorySize?> Size(string name, string description) =>
        Flags.Parsed<MemorySize?>(name, "5%|64M|4G", description, MemorySize.TryParse, MemorySize.Rule);
}
