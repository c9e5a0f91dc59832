using FlexFs.Client.Locks;
using FlexFs.Core;
using FlexFs.Core.Locks;
using FlexFs.Fuse;
using FlexFs.Fuse.Protocol;

namespace FlexFs.Mount.Bridge;

/// <summary>fcntl(2) and flock(2) locks, which other hosts see.</summary>
/// <remarks>
/// An owner is the number that the kernel gives: of a process for fcntl, of an open file for F_OFD_ and flock. They end with FLUSH (a
/// process closed a descriptor) and RELEASE (the last descriptor of an open file is gone). A lock is answered after pages of the file
/// that another host overwrote are dropped, so the program reads what the last holder wrote. Locking twice does no harm, so requests
/// that come again are not told apart.
/// </remarks>
internal sealed class LockOperations(BridgeContext context)
{
    internal async ValueTask GetAsync(FuseRequest request, FuseLkIn args)
    {
        if (!TrySpec(args, out var spec))
        {
            request.Reply.Error(Errno.EINVAL);
            return;
        }

        var found = await context.FileSystem.Locks.TestAsync(args.Fh, spec, BridgeContext.Interrupt(request));
        if (!found.IsOk) request.Reply.Error(found.Errno);
        else if (found.Value is not { } inTheWay) request.Reply.Lock(args.Lk with { Type = FuseFileLock.Unlocked });
        else request.Reply.Lock(new FuseFileLock
        {
            Start = inTheWay.Range.Start,
            End = inTheWay.Range.End,
            Type = inTheWay.Type == LockType.Shared ? FuseFileLock.Shared : FuseFileLock.Exclusive,
            Pid = inTheWay.ProcessId,
        });
    }

    internal async ValueTask SetAsync(FuseRequest request, FuseLkIn args, bool waits)
    {
        if (!TrySpec(args, out var spec))
        {
            request.Reply.Error(Errno.EINVAL);
            return;
        }

        if (args.Lk.Type == FuseFileLock.Unlocked)
        {
            var (errno, isHeard) = await context.WaitAsync(request, context.FileSystem.Locks.UnlockAsync(args.Fh, spec));
            if (isHeard) request.Reply.Error(errno);
            return;
        }

        var nodeId = request.NodeId;
        var locking = context.FileSystem.Locks.LockAsync(args.Fh, spec, waits, waits ? request.InterruptToken : CancellationToken.None);
        var (locked, isAwaited) = await context.WaitAsync(request, locking);
        if (!isAwaited)
        {
            // The program was killed while the server was away, and what it held was let go.
            if (locked.IsOk) _ = await context.FileSystem.Locks.DropAsync(context.Inode(nodeId), spec);
            return;
        }

        if (locked is { IsOk: true, Value.DataUnchanged: false } && context.Kernel.Notifier is { } notifier)
        {
            _ = await notifier.InvalidateDataAsync(nodeId, 0, 0);
        }

        request.Reply.Error(locked.Errno);
    }

    private static bool TrySpec(in FuseLkIn args, out LockSpec spec)
    {
        var kind = (args.LkFlags & FuseLkIn.Flock) != 0 ? LockKind.Flock : LockKind.Record;
        var range = kind == LockKind.Flock ? LockRange.Whole : new LockRange(args.Lk.Start, args.Lk.End);
        var type = args.Lk.Type == FuseFileLock.Shared ? LockType.Shared : LockType.Exclusive;
        spec = new LockSpec(kind, args.Owner, type, range, args.Lk.Pid);
        return range.IsValid && args.Lk.Type <= FuseFileLock.Unlocked;
    }
}
