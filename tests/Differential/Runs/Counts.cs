using System.Globalization;
using System.Text;
using FlexFs.Differential.Operations;
using FlexFs.Differential.Worlds;

namespace FlexFs.Differential.Runs;

/// <summary>How often which call was made and what it answered.</summary>
internal sealed class Counts
{
    private readonly SortedDictionary<Call, SortedDictionary<long, int>> _counts = [];

    /// <summary>Calls that were made at all.</summary>
    internal int Calls => _counts.Count;

    internal long Made => _counts.Values.Sum(Sum);

    internal double SuccessShare => (double)_counts.Values.Sum(Good) / Math.Max(1, Made);

    internal void Add(Call call, long result, int count = 1)
    {
        if (!_counts.TryGetValue(call, out var results)) _counts[call] = results = [];
        result = Math.Min(result, 0);
        results[result] = results.GetValueOrDefault(result) + count;
    }

    internal void Add(Counts other)
    {
        foreach (var (call, results) in other._counts)
        {
            foreach (var (result, count) in results) Add(call, result, count);
        }
    }

    /// <summary>A line for each call: its count, the share that succeeded, and each errno with its count.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        foreach (var (call, results) in _counts)
        {
            text.Append(CultureInfo.InvariantCulture, $"{call,-12} {Sum(results),8} {100.0 * Good(results) / Sum(results),5:F1} % ");
            foreach (var (result, count) in results.Where(each => each.Key < 0).OrderByDescending(each => each.Value))
            {
                text.Append(CultureInfo.InvariantCulture, $" {Name(result)} {count}");
            }

            text.Append('\n');
        }

        return text.Append(CultureInfo.InvariantCulture, $"{"all",-12} {Made,8} {100 * SuccessShare,5:F1} %\n").ToString();
    }

    // What is mapped has answers that are no errno: -1 is that there is nothing to do.
    private static string Name(long result) => result == -1 ? "nothing" : Outcome.Text(result);

    private static long Sum(SortedDictionary<long, int> results) => results.Values.Sum(count => (long)count);

    private static long Good(SortedDictionary<long, int> results) => results.GetValueOrDefault(0);
}
