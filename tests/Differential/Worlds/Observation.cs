using System.Globalization;
using System.Text;
using FlexFs.Differential.Operations;
using FlexFs.Harness.Native;

namespace FlexFs.Differential.Worlds;

/// <summary>Attributes of everything that an operation concerns, and which of its times moved.</summary>
/// <remarks>
/// Compared: type, mode, links, owners, size (of what has bytes), device, times that were given, and whether modification and change time
/// moved between the look before and the look after. Not compared: the time of day, and what reading does to the time of access.
/// </remarks>
internal sealed class Observation(Operation operation, World world)
{
    /// <summary>Everything but the time of birth.</summary>
    internal const uint Mask = 0x7ff;

    /// <summary>The time of birth.</summary>
    internal const uint MaskBorn = 0x800;

    /// <summary>Before each object.</summary>
    internal const string Separator = "| ";

    /// <summary>Behind a descriptor of O_PATH.</summary>
    internal const string PathOnly = " (O_PATH)";

    private const long FirstTimeOfDay = 1_500_000_000;
    private readonly List<(string Label, Statx? Before)> _before = [];

    internal void Before()
    {
        foreach (var label in Labels()) _before.Add((label.Text, Look(label)));
    }

    internal void After(StringBuilder details)
    {
        var i = 0;
        foreach (var label in Labels())
        {
            var before = _before[i++].Before;
            var after = Look(label);
            if (after is not { } found) continue;
            details.Append(Separator).Append(label.Text).Append(' ');
            var hasTimes = HasTimes(found) && world.HasTimes(found);
            Describe(found, details, hasTimes);
            if (!hasTimes || found is { Type: Mode.IFDIR, Links: 0 }) continue;
            if (before is not { } earlier || earlier.Inode != found.Inode) continue;
            if (earlier.Modified != found.Modified) details.Append("mtime moved ");
            if (earlier.Changed != found.Changed) details.Append("ctime moved ");
            if (found.Changed.Total < earlier.Changed.Total) details.Append("ctime went back ");
        }
    }

    /// <summary>What is comparable.</summary>
    internal static void Describe(in Statx found, StringBuilder details, bool hasTimes)
    {
        if (found is { Type: Mode.IFDIR, Links: 0 })
        {
            // It may be looked at, but not changed any more.
            details.Append("removed folder ");
            return;
        }

        details.Append(CultureInfo.InvariantCulture, $"{TypeName(found.Type)} 0{Convert.ToString(found.Permissions, 8)} {found.Uid}:{found.Gid} links {found.Links} ");
        if (found.Type is Mode.IFREG or Mode.IFLNK) details.Append(CultureInfo.InvariantCulture, $"size {found.Size} ");
        if (found.Type is Mode.IFCHR or Mode.IFBLK) details.Append(CultureInfo.InvariantCulture, $"device {found.DeviceMajor}:{found.DeviceMinor} ");
        if (!hasTimes || !HasTimes(found)) return;
        if (found.Modified.Seconds < FirstTimeOfDay) details.Append(CultureInfo.InvariantCulture, $"mtime {found.Modified.Seconds}.{found.Modified.Nanoseconds} ");
        if (found.Changed.Seconds < FirstTimeOfDay) details.Append("ctime of the past ");
    }

    // What passes through a FIFO or a device stays in the kernel: a FUSE server is not told.
    private static bool HasTimes(in Statx found) => found.Type is Mode.IFREG or Mode.IFDIR or Mode.IFLNK;

    private static string TypeName(uint type) => type switch
    {
        Mode.IFREG => "file",
        Mode.IFDIR => "folder",
        Mode.IFLNK => "symlink",
        Mode.IFCHR => "char",
        Mode.IFBLK => "block",
        Mode.IFIFO => "fifo",
        Mode.IFSOCK => "socket",
        _ => "?",
    };

    // Both paths, the folders they are in, and what is open.
    private IEnumerable<Label> Labels()
    {
        if (operation.HasPath)
        {
            yield return new Label(operation.Path.ToString(), operation.Path, -1);
            yield return new Label("its folder", Choices.Parent(operation.Path), -1);
        }

        if (operation.HasSecondPath)
        {
            yield return new Label(operation.Path2.ToString(), operation.Path2, -1);
            yield return new Label("its folder", Choices.Parent(operation.Path2), -1);
        }

        if (operation.HasSlot && operation.Call is not (Call.Open or Call.ListRest)) yield return Slot(operation.Slot);
        if (operation.HasSecondSlot) yield return Slot(operation.Slot2);
    }

    private Label Slot(int slot) => new($"fd{slot}{(world.Open(slot) is { IsPath: true } ? PathOnly : "")}", default, slot);

    private Statx? Look(Label label)
    {
        if (label.Slot >= 0) return world.Stat(world.Slots[label.Slot], out var open) ? open : null;
        return Libc.StatxAt(Libc.AT_FDCWD, label.Path, AtFlags.AT_SYMLINK_NOFOLLOW, out var found, world.StatMask) == 0 ? found : null;
    }

    private readonly record struct Label(string Text, CString Path, int Slot);
}
