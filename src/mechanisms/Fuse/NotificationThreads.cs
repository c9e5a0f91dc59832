using FlexFs.Core;

namespace FlexFs.Fuse;

/// <summary>Threads for calls that may wait in the kernel: as many as wait, up to a bound, then calls queue.</summary>
/// <remarks>
/// Nothing but notifications runs here, and what they wait for are requests, which are answered elsewhere: so the queue
/// behind the bound moves on when those are answered.
/// </remarks>
internal sealed class NotificationThreads : IDisposable
{
    private const int ThreadsMax = 64;
    private readonly Lock _lock = new();
    private readonly Queue<Call> _calls = new();
    private readonly SemaphoreSlim _ready = new(0);
    private int _threads;
    private int _idle;
    private bool _ended;

    public ValueTask<Errno> RunAsync(Func<Errno> send)
    {
        var call = new Call(send);
        bool start = false;
        lock (_lock)
        {
            if (_ended) return new ValueTask<Errno>(Errno.ENOTCONN);
            _calls.Enqueue(call);
            if (_calls.Count > _idle && _threads < ThreadsMax)
            {
                _threads++;
                start = true;
            }
        }
        _ready.Release();
        if (start) new Thread(Serve, 128 * 1024) { IsBackground = true, Name = "fuse notify" }.Start();
        return new ValueTask<Errno>(call.Done.Task);
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_ended) return;
            _ended = true;
        }
        _ready.Release(ThreadsMax);
    }

    private void Serve()
    {
        while (true)
        {
            lock (_lock) _idle++;
            _ready.Wait();
            Call? call;
            lock (_lock)
            {
                _idle--;
                if (!_calls.TryDequeue(out call)) return;
            }
            try
            {
                call.Done.SetResult(call.Send());
            }
            catch (ObjectDisposedException)
            {
                // The connection was closed while this waited its turn.
                call.Done.SetResult(Errno.ENOTCONN);
            }
        }
    }

    private sealed record Call(Func<Errno> Send)
    {
        public TaskCompletionSource<Errno> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
