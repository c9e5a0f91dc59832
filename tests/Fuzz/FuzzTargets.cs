using System.Reflection;
using FlexFs.Wire;

namespace FlexFs.Fuzz;

/// <summary>A list of records to fuzz, each with values to begin from: a test project keeps one for its records.</summary>
public sealed class FuzzTargets
{
    private readonly SortedDictionary<string, Func<int, int, FuzzResult>> _targets = new(StringComparer.Ordinal);

    /// <summary>The records' names, in order: the cases of a theory.</summary>
    public IEnumerable<string> Names => _targets.Keys;

    /// <summary>Adds a record and one or more values of it.</summary>
    public FuzzTargets Add<T>(params T[] corpus)
        where T : IWireRecord<T>, IEquatable<T>
    {
        ArgumentNullException.ThrowIfNull(corpus);
        if (corpus.Length == 0) throw new ArgumentException($"{typeof(T).Name} has no value to begin from", nameof(corpus));
        _targets.Add(typeof(T).Name, (seed, iterations) => DecoderFuzzer.Run(corpus, seed, iterations));
        return this;
    }

    /// <summary>Adds the records of an assembly that are not in the list yet, beginning from made-up values.</summary>
    public FuzzTargets AddAllOf(Assembly assembly)
    {
        var add = typeof(FuzzTargets).GetMethod(nameof(AddSample), BindingFlags.Instance | BindingFlags.NonPublic)!;
        foreach (var type in RecordSampler.RecordsIn(assembly))
        {
            if (!_targets.ContainsKey(type.Name)) add.MakeGenericMethod(type).Invoke(this, []);
        }

        return this;
    }

    /// <summary>Fuzzes one of them.</summary>
    public FuzzResult Run(string name, int seed, int iterations) => _targets[name](seed, iterations);

    /// <summary>The records of an assembly that are not in the list: a test asserts that there are none.</summary>
    public IReadOnlyList<string> MissingFrom(Assembly assembly)
    {
        ArgumentNullException.ThrowIfNull(assembly);
        return [.. RecordSampler.RecordsIn(assembly).Select(type => type.Name).Where(name => !_targets.ContainsKey(name))];
    }

    private FuzzTargets AddSample<T>()
        where T : IWireRecord<T>, IEquatable<T>, new() => Add(RecordSampler.Full<T>(), new T());
}
