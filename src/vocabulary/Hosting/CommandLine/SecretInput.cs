namespace FlexFs.Hosting.CommandLine;

/// <summary>Where a secret comes from: a flag, a line of stdin, or the terminal.</summary>
/// <remarks>
/// Arguments of a process are seen by everybody on the host (proc(5), cmdline), so a script passes <c>-</c> and the secret on stdin.
/// Several secrets of one command are lines of stdin in the order of the flags.
/// </remarks>
public static class SecretInput
{
    /// <summary>What a flag says for "the next line of stdin".</summary>
    public const string FromStandardInput = "-";

    /// <summary>A secret that must be there: asked for at the terminal when the flag is absent.</summary>
    /// <param name="given">The flag's value, or null.</param>
    /// <param name="what">What is asked for: <c>volume token</c>.</param>
    /// <param name="flag">The flag.</param>
    public static string Require(string? given, string what, string flag) =>
        Optional(given, flag) ?? TerminalPrompt.OfProcess().AskSecret(what, flag);

    /// <summary>A secret that may be absent.</summary>
    public static string? Optional(string? given, string flag) => given == FromStandardInput ? ReadLine(Console.In, flag) : given;

    internal static string ReadLine(TextReader input, string flag) =>
        input.ReadLine()?.Trim() is { Length: > 0 } line
            ? line
            : throw new CommandException($"{flag} - takes a line of stdin, and there is none", ExitCode.Usage);
}
