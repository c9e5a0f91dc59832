using FlexFs.Hosting.Tls;

namespace FlexFs.Hosting.Tests.Tls;

public sealed class CertificateFingerprintTests
{
    private static readonly string Hex = string.Concat(Enumerable.Range(0, 32).Select(i => i.ToString("x2", null)));

    [Fact]
    public void All_spellings_are_one_fingerprint()
    {
        string colons = string.Join(':', Hex.Chunk(2).Select(pair => new string(pair))).ToUpperInvariant();
        foreach (string text in new[] { Hex, "sha256:" + Hex, "SHA256:" + colons, $" {colons}\n" })
        {
            Assert.True(CertificateFingerprint.TryParse(text, out CertificateFingerprint parsed), text);
            Assert.Equal("sha256:" + Hex, parsed.ToString());
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("sha256:")]
    [InlineData("sha1:00")]
    public void Others_are_refused(string? text) => Assert.False(CertificateFingerprint.TryParse(text, out _));

    [Fact]
    public void Length_counts()
    {
        Assert.False(CertificateFingerprint.TryParse(Hex[1..], out _));
        Assert.False(CertificateFingerprint.TryParse(Hex + "00", out _));
        Assert.False(CertificateFingerprint.TryParse("g" + Hex[1..], out _));
    }
}
