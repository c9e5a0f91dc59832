using FlexFs.Hosting.Net;
using FlexFs.Hosting.Tls;
using FlexFs.Protocol.Settings;

namespace FlexFs.Hosting.Credentials;

/// <summary>What the values of credentials must be like. Faults never quote a token.</summary>
internal static class CredentialRules
{
    public static string? TokenFault(string token) =>
        token.Length == 0 ? "token is missing"
        : TokenHash.TryParseToken(token, out _) ? null
        : "token is not valid: a token is a UUID, 8-4-4-4-12 hexadecimal digits";

    public static string? AddressFault(string address) =>
        address.Length == 0 ? "adminAddr is missing"
        : HostPort.TryParse(address, out HostPort parsed) && parsed.Port != 0 ? null
        : $"adminAddr '{address}' is not valid: {HostPort.Rule}";

    public static string? FingerprintFault(string fingerprint) =>
        fingerprint.Length == 0 || CertificateFingerprint.TryParse(fingerprint, out _) ? null
        : $"fingerprint is not valid: {CertificateFingerprint.Rule}";
}
