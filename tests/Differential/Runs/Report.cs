using System.Globalization;
using System.Text;

namespace FlexFs.Differential.Runs;

/// <summary>A difference as a person wants to see it: short, and how to have it again.</summary>
internal static class Report
{
    /// <summary>Shrinks and describes.</summary>
    internal static string Of(Run run, RunOptions options, Difference difference, string command)
    {
        var (operations, smallest) = new Shrinker(run).Shrink([.. run.Operations], difference);
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"flexFS differs from ext4 at step {difference.Step} of seed {options.Seed}:\n    {difference.Text}\n\n");
        text.Append(CultureInfo.InvariantCulture, $"The shortest sequence that was found, of {operations.Count} operations:\n");
        foreach (var operation in operations) text.Append(CultureInfo.InvariantCulture, $"  {operation}\n");
        text.Append(CultureInfo.InvariantCulture, $"it differs in:\n    {smallest.Text}\n\nRepeat it with: {command}\n");
        return text.ToString();
    }
}
