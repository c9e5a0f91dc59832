using FlexFs.Harness.Native;

namespace FlexFs.Differential.Operations;

/// <summary>An open file, as far as it matters to what is called next.</summary>
/// <param name="Inode">Its number.</param>
/// <param name="Type">Of the inode.</param>
/// <param name="Flags">How it is open, fcntl(F_GETFL).</param>
/// <param name="SizeBytes">Of the file.</param>
/// <param name="Owner">Of the inode.</param>
/// <param name="Links">Its names.</param>
/// <param name="Mount">Through which it was opened.</param>
internal readonly record struct OpenState(ulong Inode, uint Type, OpenFlags Flags, long SizeBytes, uint Owner, uint Links, int Mount)
{
    internal bool IsPath => Flags.HasFlag(OpenFlags.O_PATH);

    /// <summary>Only a regular file that was opened for its bytes lives on without a name.</summary>
    internal bool IsGone => Links == 0 && (IsPath || !IsFile);

    internal bool IsDirect => Flags.HasFlag(OpenFlags.O_DIRECT);

    internal bool IsAppended => Flags.HasFlag(OpenFlags.O_APPEND);

    internal bool CanRead => !IsPath && (Flags & OpenFlags.O_WRONLY) == 0;

    internal bool CanWrite => !IsPath && (Flags & (OpenFlags.O_WRONLY | OpenFlags.O_RDWR)) != 0;

    internal bool IsFile => Type == Mode.IFREG;

    internal bool IsFolder => Type == Mode.IFDIR;
}

/// <summary>What the generator may look at: how things are on the side that is compared with.</summary>
internal interface ISituation
{
    /// <summary>What is open in a slot; null when nothing is.</summary>
    OpenState? Open(int slot);

    /// <summary>What is mapped: the slot's protection; null when nothing is.</summary>
    Protection? Mapped(int map);

    /// <summary>lstat(2), as root.</summary>
    Statx? Look(CString path);

    /// <summary>access(2), for a user of <see cref="Users"/>.</summary>
    bool May(int user, CString path, int mode);
}
