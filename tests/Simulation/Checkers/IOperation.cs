namespace FlexFs.Simulation.Checkers;

/// <summary>An operation of a history: when it was asked and answered.</summary>
public interface IOperation
{
    /// <summary>Its number in the run.</summary>
    uint Number { get; }

    /// <summary>Event number of the question.</summary>
    long Asked { get; }

    /// <summary>Event number of the answer; 0 while there is none, and for ever when the client died.</summary>
    long Answered { get; }

    /// <summary>Whether the answer leaves open what happened: it took effect at some time before it, or never.</summary>
    bool IsUnknown { get; }

    /// <summary>Whether it was answered, and that answer cannot come from a change.</summary>
    bool IsLook { get; }
}

/// <summary>What operations are about, as it is between two of them. Immutable.</summary>
/// <typeparam name="TModel">Itself.</typeparam>
/// <typeparam name="TOperation">The operations.</typeparam>
public interface IModel<TModel, in TOperation>
    where TModel : class, IModel<TModel, TOperation>
{
    /// <summary>Equal for equal models.</summary>
    string Key { get; }

    /// <summary>Whether the operation could be answered as it was.</summary>
    /// <param name="operation">With its answer.</param>
    /// <param name="after">The model after it; the same object when nothing changes.</param>
    /// <returns>False when the answer would be another one.</returns>
    bool TryApply(TOperation operation, out TModel after);
}
