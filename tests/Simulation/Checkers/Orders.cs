using FlexFs.Simulation.Runtime;
using FlexFs.Simulation.World;

namespace FlexFs.Simulation.Checkers;

/// <summary>Whether answers could have come from one model, one operation at a time: linearizability.</summary>
/// <remarks>
/// Each answered operation takes effect at one moment between its question and its answer; one that was never answered takes
/// effect at any later moment, once, or never. All orders that still explain everything are carried along together, from answer to answer
/// (Wing and Gong's search, with equal states taken together as Lowe has it); when none is left, something was lost, done twice, or
/// seen out of order. What can only have looked, and found what the state has, is put there at once: later would do no more.
/// </remarks>
public sealed class Orders<TModel, TOperation>(string what, TModel first, Marks marks)
    where TModel : class, IModel<TModel, TOperation>
    where TOperation : class, IOperation
{
    private const int StatesMax = 60_000;
    private const int LinesMax = 14;
    private readonly SortedDictionary<uint, TOperation> _pending = [];
    private List<State> _states = [new(first, [])];

    /// <summary>Looks for an order that explains all answers.</summary>
    /// <param name="history">What was asked, in any order; what certainly had no effect and whose answer says nothing is left out.</param>
    /// <exception cref="ViolationException">There is none.</exception>
    public void Check(IReadOnlyCollection<TOperation> history)
    {
        var events = history
            .SelectMany(o => o.Answered == 0 ? [(At: o.Asked, Operation: o)] : new[] { (At: o.Asked, Operation: o), (At: o.Answered, Operation: o) })
            .OrderBy(e => e.At);
        foreach (var (at, operation) in events)
        {
            if (at == operation.Asked)
            {
                _pending.Add(operation.Number, operation);
                continue;
            }

            if (Return(operation) is not { } next)
            {
                marks.Reached($"{what}: too many orders, not checked to the end");
                return;
            }

            if (next.Count == 0) throw Violation(history, operation);
            _states = next;
            _pending.Remove(operation.Number);
        }
    }

    // The states in which the operation has taken effect; null when there are too many.
    private List<State>? Return(TOperation operation)
    {
        var after = new Dictionary<string, State>();
        var seen = new HashSet<string>();
        var open = new Stack<State>(_states);
        while (open.TryPop(out var unsettled))
        {
            var state = Settle(unsettled);
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
            foreach (var one in _pending.Values)
            {
                if (state.Done.Contains(one.Number) || !state.Model.TryApply(one, out var model)) continue;

                // Nobody saw the answer, so there is no need to say when nothing happened.
                if ((one.Answered == 0 || one.IsUnknown) && ReferenceEquals(model, state.Model)) continue;
                open.Push(state.With(model, one.Number));
            }
        }

        return [.. after.Values];
    }

    private State Settle(State state)
    {
        SortedSet<uint>? done = null;
        foreach (var one in _pending.Values)
        {
            if (!one.IsLook || one.IsUnknown || state.Done.Contains(one.Number) || !state.Model.TryApply(one, out _)) continue;
            (done ??= [.. state.Done]).Add(one.Number);
        }

        return done is null ? state : new State(state.Model, done);
    }

    private ViolationException Violation(IReadOnlyCollection<TOperation> history, TOperation operation)
    {
        var before = history.Where(o => o.Answered != 0 && o.Answered < operation.Asked).OrderBy(o => o.Answered).TakeLast(LinesMax);
        return new ViolationException(
            $"{what}: no order of operations explains the answer of\n  {operation}\n"
            + $"Under way beside it:\n{Lines(_pending.Values.Where(o => o != operation))}\nBefore it:\n{Lines(before)}\n"
            + $"It could have been:\n{string.Join("\n", _states.Take(4).Select(s => "  " + s.Model.Key))}");
    }

    private static string Lines(IEnumerable<TOperation> operations) => string.Join("\n", operations.Select(o => $"  {o}"));

    private sealed class State(TModel model, SortedSet<uint> done)
    {
        public TModel Model => model;

        /// <summary>Operations under way that have taken effect.</summary>
        public SortedSet<uint> Done => done;

        public string Key { get; } = $"{model.Key}|{string.Join(',', done)}";

        public State With(TModel next, uint operation) => new(next, [.. done, operation]);

        public State Without(uint operation) => new(model, [.. done.Where(o => o != operation)]);
    }
}
