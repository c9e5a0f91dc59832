using FlexFs.Differential.Operations;
using FlexFs.Differential.Worlds;

namespace FlexFs.Differential.Runs;

/// <summary>Where the two sides parted.</summary>
/// <param name="Step">Of which operation; the count of all when the trees differ at the end.</param>
/// <param name="Kind">Alike for differences that may have one cause.</param>
/// <param name="Text">For people.</param>
internal sealed record Difference(int Step, string Kind, string Text)
{
    internal static Difference Of(int step, Operation operation, Outcome expected, Outcome found) =>
        new(step, $"{operation.Call} {Errno(expected)} {Errno(found)}", $"{operation}\n    ext4   {expected}\n    flexFS {found}");

    private static string Errno(Outcome outcome) => outcome.IsError ? Outcome.Text(outcome.Result) : "";
}
