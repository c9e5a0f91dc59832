using FlexFs.Differential.Operations;
using FlexFs.Differential.Worlds;
using FlexFs.Harness.Native;

namespace FlexFs.Differential.Runs;

/// <summary>A difference to ext4 that is meant; docs/semantics.md lists the same.</summary>
/// <param name="What">The difference.</param>
/// <param name="Why">Its reason.</param>
/// <param name="Excuses">
/// Whether two outcomes differ by it and by nothing else; both sides must go on alike behind it. Null where the generator or the
/// comparison leaves it out.
/// </param>
internal sealed record KnownDifference(string What, string Why, Func<Operation, Outcome, Outcome, bool>? Excuses = null)
{
    internal static readonly KnownDifference[] All =
    [
        new(
            "fstat of a device, FIFO or socket that is open while its last name goes, or through O_PATH, is ESTALE",
            "the kernel tells a FUSE server only of opened files and folders, so nothing says that the inode is still in use",
            IsRemovedSpecial),
        new(
            "a folder that is open and was removed can be looked at and not changed: fchmod and the like are ESTALE",
            "the server keeps removed files for who has them open, folders not",
            IsRemovedFolder),
        new(
            "a RENAME_WHITEOUT that fails leaves the folder's times alone",
            "ext4 has made the whiteout before it fails, and takes it away again",
            IsFailedWhiteout),
        new(
            "setxattr with the value that is there already moves ctime",
            "ext4 leaves out a write that changes nothing",
            IsSameXattr),
        new(
            "setxattr with both XATTR_CREATE and XATTR_REPLACE is EINVAL",
            "it can never succeed; ext4 says EEXIST or ENODATA"),
        new(
            "chown(-1, -1) changes nothing, not even ctime or set-user-ID",
            "the kernel sends an empty request; POSIX leaves it open"),
        new(
            "set-group-ID without execution by the group stays when somebody else writes or truncates",
            "the protocol says so: the server does not know the writer's groups; the bit means nothing there"),
        new(
            "times of a FIFO or device do not move by reading and writing it",
            "what passes through it stays in the kernel"),
        new(
            "a store through a shared mapping moves mtime when the page is written back, also behind a later utimensat",
            "the kernel tells of the store only then; POSIX leaves the moment open up to msync"),
        new(
            "what is stored through a mapping behind the end of the file, in its last page, may be there when the file grows",
            "the kernel keeps the page, and a FUSE server does not see it; ext4 clears it"),
        new(
            "COLLAPSE_RANGE, INSERT_RANGE and UNSHARE_RANGE of fallocate are EOPNOTSUPP; so are chattr and FIEMAP",
            "the kernel's FUSE refuses them without asking"),
        new(
            "SEEK_DATA and SEEK_HOLE tell holes byte by byte, and fallocate makes holes",
            "ext4 tells whole blocks, and reserves them"),
        new(
            "copy_file_range may copy fewer bytes than were asked for, up to where a block of the file ends",
            "blocks are shared whole and their ends copied as bytes; programs go on with the rest, as the manual page has it"),
        new(
            "copy_file_range, sendfile, what is mapped, locks that count from the end, and the position behind an append go by the size that this mount last saw, if another one changed it since",
            "the kernel goes by the size that it knows and asks nobody; fstat(2) makes it ask"),
        new(
            "link of somebody else's file from which a write has just taken set-user-ID may be EPERM until the file is looked at",
            "fs.protected_hardlinks goes by the mode that the kernel knows and asks nobody"),
        new(
            "rename is ESTALE once when it itself finds that another mount moved one of its folders",
            "the kernel cannot move a folder that it knows while it holds the lock of a rename; looking at the path first makes it"),
        new(
            "sendfile of a file into itself, and copy_file_range through two mounts, copy other bytes where the ranges overlap",
            "the kernel moves pages on while it still reads, and does not know that two mounts show one file"),
        new(
            "files may be larger than 16 TiB, have more than 65,000 names, and xattrs more than 4 KiB together",
            "limits of ext4, not of POSIX"),
        new(
            "times after 2262 and before 1678 become the last and the first that can be kept",
            "nanoseconds in 64 bits; ext4 keeps 1901 to 2446"),
        new(
            "the size of a folder, positions in its listing (also lseek to its end) and the order of names are others",
            "every file system has its own"),
    ];

    internal static bool Covers(Operation operation, Outcome expected, Outcome found) =>
        All.Any(known => known.Excuses?.Invoke(operation, expected, found) == true);

    private static bool IsSameXattr(Operation operation, Outcome expected, Outcome found) =>
        operation.Call is Call.SetXattr or Call.FSetXattr && expected.Result == 0 && found.Result == 0
        && expected.Details == WithoutMoves(found.Details);

    private static bool IsFailedWhiteout(Operation operation, Outcome expected, Outcome found) =>
        operation.Call == Call.Rename && ((RenameFlags)operation.Flags).HasFlag(RenameFlags.RENAME_WHITEOUT)
        && expected.IsError && expected.Result == found.Result && WithoutMoves(expected.Details) == WithoutMoves(found.Details);

    private static bool IsRemovedFolder(Operation operation, Outcome expected, Outcome found) =>
        operation.HasSlot && found.Result == -(long)Core.Errno.ESTALE
        && expected.Details.EndsWith($"{Observation.Separator}fd{operation.Slot} removed folder ", StringComparison.Ordinal)
        && expected.Details.EndsWith(found.Details, StringComparison.Ordinal);

    // Everything but the object that ext4 still shows, and flexFS does not.
    private static bool IsRemovedSpecial(Operation operation, Outcome expected, Outcome found)
    {
        if (expected.Result != found.Result && found.Result != -(long)Core.Errno.ESTALE) return false;
        if (operation.Call == Call.LinkOpen && expected.Result == -(long)Core.Errno.ENOENT && expected.Details == found.Details) return true;

        // What the call itself said of it is gone with it.
        var rest = expected.Details.Split(Observation.Separator).Where(each => !IsSpecialWithoutLinks(each));
        if (expected.Result != found.Result) rest = rest.Where(static each => !each.StartsWith("atime ", StringComparison.Ordinal));
        return expected.Details != found.Details && string.Join(Observation.Separator, rest) == found.Details;
    }

    private static bool IsSpecialWithoutLinks(string text) =>
        text.StartsWith("fd", StringComparison.Ordinal)
        && (text.Contains("links 0 ", StringComparison.Ordinal) || text.Contains("removed folder", StringComparison.Ordinal))
        && (text.Contains(Observation.PathOnly, StringComparison.Ordinal) || text.Contains(" char ", StringComparison.Ordinal) || text.Contains(" fifo ", StringComparison.Ordinal)
            || text.Contains(" socket ", StringComparison.Ordinal) || text.Contains(" block ", StringComparison.Ordinal));

    internal static string WithoutMoves(string text) =>
        text.Replace("mtime moved ", "", StringComparison.Ordinal).Replace("ctime moved ", "", StringComparison.Ordinal);
}
