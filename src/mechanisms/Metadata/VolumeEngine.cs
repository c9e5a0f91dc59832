using System.Buffers;
using FlexFs.Core;
using FlexFs.Metadata.Access;
using FlexFs.Metadata.Operations;
using FlexFs.Metadata.Records;
using FlexFs.Metadata.State;
using FlexFs.Metadata.Storage;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata;

/// <summary>One volume: a deterministic state machine. The same calls give the same replies and the same batches, byte for byte.</summary>
/// <remarks>
/// One thread at a time calls it. It does no I/O, reads no clock, takes no random number.
///   1. A request has no effect unless Done, and then at once for every later request. Only long removals (a truncation, the end of a
///      session) are done in parts: each is consistent, and the request is repeated until its last part, which alone answers it.
///   2. What was executed since the last batch becomes durable together, or not at all (RollBack).
///   3. A mutation takes effect once: its answer is kept in the same batch under (session, slot), also when it is an errno.
///   4. Volume time grows with every batch: max(now, last commit + 1 ns), one time for the whole batch.
/// </remarks>
public sealed class VolumeEngine
{
    private readonly WorkingSet _set;
    private readonly OpenTable _opens = new();
    private readonly OperationContext _context;
    private Instant? _batchTime;

    // Removals that were begun; after a rollback they are not known any more, and one pass over all orphans finds them.
    private readonly HashSet<InodeId> _unfinished = [];
    private bool _mustPassOrphans;

    /// <summary>An engine that goes on from a durable state.</summary>
    public VolumeEngine(StorePosition position, EngineOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _set = new WorkingSet(position, options);
        _context = new OperationContext(_set, _opens, options);
    }

    /// <summary>
    /// Whether every session has told what it has open. False after a restart, until all have reclaimed or are expired: meanwhile
    /// whatever loses its last name stays as an orphan, for RemoveOrphans to decide about.
    /// </summary>
    public bool AreAllOpensKnown
    {
        get => _opens.IsComplete;
        set => _opens.IsComplete = value;
    }

    /// <summary>The last durable batch.</summary>
    public StorePosition Position => _set.Position;

    /// <summary>Gauges.</summary>
    public VolumeTotals Totals =>
        new(_opens.Count, _opens.SessionCount, _set.Count, _set.ChangedCount, _unfinished.Count + (_mustPassOrphans ? 1 : 0));

    /// <summary>Inodes that a session has open, for operators.</summary>
    public int OpensOf(SessionId session) => _opens.CountOf(session);

    /// <summary>Executes a request, or says what must be supplied first.</summary>
    /// <param name="request">The request.</param>
    /// <param name="now">The wall clock; a step back does no harm.</param>
    /// <param name="reply">Receives the encoded reply record when it is Done and OK.</param>
    /// <param name="gate">Whether it may take effect now; null lets it.</param>
    public Execution Execute(in EngineRequest request, Instant now, IBufferWriter<byte> reply, ILeaseGate? gate = null)
    {
        _set.Trim();
        ulong written = 0;
        var isAdmitted = gate is null;
        while (true)
        {
            _context.Begin(request.Session, reply, gate);
            var outcome = Run(request, now);
            if (!_context.IsComplete)
            {
                _context.Discard();
                return Missing();
            }

            if (!isAdmitted && outcome.Errno == Errno.OK && !_context.Footprint.IsEmpty)
            {
                isAdmitted = gate!.Admits(_context.Footprint);
                if (!isAdmitted)
                {
                    _context.Discard();
                    return new Execution { State = ExecutionState.Waits, MissingKeys = [] };
                }
            }

            var observed = Observed(ref written);
            CommitWrites(now, observed);
            if (outcome.HasMore) continue;
            return new Execution
            {
                State = ExecutionState.Done,
                Errno = outcome.Errno,
                ObservedSequence = observed,
                HasChanged = written != 0,
                ReplyBytes = outcome.Errno == Errno.OK ? _context.ReplyBytes : 0,
                MissingKeys = [],
            };
        }
    }

    /// <summary>Values of keys, null where one is absent, all of one snapshot. Between BeginFetch and EndFetch.</summary>
    public void Supply(IReadOnlyList<StoreKey> keys, byte[]?[] values, ulong snapshotSequence)
    {
        ArgumentNullException.ThrowIfNull(keys);
        ArgumentNullException.ThrowIfNull(values);
        _set.Supply(keys, values, snapshotSequence);
    }

    /// <summary>A page of a range that a request asked for, from its beginning. Between BeginFetch and EndFetch.</summary>
    public void Supply(in StoreRange range, in StorePage page) => _set.Supply(range, page);

    /// <summary>Announces a fetch before its snapshot is taken, so that what changes after that stays in memory.</summary>
    public FetchTicket BeginFetch() => _set.BeginFetch();

    /// <summary>The fetch is over: supplied, or failed.</summary>
    public void EndFetch(FetchTicket ticket) => _set.EndFetch(ticket);

    /// <summary>All changes executed since the last one, as one batch with the next sequence; null when there are none.</summary>
    public StoreBatch? TakeBatch()
    {
        _batchTime = null;
        return _set.TakeBatch();
    }

    /// <summary>That batch is durable. In order, each once.</summary>
    public void Committed(ulong sequence)
    {
        _set.Committed(sequence);
        _opens.Committed(sequence);
    }

    /// <summary>
    /// A commit failed: everything executed after <paramref name="durable"/> is undone, opens included; its requests run again.
    /// </summary>
    public void RollBack(StorePosition durable)
    {
        _set.RollBack(durable);
        _context.Progress.Clear();
        _opens.RollBack(durable.Sequence);
        _mustPassOrphans |= _unfinished.Count > 0;
        _unfinished.Clear();
        _batchTime = null;
    }

    /// <summary>Drops from memory what was not used lately, as at the bound of the working set.</summary>
    public void Age() => _set.Age();

    private Outcome Run(in EngineRequest request, Instant now)
    {
        var kind = Dispatch.KindOf(request.Opcode);
        if (kind == OperationKind.Unknown) return Errno.ENOSYS;
        if (kind is OperationKind.InternalMutation or OperationKind.InternalQuery)
        {
            _context.BeginWriting(_batchTime, now);
            var outcome = Refusable(Dispatch.Run(_context, request.Opcode, request.Payload));
            return kind == OperationKind.InternalMutation ? Answer(outcome, LeaseKind.None, made: null, isContested: false, out _) : outcome;
        }

        if (!_context.TryGetSession(request.Session, out var session))
        {
            // A repeated EndSession finds nothing: it has been done.
            return request.Opcode == Opcode.EndSession ? _context.Reply(default(EmptyReply)) : Errno.ESTALE;
        }

        var isEnding = request.Opcode == Opcode.EndSession && session.Incarnation == EndSession.EndedIncarnation;
        if (request.Incarnation != session.Incarnation && !isEnding) return Errno.ESTALE;
        switch (kind)
        {
            case OperationKind.Read:
                return Refusable(Dispatch.Run(_context, request.Opcode, request.Payload));
            case OperationKind.OfSession:
                _context.BeginWriting(_batchTime, now);
                return Refusable(Dispatch.Run(_context, request.Opcode, request.Payload));
            default:
                if (session.IsReadOnly && request.Opcode != Opcode.Close) return Errno.EROFS;
                return RunOnce(request, now);
        }
    }

    // A mutation of a client, by the window of its session.
    private Outcome RunOnce(in EngineRequest request, Instant now)
    {
        if (request.Slot >= Limits.RpcSlotsMax || request.Number == 0) return Errno.EPROTO;
        _context.TryGetReply(request.Session, request.Slot, out var last);
        if (request.Number == last.Number)
        {
            // What is durable was done; opens are not, and this server may have been told of them before the request came again.
            _context.BeginWriting(_batchTime, now);
            if (last.Errno == Errno.OK) Dispatch.Reopen(_context, request.Opcode, request.Payload, last.Inode);

            // It took effect long ago and waits for nobody; its attributes are of now, and not to be kept.
            return Answer(new Outcome(last.Errno, last.Inode, last.Value), LeaseKind.None, last.Made, isContested: true, out _);
        }

        // An older number is a duplicate of a request whose answer was taken: nobody waits for it. Numbers may skip: what was refused
        // before it came here (no space, overload) used one.
        if (request.Number < last.Number) return Errno.EPROTO;
        _context.BeginWriting(_batchTime, now);
        var outcome = Dispatch.Run(_context, request.Opcode, request.Payload);
        if (outcome.HasMore || !_context.IsComplete) return outcome;
        outcome = Answer(Refusable(outcome), outcome.Lease, made: null, _context.IsContested, out var attributes);
        _context.PutReply(request.Session, request.Slot, new ReplyRecord
        {
            Number = request.Number,
            Errno = outcome.Errno,
            Inode = outcome.Inode,
            Value = outcome.Value,
            Made = outcome is { Errno: Errno.OK, IsKept: true } && attributes is { } whole
                ? whole with { Lease = LeaseKind.None }
                : null,
        });
        return outcome;
    }

    // What was refused changes nothing.
    private Outcome Refusable(Outcome outcome)
    {
        if (outcome.Errno != Errno.OK) _context.Discard();
        return outcome;
    }

    // With the inode as it is now, or as it was made when it is gone.
    private Outcome Answer(Outcome outcome, LeaseKind wanted, Attributes? made, bool isContested, out Attributes? attributes)
    {
        attributes = made;
        if (outcome.Errno != Errno.OK) return outcome;
        if (outcome.Inode != InodeId.None && _context.TryGetInode(outcome.Inode, out var record))
        {
            attributes = wanted == LeaseKind.None
                ? record.ToAttributes(outcome.Inode)
                : _context.Show(outcome.Inode, record, wanted);
        }

        _context.Reply(new MutationReply { Attributes = attributes, Value = outcome.Value, IsContested = isContested });
        return outcome;
    }

    // The youngest batch that the request saw or is in; 0 when all of it is durable.
    private ulong Observed(ref ulong written)
    {
        if (_context.Transaction.HasWrites) written = _set.OpenSequence;
        var observed = Math.Max(_context.Transaction.Observed, written);
        return observed > _set.Position.Sequence ? observed : 0;
    }

    private void CommitWrites(Instant now, ulong observed)
    {
        if (_context.Transaction.HasWrites && _batchTime is null)
        {
            // The first change of a batch sets its time, and with it goes the volume's.
            _context.BeginWriting(_batchTime, now);
            _batchTime = _context.Now;
            _context.PutVolume(_context.Volume with { LastCommitAt = _context.Now });
        }

        _unfinished.UnionWith(_context.Unfinished);
        _unfinished.ExceptWith(_context.Removed);
        if (_context.EndsOrphanPass) _mustPassOrphans = false;
        _context.Commit(observed);
    }

    private Execution Missing() => _context.Transaction.MissingKeys.Count > 0
        ? new Execution { State = ExecutionState.NeedsKeys, MissingKeys = _context.Transaction.MissingKeys }
        : new Execution
        {
            State = ExecutionState.NeedsRange,
            MissingKeys = [],
            MissingRange = _context.Transaction.MissingRange,
            MissingRangeLimit = _context.Transaction.MissingRangeLimit,
        };
}
