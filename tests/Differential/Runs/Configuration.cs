using FlexFs.Differential.Operations;

namespace FlexFs.Differential.Runs;

/// <summary>How mounts are made and what runs on them.</summary>
/// <param name="Name">In reports.</param>
/// <param name="Mounts">1 or 2.</param>
/// <param name="MountFlags">Flags of the mounts.</param>
/// <param name="ClosesAtTurns">Whether a mount closes its files before the other has its turn.</param>
internal sealed record Configuration(string Name, int Mounts, string[] MountFlags, bool ClosesAtTurns)
{
    /// <summary>One mount.</summary>
    internal static readonly Configuration OneMount = new("one mount", 1, ["--xAttr"], ClosesAtTurns: false);

    /// <summary>Two mounts of one volume that take turns: what one closed, the other must see.</summary>
    internal static readonly Configuration TwoMounts = new(
        "two mounts", 2, ["--xAttr", "--attrValid", "0", "--entryValid", "0"], ClosesAtTurns: true);

    /// <summary>A run of it.</summary>
    internal RunOptions Run(ulong seed, int steps, int? user) => new(seed, steps, Generator() with { User = user }, ClosesAtTurns);

    private GeneratorOptions Generator() => new()
    {
        Mounts = Mounts,
        TurnLengthMax = ClosesAtTurns ? 20 : 1,
        HasTemporaryFiles = true,
        HasWhiteouts = true,
        HasHoles = true,
    };
}
