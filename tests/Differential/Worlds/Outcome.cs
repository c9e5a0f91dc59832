using System.Globalization;
using FlexFs.Core;

namespace FlexFs.Differential.Worlds;

/// <summary>What one side answered: compared as a whole, read by people.</summary>
/// <param name="Result">What the call returned, or an errno as a negative number.</param>
/// <param name="Details">Data and attributes, as text.</param>
internal readonly record struct Outcome(long Result, string Details)
{
    internal bool IsError => Result < 0;

    /// <inheritdoc/>
    public override string ToString() => Text(Result) + (Details.Length > 0 ? " " + Details : "");

    /// <summary>An errno by its name.</summary>
    internal static string Text(long result) => result >= 0
        ? result.ToString(CultureInfo.InvariantCulture)
        : Enum.IsDefined((Errno)(-result)) ? ((Errno)(-result)).ToString() : $"errno {-result}";
}
