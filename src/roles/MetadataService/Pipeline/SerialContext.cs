using System.Collections.Concurrent;

namespace FlexFs.MetadataService.Pipeline;

/// <summary>An actor on the thread pool: what is posted to it runs in order, never two at once, on whatever thread is free.</summary>
/// <remarks>
/// Code that runs here continues here after each await, so everything that one volume owns needs no lock. An idle volume holds
/// no thread. A simulator passes its own context in place of this one.
/// </remarks>
public sealed class SerialContext : SynchronizationContext, IThreadPoolWorkItem
{
    private const int StepsPerTurn = 64;
    private readonly ConcurrentQueue<(SendOrPostCallback Step, object? State)> _steps = new();
    private int _isScheduled;

    /// <inheritdoc/>
    public override void Post(SendOrPostCallback d, object? state)
    {
        _steps.Enqueue((d, state));
        if (Interlocked.Exchange(ref _isScheduled, 1) == 0) ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>Not offered: waiting for a step from another thread is how deadlocks begin.</summary>
    public override void Send(SendOrPostCallback d, object? state) =>
        throw new NotSupportedException("post to the volume's context, and await");

    /// <inheritdoc/>
    public override SynchronizationContext CreateCopy() => this;

    void IThreadPoolWorkItem.Execute()
    {
        var outer = Current;
        SetSynchronizationContext(this);
        try
        {
            for (var i = 0; i < StepsPerTurn && _steps.TryDequeue(out var next); i++) next.Step(next.State);
        }
        finally
        {
            SetSynchronizationContext(outer);
        }

        // Between the last look and this exchange a step may have come whose poster saw the flag still set.
        Interlocked.Exchange(ref _isScheduled, 0);
        if (!_steps.IsEmpty && Interlocked.Exchange(ref _isScheduled, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }
}
