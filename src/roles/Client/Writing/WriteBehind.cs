using FlexFs.Client.Inodes;
using FlexFs.Client.Session;
using FlexFs.Core;
using Microsoft.Extensions.Logging;

namespace FlexFs.Client.Writing;

/// <summary>
/// Sends what is dirty on its way by itself within a second, since sync(2) tells a FUSE mount nothing.
/// </summary>
/// <remarks>
/// One loop, asleep while nothing is dirty. Its lock guards the wake-up and which inodes it is busy with. A failure is
/// tried again with
/// growing pauses for as long as the mount lives.
/// </remarks>
internal sealed class WriteBehind(
    OpenInodes open,
    CloseQueue closes,
    WritePath writes,
    DirtyBudget budget,
    MetadataSession session,
    FileSystemOptions options,
    TimeProvider time,
    ILogger log) : IAsyncDisposable
{
    private static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(10);
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly HashSet<InodeId> _busy = [];
    private TaskCompletionSource _work = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _running = Task.CompletedTask;

    /// <summary>Access times that wait to be told. Set once, before it begins.</summary>
    public AccessTimes? Accesses { get; set; }

    /// <summary>Begins; once.</summary>
    public void Start() => _running = RunAsync();

    /// <summary>There is something to do.</summary>
    public void Wake()
    {
        lock (_gate) _work.TrySetResult();
    }

    /// <summary>
    /// A writer waits for memory: what is stored is committed now. Pieces of blocks are sent on their way only when
    /// they are most of
    /// what fills the memory; otherwise the blocks under way will make room, and stay whole.
    /// </summary>
    public void Press()
    {
        var upTo = budget.IsFullOfFragments ? new Instant(long.MaxValue) : default;
        foreach (var writer in open.Dirty()) Begin(writer, upTo);
    }

    /// <summary>An upload was stored.</summary>
    public void Stored(InodeWriter writer)
    {
        if (budget.IsUnderPressure) Begin(writer, default);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
#pragma warning disable VSTHRD103 // CancelAsync would leave the caller's context for the thread pool
        _stopping.Cancel();
#pragma warning restore VSTHRD103
        Wake();
        await _running;
        _stopping.Dispose();
    }

    private async Task RunAsync()
    {
        var interval = options.WriteBehindAge / 2;
        while (!_stopping.IsCancellationRequested)
        {
            Task work;
            lock (_gate)
            {
                if (_work.Task.IsCompleted) _work = new(TaskCreationOptions.RunContinuationsAsynchronously);
                work = _work.Task;
            }

            if (open.IsIdle && Accesses is not { IsIdle: false }) await work;
            try
            {
                await Task.Delay(interval, time, _stopping.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            // What was asked for while an inode was busy is done now.
            if (budget.HasWaiters) Press();
            var now = session.Now;
            var upTo = now.Plus(-options.WriteBehindAge);
            foreach (var writer in open.Dirty())
            {
                if (IsDue(writer, now)) Begin(writer, upTo);
            }

            if (Accesses is { } accesses) _ = accesses.SendAsync().AsTask();
            await closes.SendAsync();
        }
    }

    private static bool IsDue(InodeWriter writer, Instant now)
    {
        lock (writer.Inode.Gate) return writer.RetryAt.CompareTo(now) <= 0;
    }

    // At most one at a time for each inode; it ends by itself and reports nothing but to the log.
    private void Begin(InodeWriter writer, Instant upTo)
    {
        lock (_gate)
        {
            if (!_busy.Add(writer.Inode.Id)) return;
        }

        _ = FlushAsync(writer, upTo);
    }

    private async Task FlushAsync(InodeWriter writer, Instant upTo)
    {
        var errno = Errno.EIO;
        try
        {
            errno = upTo == default ? await writes.CommitStoredAsync(writer) : await writes.FlushAsync(writer, upTo);
        }
        catch (Exception e)
        {
            ClientLog.Unexpected(log, e, "a flush in the background");
        }

        lock (_gate) _busy.Remove(writer.Inode.Id);
        TimeSpan pause;
        lock (writer.Inode.Gate)
        {
            if (writer.IsFenced) return;
            if (errno == Errno.OK)
            {
                writer.RetryPause = default;
                writer.RetryAt = default;
                return;
            }

            pause = writer.RetryPause == default ? PauseMin : writer.RetryPause * 2;
            if (pause > PauseMax) pause = PauseMax;
            writer.RetryPause = pause;
            writer.RetryAt = session.Now.Plus(pause);
        }

        ClientLog.WriteBehindFailed(log, writer.Inode.Id, errno, pause);
    }
}
