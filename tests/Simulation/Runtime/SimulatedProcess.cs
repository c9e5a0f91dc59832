using FlexFs.Core;

namespace FlexFs.Simulation.Runtime;

/// <summary>Code that lives and dies together: what runs on its context ends at <see cref="Kill"/>, between two steps.</summary>
/// <remarks>An await anywhere in it is a place where it may die.</remarks>
public sealed class SimulatedProcess
{
    private readonly SimulatedContext _loop;

    /// <summary>Alive from now on.</summary>
    public SimulatedProcess(SimulatedContext loop, string name)
    {
        _loop = loop;
        Name = name;
        Context = new ProcessContext(this);
        Clock = new SimulatedClock(loop.Time, this);
    }

    /// <summary>For the trace.</summary>
    public string Name { get; }

    /// <summary>Whether it still runs.</summary>
    public bool IsAlive { get; private set; } = true;

    /// <summary>Where its steps run, in any order.</summary>
    public SynchronizationContext Context { get; }

    /// <summary>Its clock: virtual time, and a wall clock of its own.</summary>
    public SimulatedClock Clock { get; }

    /// <summary>Called at <see cref="Kill"/>.</summary>
    public event Action? Killed;

    /// <summary>Whether it stands still, as a stopped process or a paused machine does, while time goes on.</summary>
    public bool IsFrozen { get; private set; }

    /// <summary>It runs no step any more, until it is thawed.</summary>
    public void Freeze() => IsFrozen = true;

    /// <summary>It goes on.</summary>
    public void Thaw()
    {
        IsFrozen = false;
        _loop.Thawed(this);
    }

    /// <summary>Ends it here and now.</summary>
    public void Kill()
    {
        if (!IsAlive) return;
        IsAlive = false;
        Killed?.Invoke();
    }

    /// <summary>A context whose steps run in the order of their posts, as an actor's do.</summary>
    public SynchronizationContext NewLane() => new LaneContext(this);

    /// <summary>Begins a task of the process; what it throws fails the run.</summary>
    public void Start(Func<Task> body) => Context.Post(_ => _ = RunAsync(body), null);

    /// <summary>Runs a callback as a step of the process, on its context.</summary>
    public void Post(SendOrPostCallback callback, object? state, SynchronizationContext? context = null) =>
        _loop.Post(this, callback, state, context ?? Context);

    /// <summary>Runs a call of another process on this one; the answer finds its own way back.</summary>
    public Task<T> RunAsync<T>(Func<Task<T>> call)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Context.Post(_ => _ = CallAsync(call, done), null);
        return done.Task;
    }

    private static async Task CallAsync<T>(Func<Task<T>> call, TaskCompletionSource<T> done)
    {
        try
        {
            done.SetResult(await call());
        }
        catch (Exception e)
        {
            done.SetException(e);
        }
    }

    private async Task RunAsync(Func<Task> body)
    {
        try
        {
            await body();
        }
        catch (Exception e)
        {
            _loop.Fail(e);
        }
    }

    /// <summary>The process that runs now.</summary>
    public static SimulatedProcess? Current => SynchronizationContext.Current switch
    {
        ProcessContext context => context.Process,
        LaneContext lane => lane.Process,
        _ => null,
    };

    private sealed class ProcessContext(SimulatedProcess process) : SynchronizationContext
    {
        public SimulatedProcess Process => process;

        public override void Post(SendOrPostCallback d, object? state) => process.Post(d, state, this);

        public override void Send(SendOrPostCallback d, object? state) =>
            throw new EscapeException("a step was sent, which waits on a thread");

        public override SynchronizationContext CreateCopy() => this;
    }

    private sealed class LaneContext(SimulatedProcess process) : SynchronizationContext
    {
        private readonly Queue<(SendOrPostCallback Callback, object? State)> _steps = new();

        public SimulatedProcess Process => process;

        public override void Post(SendOrPostCallback d, object? state)
        {
            _steps.Enqueue((d, state));
            if (_steps.Count == 1) process.Post(static self => ((LaneContext)self!).RunNext(), this, this);
        }

        public override void Send(SendOrPostCallback d, object? state) =>
            throw new EscapeException("a step was sent, which waits on a thread");

        public override SynchronizationContext CreateCopy() => this;

        private void RunNext()
        {
            var (callback, state) = _steps.Peek();
            try
            {
                callback(state);
            }
            finally
            {
                _steps.Dequeue();
                if (_steps.Count > 0) process.Post(static self => ((LaneContext)self!).RunNext(), this, this);
            }
        }
    }
}
