using FlexFs.Core;
using FlexFs.Simulation.Runtime;
using FlexFs.Simulation.World;

namespace FlexFs.Simulation.Checkers;

/// <summary>Whether the answers about names could have come from one tree, one operation at a time.</summary>
/// <remarks>
/// Linearizability: each answered operation takes effect at one moment between its question and its answer; one that was never
/// answered takes effect at any later moment, once, or never. All orders that still explain everything are carried along together; when
/// none is left, something was lost, done twice, or seen out of order.
/// </remarks>
public sealed class NameChecker(Marks marks)
{
    private const int StatesMax = 60_000;
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
        var events = _history.Where(o => !HasNoEffect(o))
            .SelectMany(o => o.Answered == 0 ? [(o.Asked, o)] : new[] { (o.Asked, o), (o.Answered, o) })
            .OrderBy(e => e.Item1);
        var pending = new SortedDictionary<uint, NameOperation>();
        var states = new List<State> { new(NameModel.Empty(directories), []) };
        foreach (var (at, operation) in events)
        {
            if (at == operation.Asked)
            {
                pending.Add(operation.Number, operation);
                continue;
            }

            var next = Return(states, pending, operation);
            if (next is null)
            {
                marks.Reached("names: too many orders, not checked to the end");
                return;
            }

            if (next.Count == 0) throw Violation(operation, pending, states);
            states = next;
            pending.Remove(operation.Number);
        }
    }

    // ENOSPC changes nothing, wherever it falls.
    private static bool HasNoEffect(NameOperation o) => o.Answered != 0 && o.Errno is Errno.ENOSPC or Errno.EAGAIN;

    private static List<State>? Return(
        List<State> states, SortedDictionary<uint, NameOperation> pending, NameOperation operation)
    {
        var after = new Dictionary<string, State>();
        var seen = new HashSet<string>();
        var open = new Stack<State>(states);
        while (open.TryPop(out var state))
        {
            if (!seen.Add(state.Key)) continue;
            if (seen.Count > StatesMax) return null;
            if (state.Done.Contains(operation.Number))
            {
                var settled = state.Without(operation.Number);
                after.TryAdd(settled.Key, settled);
                continue;
            }

            // What is unknown may also never have happened.
            if (operation.IsUnknown) after.TryAdd(state.Key, state);
            foreach (var one in pending.Values)
            {
                if (state.Done.Contains(one.Number) || !state.Model.TryApply(one, out var model)) continue;

                // Nobody saw the answer, so there is no need to say when nothing happened.
                if ((one.Answered == 0 || one.IsUnknown) && ReferenceEquals(model, state.Model)) continue;
                open.Push(state.With(model, one.Number));
            }
        }

        return [.. after.Values];
    }

    private ViolationException Violation(
        NameOperation operation, SortedDictionary<uint, NameOperation> pending, List<State> states)
    {
        var before = _history.Where(o => o.Answered != 0 && o.Answered < operation.Asked).OrderBy(o => o.Answered).TakeLast(12);
        return new ViolationException(
            $"names: no order of operations explains the answer of\n  {operation}\n"
            + $"Under way beside it:\n{Lines(pending.Values.Where(o => o != operation))}\nBefore it:\n{Lines(before)}\n"
            + $"The tree could have been:\n{string.Join("\n", states.Take(4).Select(s => "  " + s.Model.Key))}");
    }

    private static string Lines(IEnumerable<NameOperation> operations) =>
        string.Join("\n", operations.Select(o => $"  {o}"));

    private sealed class State(NameModel model, SortedSet<uint> done)
    {
        public NameModel Model => model;

        /// <summary>Operations under way that have taken effect.</summary>
        public SortedSet<uint> Done => done;

        public string Key { get; } = $"{model.Key}|{string.Join(',', done)}";

        public State With(NameModel next, uint operation) => new(next, [.. done, operation]);

        public State Without(uint operation) => new(model, [.. done.Where(o => o != operation)]);
    }
}
