namespace FlexFs.Differential.Operations;

/// <summary>What a run performs.</summary>
internal sealed record GeneratorOptions
{
    /// <summary>1, or 2: each operation goes through one of them.</summary>
    public int Mounts { get; init; } = 1;

    /// <summary>Who performs, of <see cref="Users"/>, as often as it is in the list.</summary>
    public IReadOnlyList<int> Users { get; init; } = Operations.Users.Everybody;

    /// <summary>Whether ACLs are among the extended attributes.</summary>
    public bool HasAcls { get; init; }
}
