using System.Text;
using FlexFs.Hosting.CommandLine;
using FlexFs.Hosting.Files;

namespace FlexFs.Apps.Mount;

/// <summary>Lines of type flexfs in /etc/fstab (fstab(5)). Everything else in the file stays byte for byte.</summary>
/// <param name="path">The file; /etc/fstab but in tests.</param>
public sealed class FstabFile(string path = "/etc/fstab")
{
    private const UnixFileMode Mode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Appends the line of a mount point.</summary>
    /// <param name="name">The volume.</param>
    /// <param name="mountPoint">Absolute.</param>
    /// <param name="options">The fourth field.</param>
    /// <param name="force">Whether a line of the same mount point is replaced.</param>
    public void Add(string name, string mountPoint, string options, bool force)
    {
        var lines = Read();
        var existing = lines.FindIndex(line => IsOf(line, mountPoint, anyType: true));
        if (existing >= 0 && !force)
        {
            throw new CommandException($"{path} has a line for {mountPoint} already: give --force to replace it");
        }

        var entry = $"{Escape(name)} {Escape(mountPoint)} flexfs {options} 0 0";
        if (existing >= 0) lines[existing] = entry;
        else lines.Add(entry);
        Write(lines);
    }

    /// <summary>Removes the line of a mount point.</summary>
    public void Remove(string mountPoint)
    {
        var lines = Read();
        if (lines.RemoveAll(line => IsOf(line, mountPoint, anyType: false)) == 0)
        {
            throw new CommandException($"{path} has no line of type flexfs for {mountPoint}");
        }

        Write(lines);
    }

    // fstab(5): space, tab, newline and backslash in a field are octal escapes.
    internal static string Escape(string field) => field
        .Replace("\\", "\\134", StringComparison.Ordinal)
        .Replace(" ", "\\040", StringComparison.Ordinal)
        .Replace("\t", "\\011", StringComparison.Ordinal)
        .Replace("\n", "\\012", StringComparison.Ordinal);

    private static bool IsOf(string line, string mountPoint, bool anyType)
    {
        var fields = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        return fields.Length >= 3 && !fields[0].StartsWith('#') && fields[1] == Escape(mountPoint)
            && (anyType || fields[2] == "flexfs");
    }

    private List<string> Read() => File.Exists(path) ? [.. File.ReadAllLines(path)] : [];

    private void Write(List<string> lines) =>
        AtomicFile.Write(path, Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n"))), Mode);
}
