using System.Text;
using FlexFs.Core;
using FlexFs.Fuse.Protocol;

namespace FlexFs.Fuse.Tests;

/// <summary>Writes down what it is called with, and answers EDQUOT, which nothing else here answers.</summary>
internal sealed class RecordingFileSystem : IFuseFileSystem
{
    public List<string> Calls { get; } = [];

    public void Forget(ulong nodeId, ulong lookups) => Add($"forget {nodeId} {lookups}");

    public void Retrieved(ulong notifyUnique, ulong nodeId, ulong offset, ReadOnlySpan<byte> data) =>
        Add($"retrieved {notifyUnique} {nodeId} {offset} {Text(data)}");

    public ValueTask LookupAsync(FuseRequest r, ReadOnlyMemory<byte> name) => Record(r, $"lookup {r.NodeId} {Text(name)}");

    public ValueTask GetAttrAsync(FuseRequest r, FuseGetattrIn a) => Record(r, $"getattr {r.NodeId} {a.Fh}");

    public ValueTask SetAttrAsync(FuseRequest r, FuseSetattrIn a) => Record(r, $"setattr {a.Valid} {a.Size} {a.Gid}");

    public ValueTask StatxAsync(FuseRequest r, FuseStatxIn a) => Record(r, $"statx {a.SxMask}");

    public ValueTask AccessAsync(FuseRequest r, FuseAccessIn a) => Record(r, $"access {a.Mask}");

    public ValueTask ReadLinkAsync(FuseRequest r) => Record(r, "readlink");

    public ValueTask SymlinkAsync(FuseRequest r, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> target) =>
        Record(r, $"symlink {Text(name)} {Text(target)}");

    public ValueTask MkNodAsync(FuseRequest r, FuseMknodIn a, ReadOnlyMemory<byte> name) =>
        Record(r, $"mknod {a.Mode} {a.Rdev} {a.Umask} {Text(name)}");

    public ValueTask MkDirAsync(FuseRequest r, FuseMkdirIn a, ReadOnlyMemory<byte> name) =>
        Record(r, $"mkdir {a.Mode} {a.Umask} {Text(name)}");

    public ValueTask UnlinkAsync(FuseRequest r, ReadOnlyMemory<byte> name) => Record(r, $"unlink {Text(name)}");

    public ValueTask RmDirAsync(FuseRequest r, ReadOnlyMemory<byte> name) => Record(r, $"rmdir {Text(name)}");

    public ValueTask RenameAsync(FuseRequest r, FuseRename2In a, ReadOnlyMemory<byte> oldName, ReadOnlyMemory<byte> newName) =>
        Record(r, $"rename {a.NewDir} {a.Flags} {Text(oldName)} {Text(newName)}");

    public ValueTask LinkAsync(FuseRequest r, ulong oldNodeId, ReadOnlyMemory<byte> newName) =>
        Record(r, $"link {oldNodeId} {Text(newName)}");

    public ValueTask OpenAsync(FuseRequest r, FuseOpenIn a) => Record(r, $"open {a.Flags} {a.OpenFlags}");

    public ValueTask CreateAsync(FuseRequest r, FuseCreateIn a, ReadOnlyMemory<byte> name) =>
        Record(r, $"create {a.Mode} {Text(name)} group {r.SupplementaryGroup}");

    public ValueTask TmpFileAsync(FuseRequest r, FuseCreateIn a) => Record(r, $"tmpfile {a.Mode}");

    public ValueTask ReadAsync(FuseRequest r, FuseReadIn a) => Record(r, $"read {a.Fh} {a.Offset} {a.Size}");

    public ValueTask WriteAsync(FuseRequest r, FuseWriteIn a, ReadOnlyMemory<byte> data) =>
        Record(r, $"write {a.Fh} {a.Offset} {data.Length} {data.Span[0]} {data.Span[^1]}");

    public ValueTask FlushAsync(FuseRequest r, FuseFlushIn a) => Record(r, $"flush {a.LockOwner}");

    public ValueTask ReleaseAsync(FuseRequest r, FuseReleaseIn a) => Record(r, $"release {a.Fh} {a.ReleaseFlags}");

    public ValueTask FSyncAsync(FuseRequest r, FuseFsyncIn a) => Record(r, $"fsync {a.FsyncFlags}");

    public ValueTask OpenDirAsync(FuseRequest r, FuseOpenIn a) => Record(r, $"opendir {a.Flags}");

    public ValueTask ReadDirAsync(FuseRequest r, FuseReadIn a) => Record(r, $"readdir {a.Offset}");

    public ValueTask ReadDirPlusAsync(FuseRequest r, FuseReadIn a) => Record(r, $"readdirplus {a.Offset}");

    public ValueTask ReleaseDirAsync(FuseRequest r, FuseReleaseIn a) => Record(r, $"releasedir {a.Fh}");

    public ValueTask FSyncDirAsync(FuseRequest r, FuseFsyncIn a) => Record(r, $"fsyncdir {a.FsyncFlags}");

    public ValueTask StatFsAsync(FuseRequest r) => Record(r, "statfs");

    public ValueTask SyncFsAsync(FuseRequest r) => Record(r, "syncfs");

    public ValueTask SetXattrAsync(FuseRequest r, FuseSetxattrIn a, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> value) =>
        Record(r, $"setxattr {a.Flags} {a.SetxattrFlags} {Text(name)} {Text(value)}");

    public ValueTask GetXattrAsync(FuseRequest r, FuseGetxattrIn a, ReadOnlyMemory<byte> name) =>
        Record(r, $"getxattr {a.Size} {Text(name)}");

    public ValueTask ListXattrAsync(FuseRequest r, FuseGetxattrIn a) => Record(r, $"listxattr {a.Size}");

    public ValueTask RemoveXattrAsync(FuseRequest r, ReadOnlyMemory<byte> name) => Record(r, $"removexattr {Text(name)}");

    public ValueTask GetLockAsync(FuseRequest r, FuseLkIn a) => Record(r, $"getlk {a.Owner} {a.Lk.End}");

    public ValueTask SetLockAsync(FuseRequest r, FuseLkIn a) => Record(r, $"setlk {a.Owner} {a.LkFlags}");

    public ValueTask SetLockWaitAsync(FuseRequest r, FuseLkIn a) => Record(r, $"setlkw {a.Owner} {a.LkFlags}");

    public ValueTask FallocateAsync(FuseRequest r, FuseFallocateIn a) => Record(r, $"fallocate {a.Offset} {a.Length} {a.Mode}");

    public ValueTask LSeekAsync(FuseRequest r, FuseLseekIn a) => Record(r, $"lseek {a.Offset} {a.Whence}");

    public ValueTask CopyFileRangeAsync(FuseRequest r, FuseCopyFileRangeIn a) => Record(r, $"copy {a.NodeIdOut} {a.Len}");

    public ValueTask IoctlAsync(FuseRequest r, FuseIoctlIn a, ReadOnlyMemory<byte> input) =>
        Record(r, $"ioctl {a.Cmd} {Text(input)}");

    public ValueTask PollAsync(FuseRequest r, FusePollIn a) => Record(r, $"poll {a.Events}");

    public ValueTask BMapAsync(FuseRequest r, FuseBmapIn a) => Record(r, $"bmap {a.Block}");

    public ValueTask SetupMappingAsync(FuseRequest r, FuseSetupmappingIn a) => Record(r, $"setupmapping {a.Len}");

    public ValueTask RemoveMappingAsync(FuseRequest r, ReadOnlyMemory<byte> mappings) =>
        Record(r, $"removemapping {mappings.Length}");

    private static string Text(ReadOnlyMemory<byte> bytes) => Text(bytes.Span);

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    private ValueTask Record(FuseRequest request, string call)
    {
        Add(call);
        request.Reply.Error(Errno.EDQUOT);
        return default;
    }

    private void Add(string call)
    {
        lock (Calls) Calls.Add(call);
    }
}
