using FlexFs.Core;
using FlexFs.Fuse;
using FlexFs.Mount.Native;

namespace FlexFs.Mount.Bridge;

/// <summary>The program that waits for an operation which has an effect: it is left alone only when it dies.</summary>
/// <remarks>
/// A change that is with the server is not forgotten because of a signal, and EINTR would say that it did not happen. So it is answered
/// when it is done, unless a signal ends the program: then nobody reads the answer, EINTR lets the program go, and the operation goes
/// on without it. The kernel takes EINTR of a change as "nobody knows" and forgets the names (fuse_unlink, fuse_rename_common).
/// Whoever sets <see cref="_isAnswered"/> first answers the request; the other does not touch it any more.
/// </remarks>
internal sealed class Caller
{
    private static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(1);
    private readonly FuseRequest _request;
    private readonly uint _threadId;
    private readonly TimeProvider _time;
    private int _isAnswered;

    private Caller(FuseRequest request, uint threadId, TimeProvider time)
    {
        _request = request;
        _threadId = threadId;
        _time = time;
    }

    /// <summary>Waits for an operation.</summary>
    /// <param name="request">What asked for it; nothing but its reply is used after this began.</param>
    /// <param name="operation">Reads nothing of the request's memory after its first wait.</param>
    /// <param name="time">For pauses.</param>
    /// <param name="exiting">
    /// The thread for which a FLUSH probably comes, which does not say (fuse_flush sends no credentials). A dying program closes its
    /// files too, and the kernel tells only of signals that come while a request waits, so it is looked at unasked. 0 for others.
    /// </param>
    /// <returns>The outcome, and whether the caller is to answer the request.</returns>
    internal static async ValueTask<(T Outcome, bool IsAwaited)> WaitAsync<T>(
        FuseRequest request, ValueTask<T> operation, TimeProvider time, uint exiting = 0)
    {
        if (operation.IsCompleted) return (await operation, true);
        Caller caller = new(request, exiting != 0 ? exiting : request.Pid, time);
        T outcome;
        using (request.InterruptToken.UnsafeRegister(static self => ((Caller)self!).Look(), caller))
        {
            if (exiting != 0) caller.LookLater();
            outcome = await operation;
        }

        return (outcome, Interlocked.Exchange(ref caller._isAnswered, 1) == 0);
    }

    private void Look() => _ = WatchAsync(TimeSpan.Zero);

    private void LookLater() => _ = WatchAsync(PauseMin);

    // A signal is told once for each request, and another one may end the program later.
    private async Task WatchAsync(TimeSpan pause)
    {
        while (true)
        {
            if (pause > TimeSpan.Zero) await Task.Delay(pause, _time);
            if (Volatile.Read(ref _isAnswered) != 0) return;
            if (CallerState.IsDying(_threadId))
            {
                if (Interlocked.Exchange(ref _isAnswered, 1) == 0) _request.Reply.Error(Errno.EINTR);
                return;
            }

            pause = pause == TimeSpan.Zero ? PauseMin : pause * 2 < PauseMax ? pause * 2 : PauseMax;
        }
    }
}
