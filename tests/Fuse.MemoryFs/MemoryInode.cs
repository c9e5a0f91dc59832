using FlexFs.Core;
using FlexFs.Fuse.Protocol;
using FileMode = FlexFs.Core.FileMode;

namespace FlexFs.Fuse.MemoryFs;

/// <summary>A file, directory, link or device. Guarded by the file system's lock, its data and size by its own.</summary>
internal sealed class MemoryInode(ulong id, uint mode, uint uid, uint gid, long now)
{
    public readonly ulong Id = id;
    public readonly Lock DataLock = new();
    public uint Mode = mode;
    public uint Uid = uid;
    public uint Gid = gid;
    public uint Nlink = 1;
    public uint Rdev;
    public ulong Lookups;
    public long Size;
    public long Atime = now;
    public long Mtime = now;
    public long Ctime = now;
    public readonly long Btime = now;
    public MemoryData? Data;
    public MemoryDirectory? Directory;
    public byte[]? Target;
    public SortedDictionary<string, byte[]>? Xattrs;
    public MemoryFlock? Flock;

    public FileType Type => FileMode.TypeOf(Mode);

    /// <summary>What WRITE, chown and truncate do to the set-id bits when the kernel asks for it (HANDLE_KILLPRIV_V2).</summary>
    public void ClearSetId()
    {
        Mode &= ~FileMode.SetUid;
        if ((Mode & FileMode.GroupExecute) != 0) Mode &= ~FileMode.SetGid;
    }

    public FuseAttr Attributes() => new()
    {
        Ino = Id,
        Size = (ulong)Size,
        Blocks = (ulong)((Data?.Allocated ?? 0) + 511) / 512,
        Atime = (ulong)(Atime / 1_000_000_000),
        Mtime = (ulong)(Mtime / 1_000_000_000),
        Ctime = (ulong)(Ctime / 1_000_000_000),
        AtimeNsec = (uint)(Atime % 1_000_000_000),
        MtimeNsec = (uint)(Mtime % 1_000_000_000),
        CtimeNsec = (uint)(Ctime % 1_000_000_000),
        Mode = Mode,
        Nlink = Nlink,
        Uid = Uid,
        Gid = Gid,
        Rdev = Rdev,
        Blksize = 4096,
    };
}
