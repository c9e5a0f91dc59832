using Tomlyn;

namespace FlexFs.Hosting.Credentials;

/// <summary><c>~/.flexfs/free/creds</c>: who may look at the Community administration server.</summary>
public sealed class FreeCredentials : ICredentials<FreeCredentials>
{
    /// <summary>Account token, a UUID: shows the volume and its usage.</summary>
    public string Token { get; set; } = "";

    /// <inheritdoc/>
    public static TomlTypeInfo<FreeCredentials> Toml => CredentialsToml.Default.FreeCredentials;

    /// <inheritdoc/>
    public static IReadOnlyList<string> Keys { get; } = ["token"];

    /// <inheritdoc/>
    public string? Fault() => CredentialRules.TokenFault(Token);
}
