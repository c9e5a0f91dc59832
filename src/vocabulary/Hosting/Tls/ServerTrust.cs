using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace FlexFs.Hosting.Tls;

/// <summary>When a client believes that it talks to the right server.</summary>
/// <remarks>
/// With a pin: the certificate is the pinned one, byte for byte; names, dates and issuers do not count. Without: the
/// chain leads to a root that this host trusts, is valid now, and names the host that was asked for. Nothing else is
/// ever accepted, so TLS always authenticates the server.
/// </remarks>
public sealed class ServerTrust
{
    private readonly CertificateFingerprint? _pin;

    private ServerTrust(CertificateFingerprint? pin) => _pin = pin;

    /// <summary>Only the certificate with this fingerprint.</summary>
    public static ServerTrust Pinned(CertificateFingerprint fingerprint) => new(fingerprint);

    /// <summary>Only a publicly valid certificate.</summary>
    public static ServerTrust PublicChain { get; } = new(pin: null);

    /// <summary>The trust that a <c>fingerprint</c> of a credentials file or of volume settings asks for.</summary>
    /// <param name="fingerprint">Empty for a publicly valid certificate.</param>
    /// <exception cref="FormatException">Not a fingerprint.</exception>
    public static ServerTrust FromSetting(string fingerprint) =>
        fingerprint.Length == 0 ? PublicChain
        : CertificateFingerprint.TryParse(fingerprint, out CertificateFingerprint pin) ? Pinned(pin)
        : throw new FormatException($"'{fingerprint}' is not a fingerprint: {CertificateFingerprint.Rule}");

    /// <summary>Options for a connection to a host: this trust, and the protocols to offer.</summary>
    /// <remarks>The callback throws <see cref="CertificateMismatchException"/>, which comes out of the handshake,
    /// possibly as an inner exception: see <see cref="FindMismatch"/>.</remarks>
    public SslClientAuthenticationOptions ClientOptions(string host, params SslApplicationProtocol[] protocols) => new()
    {
        TargetHost = host,
        ApplicationProtocols = protocols.Length == 0 ? null : [.. protocols],
        RemoteCertificateValidationCallback = (_, certificate, _, errors) => Validate(host, certificate, errors),
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
    };

    /// <summary>The refusal inside an error of a handshake or of an HTTP request, if that was its reason.</summary>
    public static CertificateMismatchException? FindMismatch(Exception? error)
    {
        for (; error is not null; error = error.InnerException)
            if (error is CertificateMismatchException mismatch) return mismatch;
        return null;
    }

    internal bool Validate(string host, X509Certificate? certificate, SslPolicyErrors errors)
    {
        if (certificate is null) throw new CertificateMismatchException($"{host} presented no certificate");
        CertificateFingerprint seen = CertificateFingerprint.Of(certificate);
        if (_pin is { } pin)
        {
            if (seen == pin) return true;
            throw new CertificateMismatchException(
                $"{host} presented the certificate {seen}, but {pin} is pinned: either its certificate was replaced " +
                "(then run init creds --force) or somebody is in between");
        }
        if (errors == SslPolicyErrors.None) return true;
        throw new CertificateMismatchException(
            $"{host} presented the certificate {seen}, which is not publicly valid ({Describe(errors)}) and is not " +
            "pinned: give its fingerprint with init creds --fingerprint");
    }

    private static string Describe(SslPolicyErrors errors) =>
        errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)
            ? errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors) ? "unknown issuer, other name" : "other name"
            : "unknown issuer or out of date";
}
