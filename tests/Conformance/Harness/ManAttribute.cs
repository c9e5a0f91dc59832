using System.Reflection;
using Xunit.Sdk;
using Xunit.v3;

namespace FlexFs.Conformance.Harness;

/// <summary>Runs a case at every place, and says where its claim is from.</summary>
/// <param name="source">A page of the Linux manual, as <c>open(2)</c>, or of POSIX.1-2017's system interfaces, as <c>XSH open</c>.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ManAttribute(string source) : DataAttribute
{
    /// <summary>The page.</summary>
    public string Source { get; } = source;

    /// <summary>Only on the mount: what ext4 does otherwise, or not at all.</summary>
    public bool MountOnly { get; set; }

    /// <summary>What root may on a mount that squashes it, and the user that it is squashed to on ext4.</summary>
    public bool Squashed { get; set; }

    /// <inheritdoc/>
    public override ValueTask<IReadOnlyCollection<ITheoryDataRow>> GetData(MethodInfo testMethod, DisposalTracker disposalTracker)
    {
        Place[] places = Subject.GivenFolder is not null ? [Place.Given]
            : MountOnly ? [Place.Mount]
            : [Place.Ext4, Squashed ? Place.Squashed : Place.Mount];
        return new([.. places.Select(place => new TheoryDataRow(place))]);
    }

    /// <inheritdoc/>
    public override bool SupportsDiscoveryEnumeration() => true;
}
