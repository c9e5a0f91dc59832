namespace FlexFs.Differential.Operations;

/// <summary>What a run performs.</summary>
internal sealed record GeneratorOptions
{
    /// <summary>1, or 2 that take turns.</summary>
    public int Mounts { get; init; } = 1;

    /// <summary>How many operations one mount performs before it is the other's turn.</summary>
    public int TurnLengthMax { get; init; } = 1;

    /// <summary>The one user, of <see cref="Users"/>; null is all of them.</summary>
    public int? User { get; init; }

    /// <summary>Calls that are left out.</summary>
    public IReadOnlySet<Call> Without { get; init; } = new HashSet<Call>();

    public bool HasTemporaryFiles { get; init; }

    public bool HasWhiteouts { get; init; }

    public bool HasHoles { get; init; }
}
