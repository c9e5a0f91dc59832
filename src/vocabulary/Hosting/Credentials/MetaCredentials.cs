using Tomlyn;

namespace FlexFs.Hosting.Credentials;

/// <summary><c>~/.flexfs/meta/creds</c>: how the metadata server reaches the administration server and the store.</summary>
public sealed class MetaCredentials : ICredentials<MetaCredentials>
{
    /// <summary>The administration server, <c>host:port</c>.</summary>
    public string AdminAddr { get; set; } = "";

    /// <summary>Metadata-store token, a UUID.</summary>
    public string Token { get; set; } = "";

    /// <summary>Access key of the block store; empty for the one of the volume settings.</summary>
    public string BlockUser { get; set; } = "";

    /// <summary>Secret key of the block store.</summary>
    public string BlockPass { get; set; } = "";

    /// <summary>Pinned certificate of the administration server; empty for a publicly valid one.</summary>
    public string Fingerprint { get; set; } = "";

    /// <inheritdoc/>
    public static TomlTypeInfo<MetaCredentials> Toml => CredentialsToml.Default.MetaCredentials;

    /// <inheritdoc/>
    public static IReadOnlyList<string> Keys { get; } = ["adminAddr", "token", "blockUser", "blockPass", "fingerprint"];

    /// <inheritdoc/>
    public string? Fault() =>
        CredentialRules.AddressFault(AdminAddr) ?? CredentialRules.TokenFault(Token) ?? CredentialRules.FingerprintFault(Fingerprint);
}
