using FlexFs.Harness.Native;

namespace FlexFs.Differential.Operations;

/// <summary>Paths and open files for an operation: those with which it can succeed, or any.</summary>
internal sealed class Choices(Random random, Names names, ISituation situation)
{
    private const int Tries = 10;

    /// <summary>Who will perform it.</summary>
    internal int User { get; set; }

    /// <summary>Whether it is to succeed, as far as one can tell.</summary>
    internal bool IsGood { get; set; }

    /// <summary>A path that is there and fits.</summary>
    internal CString Existing(Predicate<Statx> fits, int access = 0, bool isOwned = false) =>
        (IsGood ? Find(fits, access, isOwned) : null) ?? names.Any();

    internal CString Anything(int access = 0, bool isOwned = false) => Existing(static _ => true, access, isOwned);

    internal CString File(int access = 0, bool isOwned = false) => Existing(static found => found.Type == Mode.IFREG, access, isOwned);

    internal CString Folder(int access = 0) => Existing(static found => found.Type == Mode.IFDIR, access);

    internal CString Symlink() => Existing(static found => found.Type == Mode.IFLNK);

    /// <summary>What may be opened and has neither bytes that go nor somebody who must be waited for.</summary>
    internal CString FileOrFolder(int access = 0, bool isOwned = false) =>
        Existing(static found => found.Type is Mode.IFREG or Mode.IFDIR, access, isOwned);

    /// <summary>A path whose name is free, in a folder that may be written.</summary>
    internal CString Absent()
    {
        if (!IsGood) return names.New();
        for (var i = 0; i < Tries; i++)
        {
            CString? folder = random.Next(4) == 0 ? null : Find(static found => found.Type == Mode.IFDIR, 3, isOwned: false);
            var path = names.In(folder);
            if (situation.Look(path) is null) return path;
        }

        return names.New();
    }

    /// <summary>Something in a folder that may be written.</summary>
    internal CString Removable(Predicate<Statx> fits)
    {
        if (!IsGood) return names.Any();
        for (var i = 0; i < Tries; i++)
        {
            if (Find(fits, 0, isOwned: false) is { } path && (User == 0 || situation.May(User, Parent(path), 3))) return path;
        }

        return names.Any();
    }

    /// <summary>A folder without anything in it.</summary>
    internal CString Empty()
    {
        if (!IsGood) return names.Any();
        for (var i = 0; i < Tries; i++)
        {
            var path = Removable(static found => found is { Type: Mode.IFDIR, Links: 2 });
            if (!names.HasBelow(path)) return path;
        }

        return names.Any();
    }

    /// <summary>An open file that fits; any slot when there is none.</summary>
    internal int Slot(Predicate<OpenState> fits)
    {
        var first = random.Next(Operation.Slots);
        if (!IsGood && random.Next(3) == 0) return first;
        for (var i = 0; i < Operation.Slots; i++)
        {
            var slot = (first + i) % Operation.Slots;
            if (situation.Open(slot) is { } open && (!IsGood || fits(open))) return slot;
        }

        return first;
    }

    /// <summary>A slot that is free; any when there is none.</summary>
    internal int FreeSlot()
    {
        var first = random.Next(Operation.Slots);
        for (var i = 0; i < Operation.Slots; i++)
        {
            if (situation.Open((first + i) % Operation.Slots) is null) return (first + i) % Operation.Slots;
        }

        return first;
    }

    internal int Map(Protection protection)
    {
        var first = random.Next(Operation.Maps);
        for (var i = 0; i < Operation.Maps; i++)
        {
            var map = (first + i) % Operation.Maps;
            if (situation.Mapped(map) is { } found && (!IsGood || found.HasFlag(protection))) return map;
        }

        return first;
    }

    /// <summary>The folder that a path is in.</summary>
    internal static CString Parent(CString path)
    {
        var end = path.Bytes.TrimEnd((byte)'/').LastIndexOf((byte)'/');
        return end <= 0 ? "." : CString.Of(path.Bytes[..end]);
    }

    private CString? Find(Predicate<Statx> fits, int access, bool isOwned)
    {
        for (var i = 0; i < Tries && names.Known() is { } path; i++)
        {
            if (situation.Look(path) is not { } found)
            {
                names.Learn(path, exists: false);
                continue;
            }

            if (!fits(found)) continue;
            if (User == 0) return path;
            if (isOwned && found.Uid != Users.All[User].Uid) continue;
            if (situation.May(User, access == 0 ? Parent(path) : path, access == 0 ? 1 : access)) return path;
        }

        return null;
    }
}
