using FlexFs.Core;

namespace FlexFs.Simulation.Runtime;

/// <summary>The one loop that everything runs on: of the steps that are ready, the seed picks the next.</summary>
/// <remarks>
/// 1. One thread. A step that is posted from another one has escaped, and the run fails.
/// 2. Time moves only when nothing is ready, to the next timer.
/// 3. Steps of a dead process are dropped, whenever they come; those of a frozen one wait.
/// </remarks>
public sealed class SimulatedContext
{
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private readonly List<Step> _ready = [];
    private readonly List<Step> _held = [];
    private readonly Chance _chance;
    private string? _escaped;

    /// <summary>Nothing runs until <see cref="Run"/>.</summary>
    public SimulatedContext(ulong seed, Trace trace)
    {
        Seed = seed;
        Trace = trace;
        var chance = new Chance(seed);
        _chance = chance.Fork();
        Time = new SimulatedTime(this);
    }

    /// <summary>All chance comes from it.</summary>
    public ulong Seed { get; }

    /// <summary>What happened.</summary>
    public Trace Trace { get; }

    /// <summary>Virtual time.</summary>
    public SimulatedTime Time { get; }

    /// <summary>Steps that ran.</summary>
    public long Steps { get; private set; }

    /// <summary>What a process threw that nobody caught; the run fails with it.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>Fails the run.</summary>
    public void Fail(Exception failure) => Failure ??= failure;

    /// <summary>Queues a step of a process. Of a lane, the step is to take the lane's next.</summary>
    public void Post(SimulatedProcess process, SendOrPostCallback callback, object? state, SynchronizationContext context)
    {
        if (Environment.CurrentManagedThreadId != _thread)
        {
            // Nothing is thrown here: nobody would catch it on that thread. The loop sees it before its next step.
            Interlocked.CompareExchange(
                ref _escaped, $"a step of {process.Name} came from another thread:\n{Environment.StackTrace}", null);
            return;
        }

        if (process.IsAlive) _ready.Add(new Step(process, callback, state, context));
    }

    /// <summary>A process goes on: what waited for it is ready, in the order in which it would have run.</summary>
    public void Thawed(SimulatedProcess process)
    {
        foreach (var step in _held) if (step.Process == process) _ready.Add(step);
        _held.RemoveAll(step => step.Process == process);
    }

    /// <summary>Throws if this is not the simulator's thread.</summary>
    public void AssertThread(string what)
    {
        if (Environment.CurrentManagedThreadId == _thread) return;
        _escaped ??= $"{what} came from another thread:\n{Environment.StackTrace}";
        throw new EscapeException(_escaped);
    }

    /// <summary>Runs until <paramref name="isDone"/>, looked at after every step.</summary>
    /// <param name="isDone">When to end.</param>
    /// <param name="timeMax">Virtual time in which it must be done.</param>
    /// <param name="stepsMax">Steps in which it must be done.</param>
    public void Run(Func<bool> isDone, TimeSpan timeMax, long stepsMax)
    {
        AssertThread("the loop");
        var outer = SynchronizationContext.Current;
        var timeEnd = Time.Elapsed + timeMax;
        var stepsEnd = Steps + stepsMax;
        try
        {
            while (true)
            {
                if (Volatile.Read(ref _escaped) is { } escaped) throw new EscapeException(escaped);
                if (Failure is { } failure) throw failure;
                if (isDone()) return;
                if (_ready.Count == 0 && !Time.FireNext())
                {
                    throw new StuckException("nothing is ready and no timer is set: something waits for what never comes, or has left the thread");
                }

                if (Time.Elapsed > timeEnd) throw new StuckException($"not done after {timeMax} of virtual time");
                if (Steps > stepsEnd) throw new StuckException($"not done after {stepsMax} steps: something runs in circles");
                if (_ready.Count > 0) RunOne();
            }
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(outer);
        }
    }

    private void RunOne()
    {
        var at = _ready.Count == 1 ? 0 : _chance.Below(_ready.Count);
        var step = _ready[at];
        _ready.RemoveAt(at);
        Trace.Mix(((ulong)_ready.Count << 32) | (uint)at);
        if (!step.Process.IsAlive) return;
        if (step.Process.IsFrozen)
        {
            _held.Add(step);
            return;
        }

        Steps++;
        SynchronizationContext.SetSynchronizationContext(step.Context);
        step.Callback(step.State);
    }

    private readonly record struct Step(
        SimulatedProcess Process, SendOrPostCallback Callback, object? State, SynchronizationContext Context);
}
