using FlexFs.Apps.Mount;

namespace FlexFs.Mount.Tests.Commands;

public sealed class MemorySizeTests
{
    [Theory]
    [InlineData("5%", 5)]
    [InlineData("64", 64)]
    [InlineData("2K", 2048)]
    [InlineData("1.5KiB", 1536)]
    [InlineData("64M", 64 << 20)]
    [InlineData("1GB", 1 << 30)]
    public void Sizes_are_read(string text, long bytesOfHundred)
    {
        Assert.True(MemorySize.TryParse(text, out var size));
        Assert.Equal(bytesOfHundred, size!.Of(100));
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("-5M")]
    [InlineData("0")]
    [InlineData("95%")]
    [InlineData("5Q")]
    public void What_is_no_size_is_refused(string text) => Assert.False(MemorySize.TryParse(text, out _));
}
