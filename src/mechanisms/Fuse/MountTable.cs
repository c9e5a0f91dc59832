using System.Globalization;
using System.Text;

namespace FlexFs.Fuse;

/// <summary>A line of /proc/self/mountinfo (proc(5)).</summary>
/// <param name="MountPoint">Absolute path.</param>
/// <param name="Type">With its subtype: fuse.flexfs.</param>
/// <param name="Source">What is mounted.</param>
/// <param name="Major">Of st_dev.</param>
/// <param name="Minor">Of st_dev.</param>
/// <param name="Options">Of the mount, as the kernel writes them.</param>
public sealed record MountTableEntry(
    string MountPoint, string Type, string Source, int Major, int Minor, string Options);

/// <summary>What is mounted in this process's mount namespace. Reading it asks no file system anything.</summary>
public static class MountTable
{
    /// <summary>All mounts, oldest first.</summary>
    public static IReadOnlyList<MountTableEntry> Read() => Parse(File.ReadAllLines("/proc/self/mountinfo"));

    /// <summary>The uppermost mount at exactly this path, or null. The path is absolute and free of links.</summary>
    public static MountTableEntry? Find(string mountPoint)
    {
        string wanted = mountPoint.Length > 1 ? mountPoint.TrimEnd('/') : mountPoint;
        return Read().LastOrDefault(entry => entry.MountPoint == wanted);
    }

    internal static IReadOnlyList<MountTableEntry> Parse(IEnumerable<string> lines)
    {
        var entries = new List<MountTableEntry>();
        foreach (string line in lines)
        {
            // 36 35 98:0 /root /mnt/point rw,noatime master:1 - fuse.flexfs volume rw,user_id=0
            string[] fields = line.Split(' ');
            int separator = Array.IndexOf(fields, "-", 0);
            if (separator < 6 || fields.Length < separator + 3) continue;
            string[] device = fields[2].Split(':');
            if (device.Length != 2
                || !int.TryParse(device[0], NumberStyles.None, CultureInfo.InvariantCulture, out int major)
                || !int.TryParse(device[1], NumberStyles.None, CultureInfo.InvariantCulture, out int minor))
            {
                continue;
            }
            entries.Add(new MountTableEntry(
                Unescape(fields[4]), fields[separator + 1], Unescape(fields[separator + 2]), major, minor, fields[5]));
        }
        return entries;
    }

    /// <summary>Space, tab, newline and backslash are written as backslash and three octal digits.</summary>
    private static string Unescape(string text)
    {
        if (!text.Contains('\\')) return text;
        byte[] from = Encoding.UTF8.GetBytes(text);
        var to = new List<byte>(from.Length);
        for (int i = 0; i < from.Length; i++)
        {
            if (from[i] == '\\' && i + 3 < from.Length && IsOctal(from[i + 1]) && IsOctal(from[i + 2]) && IsOctal(from[i + 3]))
            {
                to.Add((byte)(((from[i + 1] - '0') << 6) | ((from[i + 2] - '0') << 3) | (from[i + 3] - '0')));
                i += 3;
            }
            else
            {
                to.Add(from[i]);
            }
        }
        return Encoding.UTF8.GetString([.. to]);
    }

    private static bool IsOctal(byte digit) => digit is >= (byte)'0' and <= (byte)'7';
}
