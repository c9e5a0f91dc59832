using FlexFs.Workloads.Targets;

namespace FlexFs.Workloads.Rows;

/// <summary>One thing that is measured on every target.</summary>
/// <param name="Name">As ./dev bench NAME takes it.</param>
/// <param name="What">As the table says it.</param>
/// <param name="Unit">Of the figure; a ratio is taken so that above 1 is better.</param>
/// <param name="HigherIsBetter">Rates yes, times no.</param>
/// <param name="Promise">The least ratio to passthrough_hp that is promised, or null.</param>
/// <param name="Measure">Runs it once in a fresh folder of the target; not a number for one that it is not for.</param>
public sealed record Row(
    string Name, string What, string Unit, bool HigherIsBetter, double? Promise, Func<Target, string, double> Measure)
{
    /// <summary>How often it is run at most, however many repeats are wanted.</summary>
    public int Repeats { get; init; } = int.MaxValue;
}
