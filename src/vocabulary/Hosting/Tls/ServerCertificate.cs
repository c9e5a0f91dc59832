using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using FlexFs.Hosting.CommandLine;
using FlexFs.Hosting.Files;

namespace FlexFs.Hosting.Tls;

/// <summary>The certificate that the servers of a host present, made by themselves unless there is one.</summary>
/// <remarks>
/// 1. However many servers start at once, they all present the same certificate, and its key is the one on disk: the
///    key is created first, in one step that only one of them wins; the certificate is made from the key that is there.
///    So neither a race nor a crash between the two leaves a pair that does not match.
/// 2. A certificate or key that exists is never changed.
/// </remarks>
public sealed class ServerCertificate : IDisposable
{
    private const int ValidHours = 876_000;

    private ServerCertificate(X509Certificate2 certificate, SslStreamCertificateContext context, bool wasMade)
    {
        Certificate = certificate;
        Context = context;
        Fingerprint = CertificateFingerprint.Of(certificate);
        WasMade = wasMade;
    }

    /// <summary>The certificate with its key.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>The certificate and its chain, ready for handshakes. Built without network.</summary>
    public SslStreamCertificateContext Context { get; }

    /// <summary>What clients pin.</summary>
    public CertificateFingerprint Fingerprint { get; }

    /// <summary>Whether this call made the certificate.</summary>
    public bool WasMade { get; }

    /// <summary>Loads the pair, or makes what is missing of it.</summary>
    /// <param name="certPath">PEM; the server's certificate first, the rest of its chain after it.</param>
    /// <param name="keyPath">PEM, not encrypted.</param>
    /// <param name="time">When a new certificate begins to be valid.</param>
    /// <exception cref="CommandException">A file cannot be read or written, or the two do not belong together.</exception>
    public static ServerCertificate LoadOrCreate(string certPath, string keyPath, TimeProvider time)
    {
        try
        {
            // The certificate is looked at first: where there is one, its key was there before it.
            if (File.Exists(certPath)) return Load(certPath, keyPath, wasMade: false);
            AtomicFile.CreatePrivateFolder(Path.GetDirectoryName(Path.GetFullPath(certPath))!);
            AtomicFile.CreatePrivateFolder(Path.GetDirectoryName(Path.GetFullPath(keyPath))!);
            if (!File.Exists(keyPath))
            {
                using ECDsa fresh = ECDsa.Create(ECCurve.NamedCurves.nistP256);
                AtomicFile.TryCreate(keyPath, Encoding.ASCII.GetBytes(fresh.ExportPkcs8PrivateKeyPem() + "\n"));
            }
            bool made = AtomicFile.TryCreate(certPath, Encoding.ASCII.GetBytes(SelfSigned(keyPath, time) + "\n"));
            return Load(certPath, keyPath, made);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"cannot use the certificate {certPath} with the key {keyPath}: {e.Message}", cause: e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Certificate.Dispose();

    private static ServerCertificate Load(string certPath, string keyPath, bool wasMade)
    {
        if (!File.Exists(keyPath))
            throw new CommandException(
                $"the certificate {certPath} has no key: {keyPath} does not exist; restore it, or remove the " +
                "certificate to have a new pair made (clients that pinned it must then run init creds again)");
        try
        {
            X509Certificate2 certificate = X509Certificate2.CreateFromPemFile(certPath, keyPath);
            X509Certificate2Collection chain = [];
            chain.ImportFromPemFile(certPath);
            return new ServerCertificate(
                certificate, SslStreamCertificateContext.Create(certificate, chain, offline: true), wasMade);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new CommandException(
                $"the certificate {certPath} cannot be used with the key {keyPath}: {e.Message.TrimEnd('.')}; " +
                "both must be PEM, the key not encrypted", cause: e);
        }
    }

    private static string SelfSigned(string keyPath, TimeProvider time)
    {
        try
        {
            using ECDsa key = ECDsa.Create();
            key.ImportFromPem(File.ReadAllText(keyPath));
            CertificateRequest request = new(
                "CN=flexfs, O=flexFS-cs, L=Boston, S=Massachusetts, C=US", key, HashAlgorithmName.SHA256);
            SubjectAlternativeNameBuilder names = new();
            names.AddDnsName("localhost");
            names.AddIpAddress(IPAddress.Loopback);
            names.AddIpAddress(IPAddress.IPv6Loopback);
            request.CertificateExtensions.Add(names.Build());
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
            request.CertificateExtensions.Add(new X509KeyUsageExtension(
                X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment, critical: true));
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
            // A serial number is a positive integer of at most 20 bytes (RFC 5280, 4.1.2.2): 128 bits, top bit clear.
            byte[] serial = RandomNumberGenerator.GetBytes(16);
            serial[0] = (byte)((serial[0] & 0x7f) | 0x40);
            DateTimeOffset now = time.GetUtcNow();
            using X509Certificate2 certificate = request.Create(
                request.SubjectName, X509SignatureGenerator.CreateForECDsa(key), now.AddHours(-1), now.AddHours(ValidHours), serial);
            return certificate.ExportCertificatePem();
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new CommandException(
                $"the key {keyPath} cannot be used: {e.Message.TrimEnd('.')}; it must be a PEM file with an EC key, " +
                "or give a certificate made for it with --sslCert", cause: e);
        }
    }
}
