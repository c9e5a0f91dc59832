namespace FlexFs.MetadataService.Pipeline;

/// <summary>Lets go on who waits until something is so. On one context: between a look and a wait nothing else runs.</summary>
internal sealed class QuietSignal(Func<bool> isQuiet)
{
    private TaskCompletionSource? _waiter;

    /// <summary>Waits until it is so.</summary>
    public async Task WaitAsync()
    {
        while (!isQuiet())
        {
            _waiter ??= new TaskCompletionSource();
            await _waiter.Task;
        }
    }

    /// <summary>It may be so now.</summary>
    public void Look()
    {
        if (_waiter is not { } waiter || !isQuiet()) return;
        _waiter = null;
        waiter.TrySetResult();
    }
}
