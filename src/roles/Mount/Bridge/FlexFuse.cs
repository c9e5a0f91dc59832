using FlexFs.Fuse;
using FlexFs.Fuse.Protocol;

namespace FlexFs.Mount.Bridge;

/// <summary>A volume as the kernel asks for it: each request goes to the class that knows its kind.</summary>
/// <remarks>
/// What is missing here has a default that the kernel expects (<see cref="IFuseFileSystem"/>).
/// </remarks>
internal sealed class FlexFuse(BridgeContext context, bool withXattrs, bool withAcls) : IFuseFileSystem
{
    private readonly NameOperations _names = new(context);
    private readonly FileOperations _files = new(context);
    private readonly DirectoryOperations _directories = new(context);
    private readonly AttributeOperations _attributes = new(context);
    private readonly XattrOperations _xattrs = new(context, withXattrs, withAcls);
    private readonly LockOperations _locks = new(context);
    private readonly RangeOperations _ranges = new(context);

    public void Attached(FuseConnection connection) => context.Kernel.Notifier = connection.Notifier;

    public ValueTask LookupAsync(FuseRequest request, ReadOnlyMemory<byte> name) => _names.LookupAsync(request, name);

    public ValueTask GetAttrAsync(FuseRequest request, FuseGetattrIn args) => _attributes.GetAttrAsync(request);

    public ValueTask SetAttrAsync(FuseRequest request, FuseSetattrIn args) => _attributes.SetAttrAsync(request, args);

    public ValueTask StatxAsync(FuseRequest request, FuseStatxIn args) => _attributes.StatxAsync(request);

    public ValueTask ReadLinkAsync(FuseRequest request) => _attributes.ReadLinkAsync(request);

    public ValueTask SymlinkAsync(FuseRequest request, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> target) =>
        _names.SymlinkAsync(request, name, target);

    public ValueTask MkNodAsync(FuseRequest request, FuseMknodIn args, ReadOnlyMemory<byte> name) =>
        _names.MkNodAsync(request, args, name);

    public ValueTask MkDirAsync(FuseRequest request, FuseMkdirIn args, ReadOnlyMemory<byte> name) =>
        _names.MkDirAsync(request, args, name);

    public ValueTask UnlinkAsync(FuseRequest request, ReadOnlyMemory<byte> name) => _names.UnlinkAsync(request, name);

    public ValueTask RmDirAsync(FuseRequest request, ReadOnlyMemory<byte> name) => _names.RmDirAsync(request, name);

    public ValueTask RenameAsync(
        FuseRequest request, FuseRename2In args, ReadOnlyMemory<byte> oldName, ReadOnlyMemory<byte> newName) =>
        _names.RenameAsync(request, args, oldName, newName);

    public ValueTask LinkAsync(FuseRequest request, ulong oldNodeId, ReadOnlyMemory<byte> newName) =>
        _names.LinkAsync(request, oldNodeId, newName);

    public ValueTask OpenAsync(FuseRequest request, FuseOpenIn args) => _files.OpenAsync(request, args);

    public ValueTask CreateAsync(FuseRequest request, FuseCreateIn args, ReadOnlyMemory<byte> name) =>
        _names.CreateAsync(request, args, name);

    public ValueTask TmpFileAsync(FuseRequest request, FuseCreateIn args) => _names.TmpFileAsync(request, args);

    public ValueTask ReadAsync(FuseRequest request, FuseReadIn args) => _files.ReadAsync(request, args);

    public ValueTask WriteAsync(FuseRequest request, FuseWriteIn args, ReadOnlyMemory<byte> data) =>
        _files.WriteAsync(request, args, data);

    public ValueTask FallocateAsync(FuseRequest request, FuseFallocateIn args) => _ranges.FallocateAsync(request, args);

    public ValueTask LSeekAsync(FuseRequest request, FuseLseekIn args) => _ranges.LSeekAsync(request, args);

    public ValueTask CopyFileRangeAsync(FuseRequest request, FuseCopyFileRangeIn args) =>
        _ranges.CopyFileRangeAsync(request, args);

    public ValueTask FlushAsync(FuseRequest request, FuseFlushIn args) => _files.FlushAsync(request, args);

    public ValueTask ReleaseAsync(FuseRequest request, FuseReleaseIn args) => _files.ReleaseAsync(request, args);

    public ValueTask FSyncAsync(FuseRequest request, FuseFsyncIn args) => _files.FSyncAsync(request, args);

    public ValueTask GetLockAsync(FuseRequest request, FuseLkIn args) => _locks.GetAsync(request, args);

    public ValueTask SetLockAsync(FuseRequest request, FuseLkIn args) => _locks.SetAsync(request, args, waits: false);

    public ValueTask SetLockWaitAsync(FuseRequest request, FuseLkIn args) => _locks.SetAsync(request, args, waits: true);

    public ValueTask OpenDirAsync(FuseRequest request, FuseOpenIn args) => _directories.OpenDirAsync(request, args);

    public ValueTask ReadDirAsync(FuseRequest request, FuseReadIn args) =>
        _directories.ReadAsync(request, args, withAttributes: false);

    public ValueTask ReadDirPlusAsync(FuseRequest request, FuseReadIn args) =>
        _directories.ReadAsync(request, args, withAttributes: true);

    public ValueTask ReleaseDirAsync(FuseRequest request, FuseReleaseIn args) =>
        _directories.ReleaseDirAsync(request, args);

    public ValueTask StatFsAsync(FuseRequest request) => _attributes.StatFsAsync(request);

    public ValueTask SetXattrAsync(
        FuseRequest request, FuseSetxattrIn args, ReadOnlyMemory<byte> name, ReadOnlyMemory<byte> value) =>
        _xattrs.SetAsync(request, args, name, value);

    public ValueTask GetXattrAsync(FuseRequest request, FuseGetxattrIn args, ReadOnlyMemory<byte> name) =>
        _xattrs.GetAsync(request, args.Size, name);

    public ValueTask ListXattrAsync(FuseRequest request, FuseGetxattrIn args) =>
        _xattrs.ListAsync(request, args.Size);

    public ValueTask RemoveXattrAsync(FuseRequest request, ReadOnlyMemory<byte> name) =>
        _xattrs.RemoveAsync(request, name);
}
