using Tomlyn;

namespace FlexFs.Hosting.Credentials;

/// <summary><c>~/.flexfs/mount/creds/VOLUME</c>: how a mount gets at its volume.</summary>
public sealed class MountCredentials : ICredentials<MountCredentials>
{
    /// <summary>The administration server, <c>host:port</c>.</summary>
    public string AdminAddr { get; set; } = "";

    /// <summary>Volume token, a UUID.</summary>
    public string Token { get; set; } = "";

    /// <summary>Pinned certificate of the administration server; empty for a publicly valid one.</summary>
    public string Fingerprint { get; set; } = "";

    /// <summary>Secret of an end-to-end encrypted volume; left out for others.</summary>
    public string? Secret { get; set; }

    /// <inheritdoc/>
    public static TomlTypeInfo<MountCredentials> Toml => CredentialsToml.Default.MountCredentials;

    /// <inheritdoc/>
    public static IReadOnlyList<string> Keys { get; } = ["adminAddr", "token", "fingerprint", "secret"];

    /// <inheritdoc/>
    public string? Fault() =>
        CredentialRules.AddressFault(AdminAddr) ?? CredentialRules.TokenFault(Token) ?? CredentialRules.FingerprintFault(Fingerprint);
}
