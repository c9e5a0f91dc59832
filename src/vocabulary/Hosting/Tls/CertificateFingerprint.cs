using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace FlexFs.Hosting.Tls;

/// <summary>SHA-256 of a certificate's DER bytes: what clients pin.</summary>
/// <remarks>Written <c>sha256:</c> and 64 lower-case hexadecimal digits; read also without the prefix, with colons
/// between the bytes and in upper case, as <c>openssl x509 -fingerprint -sha256</c> prints it.</remarks>
public readonly record struct CertificateFingerprint
{
    private const string Prefix = "sha256:";
    private readonly string? _hex;

    private CertificateFingerprint(string hex) => _hex = hex;

    /// <summary>What to say of a fingerprint that is not valid.</summary>
    public const string Rule = "a fingerprint is sha256: and 64 hexadecimal digits";

    /// <summary>The fingerprint of a certificate.</summary>
    public static CertificateFingerprint Of(X509Certificate certificate) =>
        new(certificate.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant());

    /// <summary>Reads a fingerprint.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out CertificateFingerprint fingerprint)
    {
        fingerprint = default;
        if (text is null) return false;
        string hex = text.Trim().ToLowerInvariant();
        if (hex.StartsWith(Prefix, StringComparison.Ordinal)) hex = hex[Prefix.Length..];
        hex = hex.Replace(":", "", StringComparison.Ordinal);
        if (hex.Length != 64 || !hex.All(char.IsAsciiHexDigit)) return false;
        fingerprint = new CertificateFingerprint(hex);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => _hex is null ? "" : Prefix + _hex;
}
