using FlexFs.Core;
using FlexFs.Metadata;
using FlexFs.Metadata.Access;
using FlexFs.Metadata.Storage;
using FlexFs.MetadataService.Leases;
using FlexFs.MetadataService.Volumes;
using Microsoft.Extensions.Logging;

namespace FlexFs.MetadataService.Pipeline;

/// <summary>Runs one volume: takes requests from all sessions in turn, executes them, fetches what they miss, commits, replies.</summary>
/// <remarks>
/// 1. A reply leaves when everything that it observed is durable, and at once when that is so already.
/// 2. One commit is under way at most; while it is, the next batch is executed. Batches are bounded, reads go on at the bound.
/// 3. A commit that did not happen leaves no trace: what was executed with it and after it is rolled back and runs again, except
///    what would take space where there is none, which is answered ENOSPC.
/// 4. When the storage fails, the store is opened again and the volume goes on from what is durable.
/// 5. Where the state is in doubt (a broken invariant, another owner) the volume stops, and nothing more is answered.
/// Everything but <see cref="TryEnqueue"/> runs on the volume's context, so no two steps of a volume run at once.
/// </remarks>
internal sealed class VolumeExecutor
{
    private readonly ServiceOptions _options;
    private readonly TimeProvider _clock;
    private readonly SynchronizationContext _context;
    private readonly VolumeSeat _seat;
    private readonly VolumeMetrics _metrics;
    private readonly ILogger _log;
    private readonly FairQueue _queue;
    private readonly Queue<ServiceRequest> _ready = new();
    private readonly SentReplies _replies;
    private Queue<ServiceRequest> _again = new();
    private readonly Queue<ServiceRequest> _deferred = new();
    private FetchRound _nextFetch = new();
    private ReplyArena _current = new();
    private ReplyArena _spare = new();
    private ReplyArena? _committing;
    private StoreBatch? _committingBatch;
    private long _committingSince;
    private IKeyValueStore? _store;
    private VolumeEngine? _engine;
    private ServiceRequest? _exclusive;
    private readonly QuietSignal _quiet;
    private TaskCompletionSource? _idle;
    private RequestClass _batchClass;
    private ExecutorState _state;
    private bool _isFull;
    private bool _isInStep;
    private bool _isCommitUnderWay;
    private int _isAwake;
    private int _fetches;
    private int _mutationsInBatch;
    private long _requestBytesInBatch;
    private ulong _durable;

    public VolumeExecutor(VolumeSeat seat)
    {
        _options = seat.Options;
        _clock = seat.Clock;
        _context = seat.Context;
        _seat = seat;
        _metrics = seat.Metrics;
        _replies = new SentReplies(seat);
        _log = seat.Log;
        _queue = new FairQueue(_options.QueuedRequestsMax);
        _quiet = new QuietSignal(() => _fetches == 0 && !_isCommitUnderWay);
    }

    /// <summary>Called once, on the context, when the volume stops by itself.</summary>
    public Action<string>? Stopped { get; set; }

    /// <summary>Called on the context, with the new epoch, when the store was opened again.</summary>
    public Action<ulong>? Reopened { get; set; }

    /// <summary>Which session may cache what; nothing has a gate without.</summary>
    public LeaseTable? Leases { get => _replies.Leases; set => _replies.Leases = value; }

    /// <summary>The log of slow requests.</summary>
    public SlowRequests Slow => _replies.Slow;

    /// <summary>What serves requests about what is not stored. Set once, before the start.</summary>
    public IServiceOperations? Operations { get; set; }

    /// <summary>The epoch of this server's ownership.</summary>
    public ulong Epoch { get; private set; }

    /// <summary>Why the volume stopped; null while it has not.</summary>
    public string? StopReason { get; private set; }

    /// <summary>The engine's gauges.</summary>
    public VolumeTotals Totals => _engine?.Totals ?? default;

    /// <summary>Inodes that a session has open.</summary>
    public int OpensOf(SessionId session) => _engine?.OpensOf(session) ?? 0;

    /// <summary>Says whether every session has told what it has open: until then nothing is removed that one may have.</summary>
    public void SetAllOpensKnown(bool isSo) => _engine!.AreAllOpensKnown = isSo;

    /// <summary>Requests that have not been executed.</summary>
    public int Waiting => _queue.Count + _ready.Count + _again.Count;

    /// <summary>Opens the store and takes it over.</summary>
    /// <exception cref="StorageException">The store is damaged, open elsewhere or out of reach.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        Check.That(_state == ExecutorState.New);
        var store = await _seat.Stores.OpenAsync(_seat.Volume.Id, cancellationToken);
        try
        {
            var position = await store.TakeOwnershipAsync(cancellationToken);
            _engine = new VolumeEngine(position, _seat.EngineOptions);
            _durable = position.Sequence;
            Epoch = position.Epoch;
        }
        catch
        {
            await store.DisposeAsync();
            throw;
        }

        _store = store;
        _state = ExecutorState.Serving;
        Wake();
    }

    /// <summary>Takes a request; false when its lane is full. Any thread.</summary>
    public bool TryEnqueue(ServiceRequest request)
    {
        request.CameAt = _clock.GetTimestamp();
        if (request.HeldSince is { } held) request.HeldTicks = request.CameAt - held;
        request.ExecutedAt = null;
        request.ReadTicks = 0;
        request.Rounds = 0;
        if (!_queue.TryEnqueue(request)) return false;
        Wake();
        return true;
    }

    /// <summary>Answers a request that <see cref="Operations"/> had kept. On the context.</summary>
    public void Answer(ServiceRequest request, Errno errno, ReadOnlySpan<byte> body)
    {
        // That others let it wait is not how long it took.
        request.CameAt = _clock.GetTimestamp();
        _replies.Send(request, errno, body, request.CameAt);
        if (!_isInStep) _replies.Flush();
    }

    /// <summary>Waits until everything that was taken is answered.</summary>
    public Task DrainAsync()
    {
        if (IsIdle || _state == ExecutorState.Stopped) return Task.CompletedTask;
        _idle ??= new TaskCompletionSource();
        return _idle.Task;
    }

    /// <summary>Answers nothing more and closes the store. What was not answered will be asked again.</summary>
    public async Task CloseAsync()
    {
        Stop("the volume was closed", isExpected: true);
        await _quiet.WaitAsync();
        if (_store is { } store) await store.DisposeAsync();
        _store = null;
    }

    private bool IsIdle => _queue.Count == 0 && _ready.Count == 0 && _again.Count == 0 && _deferred.Count == 0
        && _nextFetch.IsEmpty && _fetches == 0 && !_isCommitUnderWay && _current.Requests.Count == 0;

    private bool IsBatchFull => _mutationsInBatch >= _options.BatchRequestsMax
        || _requestBytesInBatch + _current.Length >= _options.BatchBytesMax;

    private void Wake()
    {
        if (Interlocked.Exchange(ref _isAwake, 1) == 0) _context.Post(static self => ((VolumeExecutor)self!).Step(), this);
    }

    private void Step()
    {
        Interlocked.Exchange(ref _isAwake, 0);
        if (_state == ExecutorState.Stopped) DropQueued();
        if (_state != ExecutorState.Serving) return;
        Check.That(!_isInStep);
        _isInStep = true;
        try
        {
            Execute();
            if (!_nextFetch.IsEmpty && _fetches < _options.FetchesMax) _ = FetchAsync();
            if (!_isCommitUnderWay) BeginCommit();
            _replies.Flush();
        }
        catch (InvariantException broken)
        {
            Stop(broken.Message, isExpected: false);
        }
        finally
        {
            _isInStep = false;
        }

        if (_state != ExecutorState.Serving) return;
        if (HasRunnable()) Wake();
        if (IsIdle && _idle is { } idle)
        {
            _idle = null;
            idle.TrySetResult();
        }
    }

    private bool HasRunnable() => (_exclusive is null ? _again.Count > 0 : _again.Contains(_exclusive))
        || (_exclusive is null && (_ready.Count > 0 || _queue.Has(RequestClass.Read)
            || (!IsBatchFull && (_queue.Has(RequestClass.Ordinary) || _queue.Has(RequestClass.Freeing)))));

    private void Execute()
    {
        var now = Instant.Now(_clock);
        var timestamp = _clock.GetTimestamp();
        var left = _options.StepRequestsMax;
        if (_exclusive is not null && !ExecuteExclusive(now, timestamp)) return;
        for (; left > 0 && _exclusive is null && _again.TryDequeue(out var request); left--) Execute(request, now, timestamp);
        if (_exclusive is not null) return;
        if (_ready.Count == 0)
        {
            var room = IsBatchFull ? 0 : _options.BatchRequestsMax - _mutationsInBatch;
            var share = _options.StepRequestsMax / 4;
            left -= _queue.Take(RequestClass.Read, Math.Max(left, share), _ready);
            left -= _queue.Take(RequestClass.Freeing, Math.Min(Math.Max(left, share), room), _ready);
            _queue.Take(RequestClass.Ordinary, Math.Min(Math.Max(left, share), room), _ready);
        }

        while (_exclusive is null && _ready.TryDequeue(out var request)) Execute(request, now, timestamp);
    }

    // Nothing else runs before it: others would fetch, and let go what was fetched for it.
    private bool ExecuteExclusive(Instant now, long timestamp)
    {
        var others = new Queue<ServiceRequest>();
        while (_again.TryDequeue(out var request))
        {
            if (request == _exclusive) Execute(request, now, timestamp);
            else others.Enqueue(request);
        }

        foreach (var request in others) _again.Enqueue(request);
        return _exclusive is null;
    }

    private void Execute(ServiceRequest request, Instant now, long timestamp)
    {
        if (request.Sink.IsClosed)
        {
            Drop(request);
            return;
        }

        if (Operations is { } operations && operations.Serves(request.Engine.Opcode))
        {
            Serve(operations, request, now, timestamp);
            return;
        }

        if (!MayJoinBatch(request.Class))
        {
            _deferred.Enqueue(request);
            return;
        }

        request.Removed = null;
        var offset = _current.Length;
        var execution = _engine!.Execute(request.Engine, now, _current, GateOf(request));
        if (execution.State != ExecutionState.Done)
        {
            _current.Truncate(offset);

            // The table has it now; others go on meanwhile.
            if (execution.State == ExecutionState.Waits)
            {
                if (request == _exclusive) _exclusive = null;
                return;
            }

            _nextFetch.Add(request, execution);
            return;
        }

        if (request == _exclusive) _exclusive = null;
        var bytes = execution.ReplyBytes;
        if (execution.ObservedSequence <= _durable)
        {
            _replies.Send(request, execution.Errno, _current.Read(offset, bytes), timestamp);
            _current.Truncate(offset);
            return;
        }

        request.ExecutedAt = timestamp;
        request.Errno = execution.Errno;
        request.HasChanged = execution.HasChanged;
        request.ReplyBytes = bytes;
        if (_committingBatch is { } batch && execution.ObservedSequence <= batch.Sequence)
        {
            request.ReplyOffset = _committing!.Append(_current.Read(offset, bytes));
            _current.Truncate(offset);
            _committing.Requests.Add(request);
            return;
        }

        request.ReplyOffset = offset;
        _current.Requests.Add(request);
        if (request.Class == RequestClass.Read) return;
        _mutationsInBatch++;
        _requestBytesInBatch += request.Engine.Payload.Length;
    }

    private ILeaseGate? GateOf(ServiceRequest request) =>
        Leases is null || Leases.IsUnused || request.Engine.Session == SessionId.None ? null : Leases.For(request);

    /// <summary>What a request waited for has happened: it runs again.</summary>
    public void RunAgain(ServiceRequest request)
    {
        _again.Enqueue(request);
        Wake();
    }

    private void Serve(IServiceOperations operations, ServiceRequest request, Instant now, long timestamp)
    {
        var offset = _current.Length;
        if (operations.Execute(request, now, _current) is { } errno)
        {
            _replies.Send(request, errno, _current.Read(offset, _current.Length - offset), timestamp);
        }

        _current.Truncate(offset);
    }

    /// <summary>While the store is full, a batch holds either what takes space or what frees it, so that the one cannot fail the other.</summary>
    private bool MayJoinBatch(RequestClass kind)
    {
        if (!_isFull || kind == RequestClass.Read) return true;
        if (_batchClass == RequestClass.Read) _batchClass = kind;
        return _batchClass == kind;
    }

    private void Drop(ServiceRequest request)
    {
        if (request == _exclusive) _exclusive = null;
        Leases?.End(request);
        request.Sink.Drop(request);
    }

    private async Task FetchAsync()
    {
        var round = _nextFetch;
        _nextFetch = new FetchRound();
        _fetches++;
        _metrics.Fetched(round.KeyCount);
        StorageException? failure = null;
        try
        {
            failure = await round.RunAsync(_engine!, _store!, _clock);
        }
        catch (Exception bug)
        {
            Stop(bug.ToString(), isExpected: false);
        }

        _fetches--;
        foreach (var request in round.Requests)
        {
            if (_exclusive is null && request.Rounds >= _options.FetchRoundsMax) _exclusive = request;
            _again.Enqueue(request);
        }

        if (failure is not null) BeginRecovery(failure);
        _quiet.Look();
        Wake();
    }

    private void BeginCommit()
    {
        var batch = _engine!.TakeBatch();
        if (batch is null)
        {
            EndBatchClass();
            Check.That(_current.Requests.Count == 0);
            return;
        }

        if (_isFull && _batchClass == RequestClass.Freeing) batch = batch with { FromReserve = true };
        _committing = _current;
        _committingBatch = batch;
        _committingSince = _clock.GetTimestamp();
        _current = _spare;
        _metrics.CommitBegan(_mutationsInBatch);
        _mutationsInBatch = 0;
        _requestBytesInBatch = 0;
        EndBatchClass();
        _isCommitUnderWay = true;
        _ = CommitAsync(batch);
    }

    private void EndBatchClass()
    {
        _batchClass = RequestClass.Read;
        RunAgain(_deferred);
        _deferred.Clear();
    }

    private async Task CommitAsync(StoreBatch batch)
    {
        try
        {
            var result = await _store!.CommitAsync(batch);
            _isCommitUnderWay = false;
            _metrics.CommitEnded(result, _clock.GetElapsedTime(_committingSince));
            if (_state == ExecutorState.Serving) AfterCommit(batch, result);
        }
        catch (StorageException failure)
        {
            _isCommitUnderWay = false;
            BeginRecovery(failure);
        }
        catch (Exception bug)
        {
            _isCommitUnderWay = false;
            Stop(bug.ToString(), isExpected: false);
        }

        _quiet.Look();
        if (_isInStep) Wake();
        else Step();
    }

    private void AfterCommit(StoreBatch batch, CommitResult result)
    {
        switch (result)
        {
            case CommitResult.Committed:
                if (_isFull && !batch.FromReserve)
                {
                    _isFull = false;
                    Log.SpaceIsBack(_log);
                }

                BecameDurable(batch.Sequence);
                break;
            case CommitResult.OutOfSpace:
                OutOfSpace(batch);
                break;
            default:
                Stop("another metadata server has taken the volume over", isExpected: false);
                break;
        }
    }

    private void BecameDurable(ulong sequence)
    {
        _engine!.Committed(sequence);
        _durable = sequence;
        var arena = EndCommitting();
        var timestamp = _clock.GetTimestamp();
        foreach (var request in arena.Requests)
        {
            _replies.Send(request, request.Errno, arena.Read(request.ReplyOffset, request.ReplyBytes), timestamp);
        }

        arena.Clear();
        if (!_isInStep) _replies.Flush();
    }

    private ReplyArena EndCommitting()
    {
        var arena = _committing!;
        _committing = null;
        _committingBatch = null;
        _spare = arena;
        return arena;
    }

    private void OutOfSpace(StoreBatch batch)
    {
        if (!_isFull) Log.OutOfSpace(_log);
        _isFull = true;
        _engine!.RollBack(new StorePosition(batch.Epoch, _durable));
        var arena = EndCommitting();
        var again = new Queue<ServiceRequest>();
        var timestamp = _clock.GetTimestamp();
        foreach (var request in arena.Requests)
        {
            // A repeated mutation took no space now; ENOSPC would say that it was not done.
            var isRefused = request.Class == RequestClass.Ordinary
                || (request.Class == RequestClass.Freeing && batch.FromReserve);
            if (isRefused && request.HasChanged) _replies.Send(request, Errno.ENOSPC, [], timestamp);
            else again.Enqueue(request);
        }

        arena.Clear();
        TakeBackExecuted(again);
        RunAgain(again);
    }

    /// <summary>What was executed and not yet given to a commit runs again.</summary>
    private void TakeBackExecuted(Queue<ServiceRequest> again)
    {
        foreach (var request in _current.Requests) again.Enqueue(request);
        _current.Clear();
        _mutationsInBatch = 0;
        _requestBytesInBatch = 0;
    }

    /// <summary>These come first, in their order.</summary>
    private void RunAgain(Queue<ServiceRequest> first)
    {
        if (first.Count == 0) return;
        var all = new Queue<ServiceRequest>(first);
        foreach (var request in _again) all.Enqueue(request);
        _again = all;
    }

    private void BeginRecovery(StorageException failure)
    {
        if (_state != ExecutorState.Serving) return;
        _state = ExecutorState.Recovering;
        Log.StorageFailed(_log, failure.Message);
        _ = RecoverAsync();
    }

    private async Task RecoverAsync()
    {
        try
        {
            await _quiet.WaitAsync();
            var failed = _store!;
            _store = null;
            await failed.DisposeAsync();
            var opened = await StoreReopening.RunAsync(_seat, () => _state == ExecutorState.Recovering);
            if (opened is not { } found) return;
            (_store, var position) = found;
            if (_state != ExecutorState.Recovering) return;

            // The failure says nothing about the batch that was under way: the store itself does.
            var again = new Queue<ServiceRequest>();
            if (_committingBatch is { } batch && position.Sequence == batch.Sequence)
            {
                BecameDurable(batch.Sequence);
            }
            else
            {
                Check.That(position.Sequence == _durable);
                if (_committing is not null)
                {
                    var arena = EndCommitting();
                    foreach (var request in arena.Requests) again.Enqueue(request);
                    arena.Clear();
                }
            }

            Epoch = position.Epoch;
            _engine!.RollBack(position);
            TakeBackExecuted(again);
            RunAgain(again);
            _state = ExecutorState.Serving;
            Reopened?.Invoke(position.Epoch);
            Log.StorageIsBack(_log, position.Epoch, position.Sequence);
            Wake();
        }
        catch (Exception bug)
        {
            Stop(bug.ToString(), isExpected: false);
        }
    }

    private void Stop(string reason, bool isExpected)
    {
        if (_state == ExecutorState.Stopped) return;
        _state = ExecutorState.Stopped;
        StopReason = reason;
        if (!isExpected) Log.VolumeStopped(_log, reason);
        var unanswered = new Queue<ServiceRequest>();
        if (_committing is not null) foreach (var request in _committing.Requests) unanswered.Enqueue(request);
        TakeBackExecuted(unanswered);
        RunAgain(unanswered);
        Leases?.Clear();
        DropQueued();
        _idle?.TrySetResult();
        Stopped?.Invoke(reason);
    }

    private void DropQueued()
    {
        foreach (var kind in RequestClasses.All) _queue.Take(kind, int.MaxValue, _ready);
        while (_again.TryDequeue(out var request)) Drop(request);
        while (_deferred.TryDequeue(out var request)) Drop(request);
        while (_ready.TryDequeue(out var request)) Drop(request);
    }
}
