using FlexFs.Differential.Operations;
using FlexFs.Differential.Worlds;

namespace FlexFs.Differential.Runs;

/// <summary>Where the two sides parted.</summary>
/// <param name="Step">Of which operation; the count of all when the trees differ at the end.</param>
/// <param name="Text">For people.</param>
internal sealed record Difference(int Step, string Text)
{
    internal static Difference Of(int step, Operation operation, Outcome expected, Outcome found) =>
        new(step, $"{operation}\n    ext4   {expected}\n    flexFS {found}");
}
