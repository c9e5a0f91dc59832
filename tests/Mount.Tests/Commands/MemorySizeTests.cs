using FlexFs.Apps.Mount;
using FlexFs.Hosting.CommandLine;

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

    [Fact]
    public void More_than_the_machine_has_is_refused()
    {
        Assert.True(MemorySize.TryParse("999T", out var size));
        var e = Assert.Throws<CommandException>(() => size!.Within("--memCapacity", 2L << 30));
        Assert.Equal(ExitCode.Usage, e.ExitCode);
        Assert.StartsWith("--memCapacity is 1,047,527,424 MiB, and there are 2,048 MiB", e.Message, StringComparison.Ordinal);
        Assert.True(MemorySize.TryParse("2G", out size));
        Assert.Equal(2L << 30, size!.Within("--memCapacity", 2L << 30));
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
