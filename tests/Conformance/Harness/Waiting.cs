namespace FlexFs.Conformance.Harness;

/// <summary>A call that waits, on a thread of its own: it ends, or a signal ends it.</summary>
internal sealed class Waiting
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly Thread _thread;
    private volatile int _id;
    private long _result;

    /// <param name="call">What waits.</param>
    internal Waiting(Func<long> call)
    {
        _thread = new Thread(() =>
        {
            _id = Libc.ThreadId;
            _result = call();
        })
        { IsBackground = true };
        _thread.Start();
        Assert.False(_thread.Join(TimeSpan.FromMilliseconds(50)), "it did not wait");
    }

    /// <summary>What it answered, once it has.</summary>
    internal long Result
    {
        get
        {
            Assert.True(_thread.Join(Patience), "it waits for ever");
            return _result;
        }
    }

    /// <summary>What it answers to signals that come until it does.</summary>
    internal long Interrupted()
    {
        // One that comes before the call waits does nothing.
        Assert.True(SpinWait.SpinUntil(
            () =>
            {
                if (_id != 0) Signals.Send(_id, Signals.Nudge);
                return _thread.Join(TimeSpan.FromMilliseconds(20));
            },
            Patience));
        return _result;
    }
}
