using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using FlexFs.Fuse.Protocol;

namespace FlexFs.Fuse;

/// <summary>Watches a handler that goes on after its call returned. Reused, so that watching allocates nothing.</summary>
internal sealed class HandlerTask
{
    private const int IdleMax = 1024;
    private static readonly ConcurrentStack<HandlerTask> Idle = new();
    private static int _idleCount;
    private readonly Action _onEnded;
    private FuseServer _server = null!;
    private FuseRequest _request;
    private FuseOpcode _opcode;
    private ValueTaskAwaiter _awaiter;

    private HandlerTask() => _onEnded = OnEnded;

    public static void Watch(FuseServer server, FuseRequest request, FuseOpcode opcode, ValueTask task)
    {
        if (Idle.TryPop(out HandlerTask? watch)) Interlocked.Decrement(ref _idleCount);
        else watch = new HandlerTask();
        watch._server = server;
        watch._request = request;
        watch._opcode = opcode;
        watch._awaiter = task.GetAwaiter();
        if (watch._awaiter.IsCompleted) watch.OnEnded();
        else watch._awaiter.UnsafeOnCompleted(watch._onEnded);
    }

    private void OnEnded()
    {
        Exception? exception = null;
        try
        {
#pragma warning disable VSTHRD002 // The task has ended: this is its continuation.
            _awaiter.GetResult();
#pragma warning restore VSTHRD002
        }
        catch (Exception thrown)
        {
            exception = thrown;
        }
        (FuseServer server, FuseRequest request, FuseOpcode opcode) = (_server, _request, _opcode);
        _awaiter = default;
        if (Interlocked.Increment(ref _idleCount) <= IdleMax) Idle.Push(this);
        else Interlocked.Decrement(ref _idleCount);
        server.OnHandled(request, opcode, exception);
    }
}
