using System.Collections.Immutable;
using FlexFs.Client.Session;
using FlexFs.Core;
using FlexFs.Core.Locks;
using FlexFs.Protocol.Metadata;
using FlexFs.Rpc;
using Microsoft.Extensions.Logging;

namespace FlexFs.Client.Locks;

/// <summary>The locks of this session: asked of the server, remembered so that they can be claimed after its restart and let go.</summary>
/// <remarks>
/// What holds:
///   1. what is remembered as held, the server granted, and was not asked to take back since: so nothing is claimed that is not held;
///   2. requests of one owner whose order at the server is in doubt are settled by asking once more;
///   3. a lock that was lost with its session, or given to another after a restart, makes EIO of every use of the handles through
///      which it was taken, until they are closed: what the program did under it is not protected any more.
/// Its lock guards the tables and is held for no await. Round trips: one for each lock, unlock and test; none at the close of a file
/// that nobody locked.
/// </remarks>
internal sealed class FileLocks(MetadataSession session, ILogger log)
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<LockKey, OwnerLocks> _owners = [];
    private readonly Dictionary<ulong, SortedSet<LockKey>> _ofHandle = [];
    private readonly HashSet<ulong> _lost = [];
    private readonly Dictionary<InodeId, Task> _releasing = [];
    private ulong _ticket;
    private volatile bool _anyLost;

    /// <summary>Ranges that are held.</summary>
    public int HeldCount
    {
        get
        {
            lock (_gate) return _owners.Values.Sum(owner => owner.Held.Count);
        }
    }

    /// <summary>Whether a lock that was taken through this handle was lost. Costs a field's read while none ever was.</summary>
    public bool IsLost(ulong handle)
    {
        if (!_anyLost) return false;
        lock (_gate) return _lost.Contains(handle);
    }

    /// <summary>Whether a lock request would let go of something exclusive that the owner has: then the file's bytes go first.</summary>
    public bool LetsGo(InodeId inode, in LockSpec spec)
    {
        lock (_gate)
        {
            if (!_owners.TryGetValue(new LockKey(inode, spec.Kind, spec.Owner), out var owner)) return false;
            return owner.Held.ExclusiveCount > 0 && spec.Type == LockType.Shared && owner.Held.Touches(spec.Range);
        }
    }

    /// <summary>Whether an owner has, or asks for, anything of a file.</summary>
    public bool Has(InodeId inode, LockKind kind, ulong owner)
    {
        lock (_gate) return _owners.ContainsKey(new LockKey(inode, kind, owner));
    }

    /// <summary>Whether anything was locked through a handle.</summary>
    public bool WasUsed(ulong handle)
    {
        lock (_gate) return _ofHandle.ContainsKey(handle);
    }

    /// <summary>Locks, waiting if told to; EINTR when the wait was cancelled.</summary>
    public async ValueTask<Errno> LockAsync(
        InodeId inode, ulong handle, LockSpec spec, bool waits, CancellationToken cancellationToken)
    {
        if (IsLost(handle)) return Errno.EIO;
        await ReleasedAsync(inode);
        var owner = Enter(new LockKey(inode, spec.Kind, spec.Owner), handle, spec, out var step);
        var errno = await AskAsync(inode, spec, waits, cancellationToken);
        if (TryEnd(owner, step, spec, errno, isFirst: true)) return errno;
        await owner.Settling.EnterAsync(CancellationToken.None);
        try
        {
            do
            {
                lock (_gate) step = owner.Begin(spec.Range);
                errno = await AskAsync(inode, spec, waits, cancellationToken);
            }
            while (!TryEnd(owner, step, spec, errno, isFirst: false));
            return errno;
        }
        finally
        {
            owner.Settling.Exit();
            lock (_gate)
            {
                owner.Unsettled--;
                Forget(owner);
            }
        }
    }

    /// <summary>Unlocks bytes of an owner.</summary>
    public async ValueTask<Errno> UnlockAsync(InodeId inode, LockKind kind, ulong owner, LockRange range)
    {
        OwnerLocks? of;
        LockStep step;
        lock (_gate)
        {
            if (!_owners.TryGetValue(new LockKey(inode, kind, owner), out of)) return Errno.OK;
            of.Held.Clear(range);
            step = of.Begin(range);
        }

        var wish = new FileLock { Inode = inode, Kind = kind, Owner = owner, Start = range.Start, End = range.End };
        var reply = await session.CallAsync<UnlockRequest, EmptyReply>(
            Opcode.Unlock, new UnlockRequest { Lock = wish }, CancellationToken.None, RpcLane.Release);
        lock (_gate)
        {
            of.End(step);
            Forget(of);
        }

        return reply.Errno;
    }

    /// <summary>Who is in the way of a lock.</summary>
    public async ValueTask<Result<LockInTheWay?>> TestAsync(
        InodeId inode, ulong handle, LockSpec spec, CancellationToken cancellationToken)
    {
        if (IsLost(handle)) return Errno.EIO;
        await ReleasedAsync(inode);
        var reply = await session.CallAsync<TestLockRequest, TestLockReply>(
            Opcode.TestLock, new TestLockRequest { Lock = WireOf(inode, spec) }, cancellationToken);
        if (!reply.IsOk) return reply.Errno;
        if (reply.Value.Found is not { } found) return new Result<LockInTheWay?>((LockInTheWay?)null);

        // A number of another host's process would name somebody else here.
        var process = reply.Value.Session == session.Welcome.Session ? found.ProcessId : 0;
        return new Result<LockInTheWay?>(new LockInTheWay(new LockRange(found.Start, found.End), found.Type, process));
    }

    /// <summary>The handle is gone, and with it what was locked through it: locks of the open file, and of processes that never closed it.</summary>
    /// <param name="inode">Its file.</param>
    /// <param name="handle">Used no more.</param>
    /// <param name="beforeUnlock">Stores what was written under the locks.</param>
    /// <param name="done">Called once at the end, also when there was nothing to do.</param>
    public void Release(InodeId inode, ulong handle, Func<ValueTask> beforeUnlock, Action done)
    {
        var released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        LockKey[] keys;
        Task before;
        lock (_gate)
        {
            _lost.Remove(handle);
            if (!_ofHandle.Remove(handle, out var of)) of = [];
            foreach (var key in of)
            {
                if (_owners.TryGetValue(key, out var owner)) owner.Handles.Remove(handle);
            }

            keys = [.. of];
            before = _releasing.GetValueOrDefault(inode, Task.CompletedTask);
            _releasing[inode] = released.Task;
        }

        _ = ReleaseAsync(inode, keys, before, beforeUnlock, released, done);
    }

    /// <summary>close(2) by a process: its record locks of the file end, through whatever handle they were taken.</summary>
    public ValueTask<Errno> ReleaseProcessAsync(InodeId inode, ulong owner)
    {
        var key = new LockKey(inode, LockKind.Record, owner);
        lock (_gate)
        {
            foreach (var of in _ofHandle.Where(of => of.Value.Contains(key)).ToArray())
            {
                of.Value.Remove(key);
                if (of.Value.Count == 0) _ofHandle.Remove(of.Key);
            }
        }

        return UnlockAsync(inode, LockKind.Record, owner, LockRange.Whole);
    }

    /// <summary>Everything that is held: what a restarted server is told.</summary>
    public ImmutableArray<FileLock> All()
    {
        lock (_gate)
        {
            return
            [
                .. from owner in _owners.Values
                   from held in owner.Held.All
                   select WireOf(owner.Key.Inode, new LockSpec(
                       owner.Key.Kind, owner.Key.Owner, held.Type, held.Range, held.ProcessId)),
            ];
        }
    }

    /// <summary>Another session has this lock now.</summary>
    public void Lost(in FileLock what)
    {
        lock (_gate)
        {
            if (!_owners.TryGetValue(new LockKey(what.Inode, what.Kind, what.Owner), out var owner)) return;
            owner.Held.Clear(new LockRange(what.Start, what.End));
            Lose(owner);
        }
    }

    /// <summary>The session ended, and all of its locks with it.</summary>
    public void LostAll()
    {
        lock (_gate)
        {
            foreach (var owner in _owners.Values.ToArray())
            {
                if (owner.Held.Count == 0) continue;
                owner.Held.Clear(LockRange.Whole);
                Lose(owner);
            }
        }
    }

    // Under the lock.
    private void Lose(OwnerLocks owner)
    {
        ClientLog.LockLost(log, owner.Key.Inode);
        _lost.UnionWith(owner.Handles);
        _anyLost = true;
        Forget(owner);
    }

    private OwnerLocks Enter(LockKey key, ulong handle, in LockSpec spec, out LockStep step)
    {
        lock (_gate)
        {
            if (!_owners.TryGetValue(key, out var owner)) _owners.Add(key, owner = new OwnerLocks(key));
            owner.Handles.Add(handle);
            if (!_ofHandle.TryGetValue(handle, out var of)) _ofHandle.Add(handle, of = []);
            of.Add(key);

            // flock(2): the server lets go of a lock of the other type first, whatever becomes of the request.
            if (key.Kind == LockKind.Flock && !owner.Held.Has(LockRange.Whole, spec.Type)) owner.Held.Clear(LockRange.Whole);
            step = owner.Begin(spec.Range);
            return owner;
        }
    }

    // False when it was granted, but another request may have undone it; from the first time on it counts as not settled.
    private bool TryEnd(OwnerLocks owner, LockStep step, in LockSpec spec, Errno errno, bool isFirst)
    {
        lock (_gate)
        {
            owner.End(step);
            if (errno == Errno.OK)
            {
                if (step.WasCrossed)
                {
                    if (isFirst) owner.Unsettled++;
                    return false;
                }

                owner.Held.Set(new HeldRange(spec.Range, spec.Type, spec.ProcessId, default));
            }

            Forget(owner);
            return true;
        }
    }

    // Under the lock.
    private void Forget(OwnerLocks owner)
    {
        if (owner.IsIdle && _owners.GetValueOrDefault(owner.Key) == owner) _owners.Remove(owner.Key);
    }

    private async ValueTask<Errno> AskAsync(InodeId inode, LockSpec spec, bool waits, CancellationToken cancellationToken)
    {
        var ticket = Interlocked.Increment(ref _ticket);
        var request = new LockRequest { Lock = WireOf(inode, spec), Waits = waits, Ticket = ticket };
        var answering = session.CallAsync<LockRequest, EmptyReply>(Opcode.Lock, request, CancellationToken.None);
        Result<EmptyReply> reply;
        await using (waits ? cancellationToken.UnsafeRegister(_ => Cancel(ticket), null) : default)
        {
            reply = await answering;
        }

        // Of a wait, EAGAIN means that as many wait as can.
        return waits && reply.Errno == Errno.EAGAIN ? Errno.ENOLCK : reply.Errno;
    }

    private void Cancel(ulong ticket) => _ = session.CallAsync<CancelLockRequest, EmptyReply>(
        Opcode.CancelLock, new CancelLockRequest { Ticket = ticket }, CancellationToken.None, RpcLane.Release).AsTask();

    // RELEASE comes after close(2) has returned, so a lock that is asked for next must not meet what is being let go.
    private async ValueTask ReleasedAsync(InodeId inode)
    {
        Task releasing;
        lock (_gate)
        {
            if (!_releasing.TryGetValue(inode, out releasing!)) return;
        }

        await releasing;
    }

    private async Task ReleaseAsync(
        InodeId inode, LockKey[] keys, Task before, Func<ValueTask> beforeUnlock, TaskCompletionSource released, Action done)
    {
        try
        {
            await before;
            var isFirst = true;
            foreach (var key in keys)
            {
                if (!Has(key.Inode, key.Kind, key.Owner)) continue;
                if (isFirst) await beforeUnlock();
                isFirst = false;
                _ = await UnlockAsync(key.Inode, key.Kind, key.Owner, LockRange.Whole);
            }
        }
        finally
        {
            lock (_gate)
            {
                if (_releasing.GetValueOrDefault(inode) == released.Task) _releasing.Remove(inode);
            }

            released.SetResult();
            done();
        }
    }

    private static FileLock WireOf(InodeId inode, in LockSpec spec) => new()
    {
        Inode = inode,
        Kind = spec.Kind,
        Type = spec.Type,
        Owner = spec.Owner,
        Start = spec.Range.Start,
        End = spec.Range.End,
        ProcessId = spec.ProcessId,
    };
}
