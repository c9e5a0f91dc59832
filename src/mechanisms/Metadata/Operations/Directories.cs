using FlexFs.Core;
using FlexFs.Metadata.Records;

namespace FlexFs.Metadata.Operations;

/// <summary>What a change of names does to the directory that holds them.</summary>
internal static class Directories
{
    /// <summary>
    /// The first cookie of a directory: 0 is the beginning of a listing, and 1 and 2 are left to clients for <c>.</c> and <c>..</c>.
    /// </summary>
    public const ulong FirstCookie = 3;

    /// <summary>
    /// A directory that names can be put into or taken from. ENOENT when it was removed (as open(2) has it for a dangling path),
    /// ENOTDIR.
    /// </summary>
    public static Errno Find(OperationContext c, InodeId directory, out InodeRecord record)
    {
        if (!c.TryGetInode(directory, out record)) return Errno.ENOENT;
        if (record.Type != FileType.Directory) return Errno.ENOTDIR;
        return record.LinkCount == 0 ? Errno.ENOENT : Errno.OK;
    }

    /// <summary>Entries came, went or changed: counts, times and version of the directory.</summary>
    /// <param name="c">The operation.</param>
    /// <param name="directory">The directory.</param>
    /// <param name="entries">Names more.</param>
    /// <param name="subdirectories">Directories among them more.</param>
    /// <param name="takesCookie">Whether a place in the listing is taken.</param>
    /// <returns>That place.</returns>
    public static ulong Change(
        OperationContext c, InodeId directory, int entries, int subdirectories, bool takesCookie = false)
    {
        c.TryGetInode(directory, out var record);
        c.PutInode(directory, record with
        {
            SizeBytes = record.SizeBytes + entries,
            LinkCount = (uint)(record.LinkCount + subdirectories),
            NextCookie = record.NextCookie + (takesCookie ? 1UL : 0),
            ModifiedAt = c.Now,
            ChangedAt = c.Now,
            DataVersion = record.DataVersion + 1,
        });
        return record.NextCookie;
    }
}
