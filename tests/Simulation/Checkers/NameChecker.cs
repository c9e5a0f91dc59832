using FlexFs.Core;
using FlexFs.Simulation.Runtime;
using FlexFs.Simulation.World;

namespace FlexFs.Simulation.Checkers;

/// <summary>Whether the answers about names could have come from one tree, one operation at a time (<see cref="Orders{TModel,TOperation}"/>).</summary>
/// <remarks>The tree is one model: a rename is about two directories, and link counts are about all of them.</remarks>
public sealed class NameChecker(Marks marks)
{
    private readonly List<NameOperation> _history = [];

    /// <summary>Everything that was asked.</summary>
    public IReadOnlyList<NameOperation> History => _history;

    /// <summary>An operation begins.</summary>
    public void Asked(NameOperation operation) => _history.Add(operation);

    /// <summary>Looks for an order that explains all answers.</summary>
    /// <exception cref="ViolationException">There is none.</exception>
    public void Check()
    {
        var directories = _history.Where(o => o.Verb == NameVerb.MakeDirectory).Select(o => o.Number).ToHashSet();
        new Orders<NameModel, NameOperation>("names", NameModel.Empty(directories), marks)
            .Check([.. _history.Where(o => !HasNoEffect(o))]);
    }

    // ENOSPC changes nothing, wherever it falls.
    private static bool HasNoEffect(NameOperation o) => o.Answered != 0 && o.Errno is Errno.ENOSPC or Errno.EAGAIN;
}
