using System.Buffers;
using FlexFs.Core;
using FlexFs.Core.Locks;
using FlexFs.Metadata.Locks;
using FlexFs.MetadataService.Pipeline;
using FlexFs.MetadataService.Sessions;
using FlexFs.Protocol.Metadata;
using FlexFs.Wire;

namespace FlexFs.MetadataService.Locks;

/// <summary>The locks of one volume: requests in, answers out, with a <see cref="LockTable"/> that decides.</summary>
/// <remarks>
/// 1. A request that has to wait holds no slot of the window: it comes again in the lane where requests may wait, and is kept there.
/// 2. In the grace after a restart sessions claim what they had; nothing new is granted or refused before all have, or have expired.
/// 3. A session that has ended, and a connection that was followed by another, wait for nothing.
/// Everything runs on the volume's context.
/// </remarks>
internal sealed class VolumeLocks(
    LockLimits limits, VolumeExecutor executor, TimeProvider clock, Func<SessionId, string> clientOf) : IServiceOperations
{
    private readonly LockTable _table = new(limits);
    private readonly List<(ulong Ticket, ServiceRequest Request)> _untilGraceEnds = [];

    /// <summary>Whether sessions may have locks that are not known here yet.</summary>
    public bool IsInGrace { get; private set; }

    /// <summary>What is held.</summary>
    public IEnumerable<ListedLock> Held => _table.Held();

    /// <summary>What is waited for.</summary>
    public IEnumerable<ListedWait> Waiting => _table.Waiting();

    /// <summary>Ranges that a session has.</summary>
    public int CountOf(SessionId session) => _table.RangesOf(session);

    private Instant Now => Instant.Now(clock);

    /// <inheritdoc/>
    public bool Serves(Opcode opcode) => opcode is >= Opcode.Lock and <= Opcode.ReclaimLocks;

    /// <inheritdoc/>
    public Errno? Execute(ServiceRequest request, Instant now, IBufferWriter<byte> reply)
    {
        if (request.Sink is not SessionConnection connection) return Errno.ENOSYS;
        var session = connection.Session;
        if (session.IsEnding || session.Incarnation != request.Engine.Incarnation) return Errno.ESTALE;
        var payload = request.Engine.Payload;
        var errno = request.Engine.Opcode switch
        {
            Opcode.Lock => WireCodec.TryRead<LockRequest>(payload, out var r, out _) ? Lock(request, connection, r, now) : Errno.EPROTO,
            Opcode.Unlock => WireCodec.TryRead<UnlockRequest>(payload, out var r, out _) ? Unlock(session.Id, r.Lock, now) : Errno.EPROTO,
            Opcode.CancelLock => WireCodec.TryRead<CancelLockRequest>(payload, out var r, out _)
                ? Cancel(session.Id, r.Ticket, now)
                : Errno.EPROTO,
            Opcode.TestLock => WireCodec.TryRead<TestLockRequest>(payload, out var r, out _)
                ? Test(request, connection, r.Lock, reply)
                : Errno.EPROTO,
            _ => WireCodec.TryRead<ReclaimLocksRequest>(payload, out var r, out _) ? Reclaim(session, r, now, reply) : Errno.EPROTO,
        };
        if (errno == Errno.OK && request.Engine.Opcode is Opcode.Lock or Opcode.Unlock or Opcode.CancelLock)
        {
            Write(reply, default(EmptyReply));
        }

        AnswerDone();
        return errno;
    }

    /// <summary>Sessions of before a restart may have locks.</summary>
    public void BeginGrace() => IsInGrace = true;

    /// <summary>All sessions have claimed what they had, or have expired.</summary>
    public void EndGrace()
    {
        if (!IsInGrace) return;
        IsInGrace = false;
        foreach (var (_, request) in _untilGraceEnds)
        {
            if (request.Sink.IsClosed || !executor.TryEnqueue(request)) request.Sink.Drop(request);
        }

        _untilGraceEnds.Clear();
    }

    /// <summary>Nothing of it is answered any more.</summary>
    public void ConnectionEnded(SessionConnection connection)
    {
        _table.Forget(connection.Session.Id, tag => ((ServiceRequest)tag!).Sink == connection, Now);
        foreach (var held in _untilGraceEnds.FindAll(held => held.Request.Sink == connection)) connection.Drop(held.Request);
        _untilGraceEnds.RemoveAll(held => held.Request.Sink == connection);
        AnswerDone();
    }

    /// <summary>It can change nothing any more, so others may go on.</summary>
    public void SessionEnded(SessionId session)
    {
        _table.ReleaseSession(session, Now);
        AnswerDone();
    }

    /// <summary>Once in a while.</summary>
    public void Upkeep()
    {
        _table.Relax(Now);
        AnswerDone();
    }

    private Errno? Lock(ServiceRequest request, SessionConnection connection, in LockRequest asked, Instant now)
    {
        if (!TryWish(connection.Session.Id, asked.Lock, out var wish)) return Errno.EINVAL;
        if (IsInGrace) return HoldUntilGraceEnds(request, connection, asked.Ticket, asked.Waits);
        switch (_table.Acquire(wish, asked.Waits, now))
        {
            case LockAnswer.Granted:
                return Errno.OK;
            case LockAnswer.Deadlock:
                return Errno.EDEADLK;
            case LockAnswer.Exhausted:
                return Errno.ENOLCK;
        }

        if (!asked.Waits) return Errno.EAGAIN;
        var blocker = _table.FindBlocker(wish);
        var client = clientOf(blocker?.Owner.Session ?? SessionId.None);
        var why = new HeldBack
        {
            By = HeldBackBy.Lock,
            Session = blocker?.Owner.Session ?? SessionId.None,
            Client = client,
            ProcessId = blocker?.ProcessId ?? 0,
        };
        if (GoesToWait(request, connection, blocking: true, why)) return null;
        request.LockWait = new LockWait(blocker, client, request.CameAt);
        if (_table.Enqueue(wish, asked.Ticket, request, now) is ServiceRequest older) older.Sink.Drop(older);
        return null;
    }

    private Errno? Unlock(SessionId session, in FileLock asked, Instant now) =>
        TryWish(session, asked, out var wish)
            ? _table.Release(wish.Inode, wish.Kind, wish.Owner, wish.Range, now)
            : Errno.EINVAL;

    private Errno? Cancel(SessionId session, ulong ticket, Instant now)
    {
        var at = _untilGraceEnds.FindIndex(held => held.Ticket == ticket && held.Request.Engine.Session == session);
        if (at < 0)
        {
            _table.Cancel(session, ticket, now);
            return Errno.OK;
        }

        var request = _untilGraceEnds[at].Request;
        _untilGraceEnds.RemoveAt(at);
        executor.Answer(request, Errno.EINTR, default);
        return Errno.OK;
    }

    private Errno? Test(ServiceRequest request, SessionConnection connection, in FileLock asked, IBufferWriter<byte> reply)
    {
        if (!TryWish(connection.Session.Id, asked, out var wish)) return Errno.EINVAL;
        if (!_table.TryFindConflict(wish, out var holder, out var found))
        {
            if (IsInGrace) return HoldUntilGraceEnds(request, connection, 0, blocking: false);
            Write(reply, default(TestLockReply));
            return Errno.OK;
        }

        Write(reply, new TestLockReply
        {
            Session = holder.Session,
            Found = asked with
            {
                Type = found.Type,
                Owner = holder.Value,
                Start = found.Range.Start,
                End = found.Range.End,
                ProcessId = found.ProcessId,
            },
        });
        return Errno.OK;
    }

    private Errno? Reclaim(LiveSession session, in ReclaimLocksRequest asked, Instant now, IBufferWriter<byte> reply)
    {
        if (session.HasReclaimed) return Errno.EINVAL;
        var lost = new List<uint>();
        for (var i = 0; i < asked.Locks.Length; i++)
        {
            if (!TryWish(session.Id, asked.Locks[i], out var wish)) return Errno.EINVAL;
            if (!_table.TryReclaim(wish, now)) lost.Add((uint)i);
        }

        Write(reply, new ReclaimLocksReply { Lost = [.. lost] });
        return Errno.OK;
    }

    private Errno? HoldUntilGraceEnds(ServiceRequest request, SessionConnection connection, ulong ticket, bool blocking)
    {
        if (GoesToWait(request, connection, blocking, new HeldBack { By = HeldBackBy.Restart })) return null;
        request.HeldSince = request.CameAt;
        _untilGraceEnds.Add((ticket, request));
        return null;
    }

    private static bool GoesToWait(ServiceRequest request, SessionConnection connection, bool blocking, in HeldBack why)
    {
        if (!connection.SendsToWait(request.Header, blocking, why)) return false;
        connection.Drop(request);
        return true;
    }

    private void AnswerDone()
    {
        while (_table.TryTakeDone(out var waiter))
        {
            var request = (ServiceRequest)waiter.Tag!;
            if (request.Sink.IsClosed) request.Sink.Drop(request);
            else executor.Answer(request, waiter.Outcome, waiter.Outcome == Errno.OK ? Empty : default);
        }
    }

    private static readonly byte[] Empty = WireCodec.ToBytes(default(EmptyReply));

    private static bool TryWish(SessionId session, in FileLock asked, out LockWish wish)
    {
        var range = new LockRange(asked.Start, asked.End);
        wish = new LockWish(
            asked.Inode, asked.Kind, new LockOwner(session, asked.Owner), range, asked.Type, asked.ProcessId);
        return range.IsValid && asked.Inode != InodeId.None && (asked.Kind == LockKind.Record || range == LockRange.Whole);
    }

    private static void Write<T>(IBufferWriter<byte> reply, in T record)
        where T : IWireRecord<T>
    {
        reply.Advance(WireCodec.Write(record, reply.GetSpan(record.EncodedBytes)));
    }
}
