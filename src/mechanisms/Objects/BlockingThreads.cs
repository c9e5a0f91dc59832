using System.Threading.Tasks.Sources;
using FlexFs.Core;

namespace FlexFs.Objects;

/// <summary>A bounded set of threads for work that blocks. Made by executables, never by a library.</summary>
/// <remarks>
/// Threads start when work waits and none is idle, up to the bound, and stay. Beyond the bound work waits in order; how much may
/// wait is bounded by who asks (windows of requests, limits of concurrency). Steady state allocates nothing: work items are pooled
/// by type.
/// </remarks>
public sealed class BlockingThreads : IBlockingWork, IDisposable
{
    private readonly object _gate = new();
    private readonly Queue<Item> _queue = new();
    private readonly List<Thread> _threads = [];
    private readonly string _name;
    private readonly int _countMax;
    private int _idle;
    private bool _isStopping;

    /// <summary>At most <paramref name="countMax"/> threads, named <paramref name="name"/>-0 and so on.</summary>
    public BlockingThreads(string name, int countMax)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(countMax, 1);
        _name = name;
        _countMax = countMax;
    }

    /// <inheritdoc/>
    public ValueTask<TResult> RunAsync<TState, TResult>(TState state, Func<TState, TResult> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        var item = Item<TState, TResult>.Rent(state, work);
        var task = item.Task;
        lock (_gate)
        {
            Check.That(!_isStopping);
            _queue.Enqueue(item);
            if (_queue.Count <= _idle) Monitor.Pulse(_gate);
            else if (_threads.Count < _countMax) StartOne();
        }

        return task;
    }

    /// <summary>Finishes what is queued and ends the threads.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isStopping = true;
            Monitor.PulseAll(_gate);
        }

        foreach (var thread in _threads) thread.Join();
    }

    private void StartOne()
    {
        var thread = new Thread(Loop, 512 << 10) { Name = $"{_name}-{_threads.Count}", IsBackground = true };
        _threads.Add(thread);
        thread.Start();
    }

    private void Loop()
    {
        while (true)
        {
            Item? item;
            lock (_gate)
            {
                while (!_queue.TryDequeue(out item))
                {
                    if (_isStopping) return;
                    _idle++;
                    Monitor.Wait(_gate);
                    _idle--;
                }
            }

            item.Run();
        }
    }

    private abstract class Item
    {
        internal abstract void Run();
    }

    private sealed class Item<TState, TResult> : Item, IValueTaskSource<TResult>
    {
        private const int PooledMax = 64;
        private static readonly Stack<Item<TState, TResult>> Pool = new();

        // The continuation never runs on a thread that blocking work needs.
        private ManualResetValueTaskSourceCore<TResult> _core = new() { RunContinuationsAsynchronously = true };
        private TState _state = default!;
        private Func<TState, TResult> _work = null!;

        internal ValueTask<TResult> Task => new(this, _core.Version);

        internal static Item<TState, TResult> Rent(TState state, Func<TState, TResult> work)
        {
            Item<TState, TResult>? item;
            lock (Pool)
            {
                if (!Pool.TryPop(out item)) item = new Item<TState, TResult>();
            }

            item._state = state;
            item._work = work;
            return item;
        }

        internal override void Run()
        {
            TResult result;
            try
            {
                result = _work(_state);
            }
            catch (Exception failure)
            {
                // Top of the thread's work: the waiter gets it.
                _core.SetException(failure);
                return;
            }

            _core.SetResult(result);
        }

        TResult IValueTaskSource<TResult>.GetResult(short token)
        {
            try
            {
                return _core.GetResult(token);
            }
            finally
            {
                _core.Reset();
                _state = default!;
                _work = null!;
                lock (Pool)
                {
                    if (Pool.Count < PooledMax) Pool.Push(this);
                }
            }
        }

        ValueTaskSourceStatus IValueTaskSource<TResult>.GetStatus(short token) => _core.GetStatus(token);

        void IValueTaskSource<TResult>.OnCompleted(
            Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _core.OnCompleted(continuation, state, token, flags);
    }
}
