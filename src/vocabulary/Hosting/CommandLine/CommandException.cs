namespace FlexFs.Hosting.CommandLine;

/// <summary>A command cannot do what was asked: one line for the user, and the exit code.</summary>
/// <param name="message">What happened, to what, and what to do next; one line, without a full stop at its end.</param>
/// <param name="exitCode">See <see cref="ExitCode"/>.</param>
/// <param name="cause">The error that was translated, for the verbose log.</param>
public sealed class CommandException(string message, int exitCode = ExitCode.Failure, Exception? cause = null)
    : Exception(message, cause)
{
    /// <summary>What the process exits with.</summary>
    public int ExitCode { get; } = exitCode;
}

/// <summary>What the executables exit with.</summary>
public static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Success = 0;

    /// <summary>It could not be done; a line on stderr says why.</summary>
    public const int Failure = 1;

    /// <summary>The command line is wrong; nothing was tried.</summary>
    public const int Usage = 2;

    /// <summary>A bug (EX_SOFTWARE of sysexits.h).</summary>
    public const int Bug = 70;
}
