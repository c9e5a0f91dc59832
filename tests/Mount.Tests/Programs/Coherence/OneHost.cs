using FlexFs.Harness;

namespace FlexFs.Mount.Tests.Programs.Coherence;

/// <summary>Two processes on this host, with extended attributes.</summary>
public sealed class OneHostCluster() : SharedCluster(new ClusterOptions { MountFlags = ["--xAttr"] });

/// <summary>Tests that share it.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class OneHost : ICollectionFixture<OneHostCluster>
{
    /// <summary>Its name.</summary>
    public const string Name = "one host";
}

/// <summary>Two mounts of one host.</summary>
[Collection(OneHost.Name)]
public sealed class OneHostTests(OneHostCluster shared) : CoherenceTests(shared);
