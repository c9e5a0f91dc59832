using FlexFs.Core;
using FlexFs.Fuse.Protocol;

namespace FlexFs.Fuse.MemoryFs;

/// <summary>flock(2) of one inode: many share it or one has it. Requests that wait are kept until it is their turn.</summary>
internal sealed class MemoryFlock
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ulong, uint> _held = [];
    private readonly List<(FuseRequest Request, FuseLkIn Args)> _waiting = [];

    public void Set(FuseRequest request, FuseLkIn args, bool wait)
    {
        lock (_lock)
        {
            if (args.Lk.Type == FuseFileLock.Unlocked)
            {
                _held.Remove(args.Owner);
                request.Reply.Ok();
                Grant();
                return;
            }
            if (TryTake(args))
            {
                request.Reply.Ok();
                Grant();
                return;
            }
            if (!wait)
            {
                request.Reply.Error(Errno.EAGAIN);
                return;
            }
            request.Detach();
            _waiting.Add((request, args));
        }
        // Outside the lock: the token calls at once if the interrupt came before.
        request.InterruptToken.UnsafeRegister(static (state, _) => ((MemoryFlock)state!).DropInterrupted(), this);
    }

    public void Release(ulong owner)
    {
        lock (_lock)
        {
            _held.Remove(owner);
            Grant();
        }
    }

    private bool TryTake(in FuseLkIn args)
    {
        foreach ((ulong owner, uint type) in _held)
        {
            if (owner == args.Owner) continue;
            if (type == FuseFileLock.Exclusive || args.Lk.Type == FuseFileLock.Exclusive) return false;
        }
        _held[args.Owner] = args.Lk.Type;
        return true;
    }

    private void Grant()
    {
        for (int i = 0; i < _waiting.Count; i++)
        {
            if (!TryTake(_waiting[i].Args)) continue;
            // An answer the program is not there for any more gave away a lock.
            if (!_waiting[i].Request.Reply.Ok()) _held.Remove(_waiting[i].Args.Owner);
            _waiting.RemoveAt(i--);
        }
    }

    private void DropInterrupted()
    {
        lock (_lock)
        {
            for (int i = _waiting.Count - 1; i >= 0; i--)
            {
                if (!_waiting[i].Request.IsInterrupted) continue;
                _waiting[i].Request.Reply.Error(Errno.EINTR);
                _waiting.RemoveAt(i);
            }
        }
    }
}
