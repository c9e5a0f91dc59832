namespace FlexFs.Protocol.Settings;

/// <summary>How mounts recognise the metadata server that registers itself with this.</summary>
public sealed record MetaIdentity
{
    /// <summary>SHA-256 fingerprint of its certificate; empty when it serves without TLS.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Whether it speaks TLS.</summary>
    public bool Ssl { get; set; } = true;

    /// <summary>Its version, for the log.</summary>
    public string Version { get; set; } = "";
}
