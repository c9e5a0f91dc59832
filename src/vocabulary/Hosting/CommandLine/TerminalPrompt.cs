using System.Text;

namespace FlexFs.Hosting.CommandLine;

/// <summary>Asks for what was not given by flag.</summary>
/// <param name="isTerminal">Whether somebody is there to ask.</param>
/// <param name="readKey">Reads a key without showing it.</param>
/// <param name="output">Where the question goes.</param>
public sealed class TerminalPrompt(bool isTerminal, Func<ConsoleKeyInfo> readKey, TextWriter output)
{
    private const int LengthMax = 4096;

    /// <summary>The terminal of this process.</summary>
    public static TerminalPrompt OfProcess() =>
        new(!Console.IsInputRedirected, () => Console.ReadKey(intercept: true), Console.Error);

    /// <summary>A secret: what is typed is not shown.</summary>
    /// <param name="what">What is asked for: <c>metadata-store token</c>.</param>
    /// <param name="flag">The flag that would have given it, named when nobody can be asked.</param>
    /// <exception cref="CommandException">stdin is no terminal, or the question was cancelled.</exception>
    public string AskSecret(string what, string flag)
    {
        if (!isTerminal)
            throw new CommandException($"{flag} is missing, and stdin is not a terminal to ask for the {what} at", ExitCode.Usage);
        output.Write($"{what}: ");
        output.Flush();
        StringBuilder typed = new();
        while (true)
        {
            ConsoleKeyInfo key = readKey();
            if (key.Key == ConsoleKey.Enter || key.KeyChar is '\n' or '\r')
            {
                output.WriteLine();
                return typed.ToString();
            }
            if (key.KeyChar is '\u0003' or '\u0004')
            {
                output.WriteLine();
                throw new CommandException("cancelled");
            }
            if (key.Key == ConsoleKey.Backspace || key.KeyChar == '\u007f')
            {
                if (typed.Length > 0) typed.Length--;
            }
            else if (!char.IsControl(key.KeyChar) && typed.Length < LengthMax) typed.Append(key.KeyChar);
        }
    }
}
