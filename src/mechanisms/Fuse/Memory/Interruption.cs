namespace FlexFs.Fuse.Memory;

/// <summary>A signal was sent to a program that waits for an answer.</summary>
internal static class Interruption
{
    private static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(1);

    /// <summary>Cancels when the signal, or a later one, ends the program, or the patience with one that it does not end is over.</summary>
    /// <remarks>
    /// The kernel tells of one signal only for each request, and another one may end the program later, so it is looked at until it is
    /// answered. What waits is continued on the pool: a reader must go on reading.
    /// </remarks>
    internal static async Task EndAsync(RequestSlot slot, long ticket, uint threadId, CancellationTokenSource source, TimeSpan patience)
    {
        await Task.Yield();
        for (var pause = PauseMin; patience > TimeSpan.Zero; pause = pause * 2 < PauseMax ? pause * 2 : PauseMax)
        {
            if (slot.Server.IsDying(threadId)) break;
            var next = pause < patience ? pause : patience;
            await Task.Delay(next);
            if (!slot.IsPending(ticket)) return;
            patience -= next;
        }

        await source.CancelAsync();
    }
}
