using System.Collections.Concurrent;
using FlexFs.Client.Handles;
using FlexFs.Client.Writing;
using FlexFs.Core;
using FlexFs.Fuse;
using FlexFs.Fuse.Protocol;

namespace FlexFs.Mount.Bridge;

/// <summary>Open files: open, read, write, flush, fsync, release.</summary>
/// <remarks>
/// OPEN asks the server, which makes a file closed elsewhere visible here; the kernel's pages of it stay if its bytes are those of before.
/// READ copies once, from the block cache into the reply's resident buffer. WRITE copies once, from the request's buffer into dirty
/// memory, and is answered then.
/// </remarks>
internal sealed class FileOperations(BridgeContext context)
{
    // The thread that wrote last through a handle: whose close a FLUSH probably is.
    private readonly ConcurrentDictionary<ulong, uint> _writers = new();

    internal async ValueTask OpenAsync(FuseRequest request, FuseOpenIn args)
    {
        var inode = context.Inode(request.NodeId);
        var truncates = (args.Flags & (uint)OpenFlags.Truncate) != 0;
        using var change = truncates ? context.Changes.Begin() : default(ChangeCount.Change?);
        var clearsSetId = (args.OpenFlags & FuseOpenIn.KillSuidGid) != 0;
        var opening = context.FileSystem.OpenAsync(
            inode, (OpenFlags)args.Flags, clearsSetId, BridgeContext.Interrupt(request));
        var (opened, isAwaited) = truncates ? await context.WaitAsync(request, opening) : (await opening, true);
        if (!isAwaited)
        {
            if (opened.IsOk) _ = context.FileSystem.Release(opened.Value.Handle);
            return;
        }

        if (!opened.IsOk)
        {
            request.Reply.Error(opened.Errno);
            return;
        }

        var (handle, _, unchanged, _, isShared, isAccessNoted) = opened.Value;
        var errno = context.Handles.Add(handle, inode, args.Flags);
        if (errno != Errno.OK)
        {
            _ = context.FileSystem.Release(handle);
            request.Reply.Error(errno);
            return;
        }

        // Another host changed it: with an older size the kernel would end reads too early.
        if (!unchanged || clearsSetId || isAccessNoted) context.DropAttributes(request.NodeId);
        var taken = request.Reply.Open(new FuseOpenOut
        {
            Fh = handle,
            OpenFlags = (unchanged && !truncates ? FuseOpenFlags.KeepCache : FuseOpenFlags.None)
                | (isShared ? FuseOpenFlags.DirectIo : FuseOpenFlags.None),
        });
        if (!taken) Release(handle);
    }

    internal async ValueTask ReadAsync(FuseRequest request, FuseReadIn args)
    {
        var buffer = request.ReplyBuffer((int)args.Size);
        var target = args.FillsPages ? ReadTarget.Pages : ReadTarget.Caller;
        var read = await context.FileSystem.ReadAsync(
            args.Fh, (long)args.Offset, buffer, target, BridgeContext.Interrupt(request));
        if (read.IsOk) request.Reply.Data(buffer.Span[..read.Value]);
        else request.Reply.Error(read.Errno);
    }

    internal async ValueTask WriteAsync(FuseRequest request, FuseWriteIn args, ReadOnlyMemory<byte> data)
    {
        using var change = context.Changes.Begin();
        var writer = request.Pid;
        if (!_writers.TryGetValue(args.Fh, out var last) || last != writer) _writers[args.Fh] = writer;
        var clearsSetId = (args.WriteFlags & FuseWriteIn.KillSuidGid) != 0;

        // What mappings wrote has its place; what write(2) appends goes to the end, which the kernel may not know.
        if ((args.Flags & (uint)OpenFlags.Append) != 0 && !args.IsFromCache)
        {
            await AppendAsync(request, args, data, clearsSetId);
            return;
        }

        var nodeId = request.NodeId;
        var written = await context.FileSystem.WriteAsync(
            args.Fh, (long)args.Offset, data, clearsSetId, OriginOf(args), BridgeContext.Interrupt(request));

        // What went past the kernel's pages is in none of them, and a READ that was under way may just have filled one.
        if (args.IsDirect && written.IsOk && context.FileSystem.MayHavePages(args.Fh))
        {
            await context.DropPagesAsync(nodeId, (long)args.Offset, written.Value);
        }

        // The kernel left the bits to us and goes on showing them.
        if (clearsSetId) context.DropAttributes(nodeId);
        if (written.IsOk) request.Reply.Written((uint)written.Value);
        else request.Reply.Error(written.Errno);
    }

    private async ValueTask AppendAsync(FuseRequest request, FuseWriteIn args, ReadOnlyMemory<byte> data, bool clearsSetId)
    {
        const long PageBytes = 4096;
        var nodeId = request.NodeId;
        var written = await context.FileSystem.AppendAsync(
            args.Fh, data, clearsSetId, OriginOf(args), BridgeContext.Interrupt(request));
        if (clearsSetId) context.DropAttributes(nodeId);
        if (!written.IsOk)
        {
            request.Reply.Error(written.Errno);
            return;
        }

        if (args.IsDirect && context.FileSystem.MayHavePages(args.Fh))
        {
            await context.DropPagesAsync(nodeId, written.Value.Offset, written.Value.Bytes);
        }

        request.Reply.Written((uint)written.Value.Bytes);
        if (written.Value.Offset == (long)args.Offset) return;

        // The kernel has put the bytes where it believed the end to be.
        var from = Math.Min(written.Value.Offset, (long)args.Offset);
        context.DropPages(nodeId, from - (from % PageBytes));
    }

    private static WriteOrigin OriginOf(in FuseWriteIn args) =>
        args.IsFromCache ? WriteOrigin.Mapping : args.IsDirect ? WriteOrigin.Unlocked : WriteOrigin.Pages;

    internal async ValueTask FlushAsync(FuseRequest request, FuseFlushIn args)
    {
        using var change = context.Changes.Begin();
        var (errno, isAwaited) = await context.WaitAsync(
            request, context.FileSystem.Locks.CloseAsync(args.Fh, args.LockOwner), _writers.GetValueOrDefault(args.Fh));
        if (isAwaited) request.Reply.Error(errno);
    }

    internal async ValueTask FSyncAsync(FuseRequest request, FuseFsyncIn args)
    {
        using var change = context.Changes.Begin();
        var (errno, isAwaited) = await context.WaitAsync(request, context.FileSystem.FsyncAsync(args.Fh));
        if (isAwaited) request.Reply.Error(errno);
    }

    internal ValueTask ReleaseAsync(FuseRequest request, FuseReleaseIn args)
    {
        Release(args.Fh);
        request.Reply.Ok();
        return default;
    }

    private void Release(ulong handle)
    {
        context.Handles.Remove(handle);
        _ = _writers.TryRemove(handle, out _);
        _ = context.FileSystem.Release(handle);
    }
}
