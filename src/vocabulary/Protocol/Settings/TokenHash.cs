using System.Security.Cryptography;
using System.Text;

namespace FlexFs.Protocol.Settings;

/// <summary>How a token is kept where it is only compared: <c>sha256:</c> and 64 hexadecimal digits.</summary>
/// <remarks>
/// Tokens are random UUIDs (122 random bits), never chosen by people: a plain SHA-256 cannot be searched, so it needs
/// neither salt nor stretching. Comparison takes the same time wherever the texts differ.
/// </remarks>
public static class TokenHash
{
    private const string Scheme = "sha256:";

    /// <summary>A new random token.</summary>
    public static string NewToken() => Guid.NewGuid().ToString("D");

    /// <summary>Reads a token as users write it: a UUID, whatever its case. Not all zeros.</summary>
    public static bool TryParseToken(string? text, out string token)
    {
        bool valid = Guid.TryParseExact(text?.Trim(), "D", out Guid guid) && guid != Guid.Empty;
        token = valid ? guid.ToString("D") : "";
        return valid;
    }

    /// <summary>The hash of a token.</summary>
    public static string Of(string token) =>
        Scheme + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token.ToLowerInvariant())));

    /// <summary>Whether the token is the one of the hash. An empty or malformed hash matches nothing.</summary>
    public static bool Matches(string token, string hash) =>
        hash.Length == Scheme.Length + 64 &&
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Of(token)), Encoding.UTF8.GetBytes(hash));
}
