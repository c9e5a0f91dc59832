using CsCheck;
using FlexFs.Hosting.Net;

namespace FlexFs.Hosting.Tests.Net;

public sealed class HostPortTests
{
    [Theory]
    [InlineData("example.org", "example.org:443")]
    [InlineData("example.org:8443", "example.org:8443")]
    [InlineData("10.1.2.3:1", "10.1.2.3:1")]
    [InlineData("[::1]", "[::1]:443")]
    [InlineData("[fe80::1]:7000", "[fe80::1]:7000")]
    [InlineData(":443", "0.0.0.0:443")]
    [InlineData("localhost:0", "localhost:0")]
    public void Reads(string text, string expected)
    {
        Assert.True(HostPort.TryParse(text, out HostPort address));
        Assert.Equal(expected, address.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("host:")]
    [InlineData("host:70000")]
    [InlineData("host:-1")]
    [InlineData("host:+1")]
    [InlineData("host: 1")]
    [InlineData("a:b:c")]
    [InlineData("::1")]
    [InlineData("[1.2.3.4]:5")]
    [InlineData("[::1")]
    [InlineData("[::1]x")]
    [InlineData("[::1]:")]
    [InlineData("https://host")]
    [InlineData("ho st")]
    [InlineData("host/path")]
    public void Refuses(string? text) => Assert.False(HostPort.TryParse(text, out _));

    [Fact]
    public void Whatever_is_read_reads_back()
    {
        Gen.String[Gen.Char["ab1.:[]-/ \0é"], 0, 24].Sample(text =>
        {
            if (HostPort.TryParse(text, out HostPort address))
            {
                Assert.True(HostPort.TryParse(address.ToString(), out HostPort again));
                Assert.Equal(address, again);
            }
        }, iter: 20_000, threads: 1);
    }
}
