using FlexFs.Core;

namespace FlexFs.Metadata.RocksDb;

/// <summary>A piece of work that blocks on the disk.</summary>
internal abstract class StorageWork
{
    /// <summary>Does it and completes whoever waits. Never throws: failures go to the waiter.</summary>
    internal abstract void Run();
}

/// <summary>A few threads that block on the disk so that nobody else has to.</summary>
/// <remarks>
/// Threads are started when work waits and none is idle, up to the bound. The queue is bounded by its users: a store has at
/// most one commit, and its owner as many reads under way as it pleases. Work of one store may run beside other work of it.
/// </remarks>
internal sealed class StorageThreads(string name, int countMax) : IDisposable
{
    private readonly Lock _startGate = new();
    private readonly object _gate = new();
    private readonly Queue<StorageWork> _queue = new();
    private readonly List<Thread> _threads = [];
    private int _idle;
    private bool _isStopping;

    /// <summary>Queues work.</summary>
    internal void Post(StorageWork work)
    {
        bool needsThread;
        lock (_gate)
        {
            Check.That(!_isStopping);
            _queue.Enqueue(work);
            needsThread = _queue.Count > _idle;
            if (!needsThread) Monitor.Pulse(_gate);
        }

        if (needsThread) StartOne();
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
        lock (_startGate)
        {
            if (_threads.Count == countMax) return;
            var thread = new Thread(Loop, 512 << 10)
            {
                Name = $"flexfs-{name}-{_threads.Count}",
                IsBackground = true,
            };
            _threads.Add(thread);
            thread.Start();
        }
    }

    private void Loop()
    {
        while (true)
        {
            StorageWork? work;
            lock (_gate)
            {
                while (!_queue.TryDequeue(out work))
                {
                    if (_isStopping) return;
                    _idle++;
                    Monitor.Wait(_gate);
                    _idle--;
                }
            }

            work.Run();
        }
    }
}
