using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FlexFs.Hosting.CommandLine;
using FlexFs.Hosting.Tls;

namespace FlexFs.Hosting.Tests.Tls;

public sealed class ServerCertificateTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Cert => _folder.File("home/.flexfs/ssl/cert");

    private string Key => _folder.File("home/.flexfs/ssl/key");

    public void Dispose() => _folder.Dispose();

    private ServerCertificate Open() => ServerCertificate.LoadOrCreate(Cert, Key, TimeProvider.System);

    [Fact]
    public void Made_certificate_has_the_documented_fields()
    {
        using ServerCertificate made = Open();
        X509Certificate2 certificate = made.Certificate;
        Assert.True(made.WasMade);
        Assert.Equal("CN=flexfs, O=flexFS-cs, L=Boston, S=Massachusetts, C=US", certificate.Subject);
        Assert.Equal(certificate.Subject, certificate.Issuer);
        using ECDsa key = certificate.GetECDsaPublicKey()!;
        Assert.Equal(256, key.KeySize);
        Assert.InRange((certificate.NotAfter - certificate.NotBefore).TotalHours, 876_000, 876_002);
        Assert.True(certificate.MatchesHostname("localhost"));
        Assert.True(certificate.MatchesHostname("127.0.0.1"));
        Assert.True(certificate.MatchesHostname("::1"));
        Assert.Equal(16, certificate.SerialNumberBytes.Length);
        X509KeyUsageExtension usage = certificate.Extensions.OfType<X509KeyUsageExtension>().Single();
        Assert.Equal(X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment, usage.KeyUsages);
        X509EnhancedKeyUsageExtension enhanced = certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().Single();
        Assert.Equal(["1.3.6.1.5.5.7.3.1"], enhanced.EnhancedKeyUsages.Cast<Oid>().Select(o => o.Value));
    }

    [Fact]
    public void Files_are_0600_in_folders_0700()
    {
        using ServerCertificate made = Open();
        const UnixFileMode File600 = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        Assert.Equal(File600, File.GetUnixFileMode(Cert));
        Assert.Equal(File600, File.GetUnixFileMode(Key));
        foreach (string folder in new[] { "home", "home/.flexfs", "home/.flexfs/ssl" })
            Assert.Equal(File600 | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder.File(folder)));
        Assert.Equal(["cert", "key"], Directory.GetFiles(Path.GetDirectoryName(Cert)!).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void Second_start_presents_the_same_certificate()
    {
        using ServerCertificate first = Open();
        using ServerCertificate second = Open();
        Assert.False(second.WasMade);
        Assert.Equal(first.Fingerprint, second.Fingerprint);
    }

    [Fact]
    public async Task Servers_that_start_at_once_make_one_certificate()
    {
        const int Servers = 8;
        using Barrier together = new(Servers);
        ServerCertificate[] all = await Task.WhenAll(Enumerable.Range(0, Servers).Select(_ => Task.Factory.StartNew(() =>
        {
            together.SignalAndWait();
            return Open();
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
        Assert.Single(all.Select(c => c.Fingerprint).Distinct());
        Assert.Single(all, c => c.WasMade);
        Assert.All(all, c => Assert.True(c.Certificate.HasPrivateKey));
        foreach (ServerCertificate one in all) one.Dispose();
    }

    [Fact]
    public void Crash_between_key_and_certificate_is_repaired_with_the_same_key()
    {
        using ServerCertificate first = Open();
        File.Delete(Cert);
        using ServerCertificate second = Open();
        Assert.True(second.WasMade);
        Assert.Equal(first.Certificate.GetPublicKey(), second.Certificate.GetPublicKey());
    }

    [Fact]
    public void Certificate_without_its_key_is_refused_and_left_alone()
    {
        using ServerCertificate first = Open();
        byte[] before = File.ReadAllBytes(Cert);
        File.Delete(Key);
        CommandException e = Assert.Throws<CommandException>(() => Open());
        Assert.Contains(Key, e.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Key));
        Assert.Equal(before, File.ReadAllBytes(Cert));
    }

    [Fact]
    public void Key_of_another_certificate_is_refused()
    {
        using ServerCertificate first = Open();
        using ECDsa other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        File.WriteAllText(Key, other.ExportPkcs8PrivateKeyPem());
        CommandException e = Assert.Throws<CommandException>(() => Open());
        Assert.Contains(Cert, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not PEM at all")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")]
    public void Damaged_certificate_is_refused(string content)
    {
        using ServerCertificate first = Open();
        File.WriteAllText(Cert, content);
        Assert.Contains(Cert, Assert.Throws<CommandException>(() => Open()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Own_rsa_certificate_is_loaded()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Cert)!);
        using RSA key = RSA.Create(2048);
        CertificateRequest request = new("CN=own", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using X509Certificate2 own = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(Cert, own.ExportCertificatePem());
        File.WriteAllText(Key, key.ExportPkcs8PrivateKeyPem());
        using ServerCertificate loaded = Open();
        Assert.Equal("CN=own", loaded.Certificate.Subject);
        Assert.Equal(CertificateFingerprint.Of(own), loaded.Fingerprint);
    }
}
