namespace FlexFs.LeaseModel;

/// <summary>A small world of which every state and every step is tried.</summary>
public interface IModel
{
    /// <summary>Where it begins.</summary>
    State Initial { get; }

    /// <summary>All steps that may be next, each with what it does to a copy of the state.</summary>
    void AddSteps(in State state, Steps steps);

    /// <summary>What must never be, in one sentence; null when it holds.</summary>
    string? Broken(in State state);

    /// <summary>Whether nothing is under way: from every state one like this must be reachable.</summary>
    bool IsQuiet(in State state);
}

/// <summary>A state: a few small numbers, equal by content.</summary>
public readonly struct State : IEquatable<State>
{
    private readonly byte[] _cells;
    private readonly int _hash;

    public State(byte[] cells)
    {
        _cells = cells;
        var hash = new HashCode();
        hash.AddBytes(cells);
        _hash = hash.ToHashCode();
    }

    public byte this[int cell] => _cells[cell];

    public byte[] Copy() => (byte[])_cells.Clone();

    public bool Equals(State other) => _hash == other._hash && _cells.AsSpan().SequenceEqual(other._cells);

    public static bool operator ==(State left, State right) => left.Equals(right);

    public static bool operator !=(State left, State right) => !left.Equals(right);

    public override bool Equals(object? obj) => obj is State other && Equals(other);

    public override int GetHashCode() => _hash;
}

/// <summary>The steps out of one state.</summary>
public sealed class Steps
{
    private readonly List<(string Name, State Next, string? Wrong)> _all = [];
    private State _from;

    public IReadOnlyList<(string Name, State Next, string? Wrong)> All => _all;

    /// <summary>Begins with a state.</summary>
    public void Begin(State from)
    {
        _from = from;
        _all.Clear();
    }

    /// <summary>Adds a step.</summary>
    /// <param name="name">For the trace.</param>
    /// <param name="change">Changes a copy of the state; says what is wrong with the step, or null.</param>
    public void Add(string name, Func<byte[], string?> change)
    {
        var cells = _from.Copy();
        var wrong = change(cells);
        _all.Add((name, new State(cells), wrong));
    }

    /// <summary>Adds a step with which nothing can be wrong.</summary>
    public void Add(string name, Action<byte[]> change)
    {
        var cells = _from.Copy();
        change(cells);
        _all.Add((name, new State(cells), null));
    }
}

/// <summary>What came out.</summary>
/// <param name="States">States that can be reached.</param>
/// <param name="Problem">What is wrong; null when nothing is.</param>
/// <param name="Trace">The shortest way there.</param>
public sealed record Exploration(int States, string? Problem, IReadOnlyList<string> Trace)
{
    public override string ToString() => Problem is null
        ? $"{States} states, all as they must be"
        : $"{Problem}\n  {string.Join("\n  ", Trace)}";
}

/// <summary>Tries everything, breadth first, so that the first counterexample is a shortest one.</summary>
public static class Explorer
{
    /// <summary>Visits all states.</summary>
    /// <exception cref="InvalidOperationException">There are more than <paramref name="statesMax"/>: the model is too large.</exception>
    public static Exploration Run(IModel model, int statesMax = 4_000_000)
    {
        var index = new Dictionary<State, int>();
        var states = new List<State>();
        var parents = new List<(int From, string Step)>();
        var edges = new List<(int From, int To)>();
        var steps = new Steps();
        index.Add(model.Initial, 0);
        states.Add(model.Initial);
        parents.Add((-1, ""));
        for (var at = 0; at < states.Count; at++)
        {
            var state = states[at];
            if (model.Broken(state) is { } broken) return new Exploration(states.Count, broken, Trace(parents, at, null));
            steps.Begin(state);
            model.AddSteps(state, steps);
            foreach (var (name, next, wrong) in steps.All)
            {
                if (wrong is not null) return new Exploration(states.Count, wrong, Trace(parents, at, name));
                if (!index.TryGetValue(next, out var to))
                {
                    to = states.Count;
                    if (to >= statesMax) throw new InvalidOperationException($"more than {statesMax} states");
                    index.Add(next, to);
                    states.Add(next);
                    parents.Add((at, name));
                }

                edges.Add((at, to));
            }
        }

        var stuck = FindStuck(model, states, edges);
        return stuck < 0
            ? new Exploration(states.Count, null, [])
            : new Exploration(states.Count, "from here nothing ever comes to rest", Trace(parents, stuck, null));
    }

    // Backwards from the quiet states; what is not reached is stuck. The first of them has the shortest trace.
    private static int FindStuck(IModel model, List<State> states, List<(int From, int To)> edges)
    {
        var first = new int[states.Count + 1];
        foreach (var (_, to) in edges) first[to + 1]++;
        for (var i = 0; i < states.Count; i++) first[i + 1] += first[i];
        var back = new int[edges.Count];
        var fill = (int[])first.Clone();
        foreach (var (from, to) in edges) back[fill[to]++] = from;
        var reached = new bool[states.Count];
        var queue = new Queue<int>();
        for (var i = 0; i < states.Count; i++)
        {
            if (!model.IsQuiet(states[i])) continue;
            reached[i] = true;
            queue.Enqueue(i);
        }

        while (queue.TryDequeue(out var state))
        {
            for (var i = first[state]; i < first[state + 1]; i++)
            {
                if (reached[back[i]]) continue;
                reached[back[i]] = true;
                queue.Enqueue(back[i]);
            }
        }

        return Array.IndexOf(reached, false);
    }

    private static List<string> Trace(List<(int From, string Step)> parents, int at, string? last)
    {
        var trace = new List<string>();
        if (last is not null) trace.Add(last);
        for (; at > 0; at = parents[at].From) trace.Add(parents[at].Step);
        trace.Reverse();
        return trace;
    }
}
