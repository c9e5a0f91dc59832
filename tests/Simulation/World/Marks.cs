namespace FlexFs.Simulation.World;

/// <summary>Rare branches of a run: counted, so that a run can say which it never reached.</summary>
public sealed class Marks
{
    private readonly SortedDictionary<string, long> _counts = new(StringComparer.Ordinal);

    /// <summary>Branches, in order of name, with how often each was reached.</summary>
    public IEnumerable<KeyValuePair<string, long>> All => _counts;

    /// <summary>Says that a branch exists.</summary>
    public void Expect(params ReadOnlySpan<string> names)
    {
        foreach (var name in names) _counts.TryAdd(name, 0);
    }

    /// <summary>A branch was reached.</summary>
    public void Reached(string name) => _counts[name] = _counts.GetValueOrDefault(name) + 1;

    /// <summary>Adds those of another run.</summary>
    public void Add(Marks other)
    {
        foreach (var (name, count) in other._counts) _counts[name] = _counts.GetValueOrDefault(name) + count;
    }

    /// <summary>How often a branch was reached.</summary>
    public long Of(string name) => _counts.GetValueOrDefault(name);
}
