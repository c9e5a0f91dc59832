using System.Diagnostics;
using FlexFs.Differential.Operations;

namespace FlexFs.Differential.Runs;

/// <summary>Drops operations for as long as the two sides still part.</summary>
internal sealed class Shrinker(Run run)
{
    private static readonly TimeSpan TimeMax = TimeSpan.FromSeconds(90);
    private readonly Stopwatch _watch = Stopwatch.StartNew();

    /// <summary>The shortest sequence that was found, and how it parts.</summary>
    internal (IReadOnlyList<Operation> Operations, Difference Difference) Shrink(IReadOnlyList<Operation> operations, Difference difference)
    {
        // Nothing behind the difference matters.
        List<Operation> best = [.. operations.Take(difference.Step + 1)];
        var found = difference;
        for (var piece = Math.Max(1, best.Count / 2); _watch.Elapsed < TimeMax;)
        {
            var dropped = false;
            for (var at = best.Count - piece; at > -piece && _watch.Elapsed < TimeMax; at -= piece)
            {
                var from = Math.Max(0, at);
                List<Operation> candidate = [.. best];
                candidate.RemoveRange(from, Math.Min(piece, at + piece - from));
                if (candidate.Count == 0 || run.Replay(candidate) is not { } again || again.Kind != found.Kind) continue;
                best = [.. candidate.Take(again.Step + 1)];
                found = again;
                dropped = true;
                at = Math.Min(at, best.Count);
            }

            if (piece > 1) piece /= 2;
            else if (!dropped) break;
        }

        return (best, found);
    }
}
