using FlexFs.Core;
using FlexFs.Metadata.Records;

namespace FlexFs.Metadata.Operations;

/// <summary>Which ranges of which inodes can be worked on.</summary>
internal static class Ranges
{
    /// <summary>EISDIR, EINVAL (no regular file, a negative or empty range), EFBIG (beyond the largest file).</summary>
    public static Errno Check(in InodeRecord record, long offset, long length)
    {
        if (record.Type == FileType.Directory) return Errno.EISDIR;
        if (record.Type != FileType.Regular || offset < 0 || length <= 0) return Errno.EINVAL;
        return offset > Limits.FileBytesMax - length ? Errno.EFBIG : Errno.OK;
    }
}
