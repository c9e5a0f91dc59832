using FlexFs.Differential.Operations;

namespace FlexFs.Differential.Runs;

/// <summary>How mounts are made and what runs on them.</summary>
/// <param name="Mounts">1, or 2 of one volume: what one does the other sees at once.</param>
/// <param name="HasAcls">Whether ACLs are among the extended attributes.</param>
internal sealed record Configuration(int Mounts, bool HasAcls)
{
    internal IReadOnlyList<string> MountFlags => HasAcls ? ["--xAttr", "--acl"] : ["--xAttr"];

    /// <summary>A run of it.</summary>
    /// <param name="seed">Of its operations.</param>
    /// <param name="steps">How many.</param>
    /// <param name="users">Who performs, of <see cref="Users"/>.</param>
    internal RunOptions Run(ulong seed, int steps, IReadOnlyList<int> users) =>
        new(seed, steps, new GeneratorOptions { Mounts = Mounts, HasAcls = HasAcls, Users = users });

    /// <inheritdoc/>
    public override string ToString() => $"{(Mounts > 1 ? "two mounts" : "one mount")}{(HasAcls ? " with ACLs" : "")}";
}
