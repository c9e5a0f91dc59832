namespace FlexFs.Protocol.Settings;

/// <summary>What a mount and a metadata server need to know of a volume: the answer of the administration server.</summary>
/// <remarks>JSON, camelCase. Unknown fields are skipped and absent ones have their defaults, so that client and server
/// may differ in version. What has a default is settable and not init-only, because generated readers give init-only
/// properties that are absent the default of their type instead.</remarks>
public sealed record VolumeSettings
{
    /// <summary>The volume, for ever.</summary>
    public required Guid Id { get; init; }

    /// <summary>Its name; see <see cref="VolumeName"/>.</summary>
    public required string Name { get; init; }

    /// <summary>Bytes of a block, a power of two from 256 KiB to 8 MiB; fixed when the volume is made.</summary>
    public required int BlockSize { get; init; }

    /// <summary>How new blocks are compressed: <c>none</c>, <c>lz4</c>, <c>snappy</c> or <c>zstd</c>.</summary>
    public required string Compression { get; init; }

    /// <summary>Seconds for which the past is kept; -1 for ever, 0 not at all.</summary>
    public required long Retention { get; init; }

    /// <summary>The metadata server, <c>host:port</c>.</summary>
    public required string MetaAddr { get; init; }

    /// <summary>
    /// SHA-256 fingerprint of the metadata server's certificate, which mounts pin; empty when the server has not
    /// registered one, and then only a publicly valid certificate will do.
    /// </summary>
    public string MetaFingerprint { get; set; } = "";

    /// <summary>Whether the metadata server speaks TLS.</summary>
    public bool MetaSsl { get; set; } = true;

    /// <summary>Where the volume's objects are.</summary>
    public required BlockStoreSettings BlockStore { get; init; }

    /// <summary>Mount flags that hold for every mount of the volume, without dashes: <c>ro</c>, <c>noExec</c>.</summary>
    public IReadOnlyList<string> Flags { get; set; } = [];

    /// <summary>Most blocks the volume may hold; 0 is no limit.</summary>
    public long MaxBlocks { get; set; }

    /// <summary>Most inodes the volume may hold; 0 is no limit.</summary>
    public long MaxInodes { get; set; }
}
