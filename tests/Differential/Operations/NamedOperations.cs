using FlexFs.Harness.Native;

namespace FlexFs.Differential.Operations;

/// <summary>Arguments of the operations that are about names and attributes.</summary>
internal static class NamedOperations
{
    internal static Operation Fill(Operation op, Random random, Numbers numbers, Choices choose, Names names, Func<int> owned)
    {
        switch (op.Call)
        {
            case Call.Link:
                // protected_hardlinks: others' files only with read and write access, and no special ones.
                return op with
                {
                    Path = choose.Existing(static found => found.Type != Mode.IFDIR, op.User == 0 ? 0 : 6), Path2 = choose.Absent(),
                    Flags = random.Next(5) == 0 ? (int)AtFlags.AT_SYMLINK_FOLLOW : 0,
                };
            case Call.LinkOpen:
                return op with
                {
                    Slot = choose.Slot(static open => open is { IsFolder: false }), Path = choose.Absent(),
                    Flags = (int)(op.User != 0 || random.Next(2) == 0 ? AtFlags.AT_SYMLINK_FOLLOW : AtFlags.AT_EMPTY_PATH),
                };
            case Call.Symlink:
                return op with { Path = choose.Absent(), Path2 = names.Target() };
            case Call.ReadLink:
                return op with { Path = choose.Symlink(), Length = random.Next(5) == 0 ? random.Next(4) : 5000 };
            case Call.Unlink:
                return op with { Path = choose.Removable(static found => found.Type != Mode.IFDIR) };
            case Call.RmDir:
                return op with { Path = choose.Empty() };
            case Call.List:
                return op with { Path = choose.Folder(4) };
            case Call.MkDir:
                return op with { Path = choose.Absent(), Mode = numbers.FolderPermissions(), UMask = numbers.UMask() };
            case Call.MkDeep:
                return op with { Path = choose.Folder(3), Length = random.Next(1, 20), Mode = random.Next(2) == 0 ? 255u : 1u };
            case Call.MkNod:
                var (mode, device) = numbers.Node(op.User == 0 || !choose.IsGood);
                return op with { Path = choose.Absent(), Mode = mode | numbers.Permissions(), Flags = device, UMask = numbers.UMask() };
            case Call.Rename:
                return Rename(op, random, numbers, choose, names);
            case Call.ChMod:
                var isFolder = random.Next(3) == 0;
                return op with
                {
                    Path = choose.Existing(found => found.Type != Mode.IFLNK && (found.Type == Mode.IFDIR) == isFolder, 0, isOwned: true),
                    Mode = isFolder ? numbers.FolderPermissions() : numbers.Permissions(), Flags = random.Next(8) == 0 ? (int)AtFlags.AT_SYMLINK_NOFOLLOW : 0,
                };
            case Call.ChOwn:
                var (uid, gid) = choose.IsGood ? numbers.OwnersOf(op.User) : numbers.Owners();
                return op with { Path = choose.Anything(isOwned: true), Uid = uid, Gid = gid, Flags = numbers.Follow() };
            case Call.UTime:
                return op with { Path = choose.Anything(isOwned: true), Accessed = numbers.Time(), Modified = numbers.Time(), Flags = numbers.Follow() };
            case Call.SetXattr:
                return op with
                {
                    Path = choose.FileOrFolder(6, isOwned: random.Next(2) == 0), Name = numbers.Xattr(op.User, choose.IsGood), Length = numbers.XattrLength(),
                    Flags = numbers.XattrFlags(), Slot2 = random.Next(2),
                };
            case Call.GetXattr or Call.ListXattr or Call.RemoveXattr:
                return op with
                {
                    Path = choose.FileOrFolder(op.Call == Call.RemoveXattr ? 6 : 4), Name = numbers.Xattr(op.User, choose.IsGood), Length = numbers.Buffer(),
                    Slot2 = random.Next(2),
                };
            case Call.FSetXattr:
                return op with { Slot = owned(), Name = numbers.Xattr(op.User, choose.IsGood), Length = numbers.XattrLength(), Flags = numbers.XattrFlags() };
            case Call.FGetXattr or Call.FListXattr or Call.FRemoveXattr:
                return op with { Slot = owned(), Name = numbers.Xattr(op.User, choose.IsGood), Length = numbers.Buffer() };
            case Call.Stat:
                return op with { Path = choose.Anything(), Flags = numbers.Follow() };
            case Call.Access:
                var wanted = random.Next(8);
                return op with
                {
                    Path = choose.Anything(random.Next(2) == 0 ? wanted : 0), Mode = (uint)(choose.IsGood ? wanted : random.Next(9)),
                    Flags = random.Next(4) == 0 ? (int)AtFlags.AT_EACCESS : numbers.Follow(),
                };
            default:
                throw new InvalidOperationException($"{op.Call} has no arguments here");
        }
    }

    private static Operation Rename(Operation op, Random random, Numbers numbers, Choices choose, Names names)
    {
        if (!choose.IsGood) return op with { Path = names.Any(), Path2 = random.Next(2) == 0 ? names.New() : names.Any(), Flags = (int)numbers.Wild() };
        op = op with { Path = choose.Removable(static _ => true) };
        return random.Next(10) switch
        {
            < 4 => op with { Path2 = choose.Absent(), Flags = (int)(random.Next(4) == 0 ? RenameFlags.RENAME_NOREPLACE : RenameFlags.None) },
            < 6 => op with
            {
                Path = choose.Removable(static found => found.Type != Mode.IFDIR), Path2 = choose.Removable(static found => found.Type != Mode.IFDIR),
            },
            6 => op with { Path = choose.Removable(static found => found.Type == Mode.IFDIR), Path2 = choose.Empty() },
            7 => op with { Path2 = choose.Removable(static _ => true), Flags = (int)RenameFlags.RENAME_EXCHANGE },
            8 => op with { Path2 = choose.Absent(), Flags = (int)RenameFlags.RENAME_WHITEOUT },
            _ => op with { Path2 = choose.Removable(static found => found.Type != Mode.IFDIR), Flags = (int)(random.Next(2) == 0 ? RenameFlags.None : RenameFlags.RENAME_WHITEOUT) },
        };
    }
}
