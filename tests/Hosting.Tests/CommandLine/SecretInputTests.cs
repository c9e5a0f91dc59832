using FlexFs.Hosting.CommandLine;

namespace FlexFs.Hosting.Tests.CommandLine;

public sealed class SecretInputTests
{
    [Fact]
    public void Secrets_are_lines_of_stdin_in_the_order_of_the_flags()
    {
        using StringReader input = new("first\n second \n");
        Assert.Equal("first", SecretInput.ReadLine(input, "--volumeToken"));
        Assert.Equal("second", SecretInput.ReadLine(input, "--metaToken"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    public void An_absent_line_is_a_usage_error_that_names_the_flag(string stdin)
    {
        using StringReader input = new(stdin);
        CommandException refused = Assert.Throws<CommandException>(() => SecretInput.ReadLine(input, "--token"));
        Assert.Equal(ExitCode.Usage, refused.ExitCode);
        Assert.Contains("--token", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_value_that_is_given_is_the_secret() => Assert.Equal("abc", SecretInput.Optional("abc", "--token"));
}
