using FlexFs.Core;

namespace FlexFs.Metadata.Operations;

/// <summary>Which names a directory may hold.</summary>
internal static class EntryNames
{
    /// <summary>OK, ENAMETOOLONG, or EINVAL: empty, <c>.</c>, <c>..</c>, with a slash or a zero byte.</summary>
    public static Errno Check(ReadOnlySpan<byte> name)
    {
        if (name.Length > Limits.NameBytesMax) return Errno.ENAMETOOLONG;
        if (name.IsEmpty || name.SequenceEqual("."u8) || name.SequenceEqual(".."u8)) return Errno.EINVAL;
        return name.ContainsAny((byte)'/', (byte)0) ? Errno.EINVAL : Errno.OK;
    }
}
