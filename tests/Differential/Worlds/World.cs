using System.Text;
using FlexFs.Differential.Operations;
using FlexFs.Harness.Native;

namespace FlexFs.Differential.Worlds;

/// <summary>One side of the comparison: a folder, through one mount or two, with its open files and mappings.</summary>
/// <remarks>
/// Belongs to a thread of <see cref="Identity.OnThread"/>: it changes that thread's user, umask and current folder. After every operation
/// the thread is root again.
/// </remarks>
internal sealed class World : ISituation, IDisposable
{
    private readonly int[] _roots;

    /// <param name="roots">The folder, as each mount shows it; one of them or two.</param>
    /// <param name="isShared">Whether two mounts take part: also on the side that has none.</param>
    /// <param name="reusesInodes">Whether the numbers of removed inodes come back.</param>
    internal World(IReadOnlyList<string> roots, bool isShared, bool reusesInodes)
    {
        StatMask = reusesInodes ? Observation.Mask | Observation.MaskBorn : Observation.Mask;
        _roots = [.. roots.Select(root => (int)Must(Libc.OpenAt(Libc.AT_FDCWD, root, OpenFlags.O_DIRECTORY | OpenFlags.O_CLOEXEC), root))];
        IsShared = isShared;
        Mappings = new Mappings(this);
    }

    /// <summary>Whether two mounts take part.</summary>
    internal bool IsShared { get; }

    internal Slots Slots { get; } = new();

    internal Mappings Mappings { get; }

    internal Listings Listings { get; } = new();

    internal Bytes Bytes { get; } = new();

    /// <summary>What is asked of statx(2). ext4 gives inode numbers again: there an inode is known by its birth too.</summary>
    internal uint StatMask { get; }

    /// <inheritdoc/>
    public OpenState? Open(int slot) => Slots[slot] >= 0 && Stat(Slots[slot], out var found)
        ? new OpenState(found.Inode, found.Type, (OpenFlags)Libc.FCntl(Slots[slot], 3), (long)found.Size, found.Uid, found.Links, Slots.MountOf(slot))
        : null;

    /// <inheritdoc/>
    public Protection? Mapped(int map) => Mappings[map];

    /// <inheritdoc/>
    public Statx? Look(CString path)
    {
        Must(Libc.FChDir(_roots[0]), "fchdir");
        return Libc.StatxAt(Libc.AT_FDCWD, path, AtFlags.AT_SYMLINK_NOFOLLOW, out var found, StatMask) == 0 ? found : null;
    }

    /// <inheritdoc/>
    public bool May(int user, CString path, int mode)
    {
        Must(Libc.FChDir(_roots[0]), "fchdir");
        if (user != 0) Users.All[user].Become();
        var result = Libc.AccessAt(Libc.AT_FDCWD, path, mode);
        if (user != 0) Identity.Root.Become();
        return result == 0;
    }

    /// <summary>Performs one operation.</summary>
    internal Outcome Execute(Operation operation)
    {
        // What concerns an open file and a path is of one mount: across two, the kernel says EXDEV.
        var mount = operation.Call == Call.LinkOpen ? Slots.MountOf(operation.Slot) : operation.Mount;
        Must(Libc.FChDir(_roots[Math.Min(mount, _roots.Length - 1)]), "fchdir");
        if (operation.HasPath) Listings.Touch(operation.Path);
        if (operation.HasSecondPath) Listings.Touch(operation.Path2);
        Observation observation = new(operation, this);
        if (operation.IsObserved) observation.Before();
        if (operation.User != 0) Users.All[operation.User].Become();
        if (operation.UMask != 0) _ = Libc.UMask(operation.UMask);
        StringBuilder details = new();
        var result = Performer.Perform(this, operation, details);
        if (operation.UMask != 0) _ = Libc.UMask(0);
        if (operation.User != 0) Identity.Root.Become();
        if (operation.IsObserved) observation.After(details);
        return new Outcome(result, details.ToString());
    }

    /// <summary>Closes and unmaps everything.</summary>
    internal void CloseAll()
    {
        Listings.End();
        Mappings.UnmapAll();
        Slots.CloseAll();
    }

    /// <summary>Attributes of what is open.</summary>
    internal bool Stat(int file, out Statx found)
    {
        found = default;
        return file >= 0 && Libc.StatxAt(file, "", AtFlags.AT_EMPTY_PATH, out found, StatMask) == 0;
    }

    internal long SizeOf(int file) => Stat(file, out var found) ? (long)found.Size : 0;

    /// <summary>
    /// Makes the kernel ask for a file's size where another mount may have changed it: here it goes by the size that it knows, which is in
    /// the list of known differences.
    /// </summary>
    internal void AskSize(int file)
    {
        if (IsShared) _ = SizeOf(file);
    }

    /// <summary>Whether the times of an inode are compared.</summary>
    internal bool HasTimes(in Statx found) => !Mappings.Stored.Contains((found.Inode, found.Born));

    /// <inheritdoc/>
    public void Dispose()
    {
        CloseAll();
        Mappings.Dispose();
        foreach (var root in _roots) _ = Libc.Close(root);
    }

    internal static long Must(long result, string what) =>
        result >= 0 ? result : throw new InvalidOperationException($"{what}: {Outcome.Text(result)}");
}
