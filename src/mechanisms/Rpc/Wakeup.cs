using System.Threading.Tasks.Sources;

namespace FlexFs.Rpc;

/// <summary>Lets one loop wait for work without allocating: parked under its owner's lock, woken once.</summary>
/// <remarks>
/// The owner's lock orders <see cref="Park"/> and <see cref="TryUnpark"/>; <see cref="Wake"/> is called outside of it, exactly
/// once after each TryUnpark that answered true. On a synchronization context the loop goes on there.
/// </remarks>
internal sealed class Wakeup : IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> _core;
    private bool _isParked;

    /// <summary>The caller is about to wait. Under the owner's lock, when there is nothing to do.</summary>
    public void Park()
    {
        _core.Reset();
        _isParked = true;
    }

    /// <summary>What to wait on after <see cref="Park"/>.</summary>
    public ValueTask WaitAsync() => new(this, _core.Version);

    /// <summary>Whether somebody is parked who is to be woken now. Under the owner's lock.</summary>
    public bool TryUnpark()
    {
        var wasParked = _isParked;
        _isParked = false;
        return wasParked;
    }

    /// <summary>Lets the loop go on: on this thread before returning, or on another.</summary>
    public void Wake(bool inline)
    {
        _core.RunContinuationsAsynchronously = !inline;
        _core.SetResult(true);
    }

    void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
