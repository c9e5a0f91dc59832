namespace FlexFs.Objects;

/// <summary>Where work runs that blocks on a disk or keeps a processor busy: never on the caller's loop.</summary>
/// <remarks>
/// Executables give <see cref="BlockingThreads"/>, the simulator and tests <see cref="InlineWork"/>. State is passed in, so that a
/// call needs no closure.
/// </remarks>
public interface IBlockingWork
{
    /// <summary>Runs <paramref name="work"/>; its exception is the task's.</summary>
    /// <param name="state">Given to <paramref name="work"/>.</param>
    /// <param name="work">A static function.</param>
    ValueTask<TResult> RunAsync<TState, TResult>(TState state, Func<TState, TResult> work);
}

/// <summary>Runs work at once on the caller: for the simulator, for tests, and for tools that have nothing else to do.</summary>
public sealed class InlineWork : IBlockingWork
{
    /// <summary>The one instance; it has no state.</summary>
    public static readonly InlineWork Instance = new();

    private InlineWork()
    {
    }

    /// <inheritdoc/>
    public ValueTask<TResult> RunAsync<TState, TResult>(TState state, Func<TState, TResult> work)
    {
        ArgumentNullException.ThrowIfNull(work);
        try
        {
            return new(work(state));
        }
        catch (Exception failure)
        {
            // Top of the work: the awaiting caller gets it, as from any other scheduler.
            return ValueTask.FromException<TResult>(failure);
        }
    }
}
