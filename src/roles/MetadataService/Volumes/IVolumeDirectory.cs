using FlexFs.Core;
using FlexFs.Metadata.Storage;

namespace FlexFs.MetadataService.Volumes;

/// <summary>Which volumes this server has, and who may mount them.</summary>
/// <remarks>Any thread; answers from memory.</remarks>
public interface IVolumeDirectory
{
    /// <summary>Whether the token opens the volume, and what it allows.</summary>
    /// <param name="volume">Name or id, as the client gave it.</param>
    /// <param name="token">As the client gave it; compared in a time that says nothing about it.</param>
    VolumeGrant Find(string volume, string token);

    /// <summary>What a right that was granted allows now; refused when it was taken back.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="grant"><see cref="VolumeGrant.Id"/> of the answer of before.</param>
    VolumeGrant Look(VolumeId volume, string grant);

    /// <summary>Another number whenever an answer may have become another one.</summary>
    long Version { get; }
}

/// <summary>What a volume is, as its administration says.</summary>
/// <param name="Id">For ever.</param>
/// <param name="Name">For operators.</param>
/// <param name="BlockSizeLog2">Fixed when the volume is made.</param>
/// <param name="Retention">How long the past is kept; objects of the past are not deleted.</param>
public sealed record VolumeDescription(VolumeId Id, string Name, byte BlockSizeLog2, TimeSpan Retention);

/// <summary>The answer of <see cref="IVolumeDirectory.Find"/>.</summary>
/// <param name="Volume">The volume; null when the client is refused.</param>
/// <param name="IsReadOnly">Whether the token allows reads only.</param>
/// <param name="Id">Names the right, so that it can be asked for later; no secret.</param>
/// <param name="Refusal">Why not, for a human; empty when it is granted.</param>
public readonly record struct VolumeGrant(VolumeDescription? Volume, bool IsReadOnly, string Id, string Refusal)
{
    /// <summary>Yes.</summary>
    public static VolumeGrant Yes(VolumeDescription volume, bool isReadOnly, string id) => new(volume, isReadOnly, id, "");

    /// <summary>No.</summary>
    public static VolumeGrant No(string refusal) => new(null, false, "", refusal);
}

/// <summary>Opens the stores of volumes.</summary>
public interface IVolumeStores
{
    /// <summary>Opens a volume's store, making it at first use. Whoever had it is to be fenced by the caller.</summary>
    /// <exception cref="StorageException">It is damaged, open elsewhere or out of reach.</exception>
    ValueTask<IKeyValueStore> OpenAsync(VolumeId volume, CancellationToken cancellationToken);
}
