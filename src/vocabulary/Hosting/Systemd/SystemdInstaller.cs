using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using FlexFs.Hosting.CommandLine;
using FlexFs.Hosting.Files;

namespace FlexFs.Hosting.Systemd;

/// <summary>Writes and removes unit files, and has systemd read them.</summary>
/// <param name="root">Below which <c>etc/systemd/system</c> is: <c>/</c>, or a folder in tests.</param>
/// <param name="systemctl">Runs <c>systemctl</c>: the exit code and what it wrote to stderr; null when there is no
/// running systemd.</param>
public sealed class SystemdInstaller(string root, Func<string[], (int ExitCode, string Error)?> systemctl)
{
    private const UnixFileMode ReadableByAll =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>The one of this host.</summary>
    public static SystemdInstaller OfHost() => new("/", RunSystemctl);

    /// <summary>Writes the unit and enables it.</summary>
    /// <param name="unit">The service.</param>
    /// <param name="now">Start it at once.</param>
    /// <param name="force">Replace a unit file that is there.</param>
    /// <param name="output">One line on what was done.</param>
    /// <exception cref="CommandException">There is one; the folder cannot be written; or the file was written but systemd
    /// is not running here or refused it.</exception>
    public void Install(SystemdUnit unit, bool now, bool force, TextWriter output)
    {
        if (unit.StartFlags.AsSpan().ContainsAny('\n', '\r'))
            throw new CommandException("--startFlags must be one line", ExitCode.Usage);
        string path = PathOf(unit.Name);
        byte[] text = Encoding.UTF8.GetBytes(unit.ToText());
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            if (force) AtomicFile.Write(path, text, ReadableByAll);
            else if (!AtomicFile.TryCreate(path, text, ReadableByAll))
                throw new CommandException($"there is a unit {path} already: use --force to replace it");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"cannot write {path}: {e.Message} (root is needed)", cause: e);
        }
        output.WriteLine($"wrote {path}");
        Control(path, "daemon-reload");
        Control(path, now ? ["enable", "--now", unit.Name] : ["enable", unit.Name]);
        output.WriteLine(now
            ? $"{unit.Name} is enabled and started"
            : $"{unit.Name} is enabled: systemctl start {unit.Name} starts it now");
    }

    /// <summary>Stops and disables the unit, and removes its file.</summary>
    /// <exception cref="CommandException">There is none, or it cannot be removed.</exception>
    public void Remove(string component, TextWriter output)
    {
        string name = $"flexfs-{component}.service";
        string path = PathOf(name);
        if (!File.Exists(path)) throw new CommandException($"there is no unit {path}");
        (int ExitCode, string Error)? disabled = systemctl(["disable", "--now", name]);
        if (disabled is { ExitCode: not 0 } refusal)
            throw new CommandException($"systemctl disable --now {name} failed: {OneLine(refusal.Error)}");
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"cannot remove {path}: {e.Message} (root is needed)", cause: e);
        }
        output.WriteLine($"removed {path}");
        if (disabled is not null) _ = systemctl(["daemon-reload"]);
    }

    private string PathOf(string name) => Path.Combine(root, "etc/systemd/system", name);

    private void Control(string path, params string[] arguments)
    {
        switch (systemctl(arguments))
        {
            case null:
                throw new CommandException(
                    $"systemd does not run on this host: {path} was written, but nothing was enabled or started");
            case { ExitCode: not 0, Error: var error }:
                throw new CommandException(
                    $"{path} was written, but systemctl {string.Join(' ', arguments)} failed: {OneLine(error)}");
        }
    }

    private static string OneLine(string text) => text.Trim().ReplaceLineEndings("; ");

    private static (int ExitCode, string Error)? RunSystemctl(string[] arguments)
    {
        // sd_booted(3): this folder exists exactly when systemd is the init of this host.
        if (!Directory.Exists("/run/systemd/system")) return null;
        try
        {
            using Process process = Process.Start(new ProcessStartInfo("systemctl", arguments) { RedirectStandardError = true })!;
            string error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, error);
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
