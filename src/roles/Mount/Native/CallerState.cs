using System.Globalization;

namespace FlexFs.Mount.Native;

/// <summary>What becomes of a thread that made a request.</summary>
internal static class CallerState
{
    // /proc/PID/stat (proc_pid_stat(5)), fields counted from the state, which follows the name in parentheses.
    private const int FlagsField = 6;
    private const int PendingField = 28;
    private const int ExitCodeField = 49;
    private const uint Exiting = 0x4;
    private const uint SigKill = 1u << 8;
    private const int SignalMask = 0x7F;

    /// <summary>
    /// Whether a signal ends it, so that nobody will read an answer: it has SIGKILL pending (the kernel gives that to every thread of a
    /// program which a signal ends), or it is exiting because of a signal.
    /// </summary>
    /// <param name="threadId">As the kernel names the caller; 0, for a caller of another namespace, is not known to die.</param>
    internal static bool IsDying(uint threadId)
    {
        if (threadId == 0) return false;
        string stat;
        try
        {
            stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{threadId}/stat"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A thread that waits cannot be gone; where /proc is hidden its answer is waited for.
            return false;
        }

        var fields = stat[(stat.LastIndexOf(')') + 1)..].Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length <= ExitCodeField) return false;
        if ((Number(fields[PendingField]) & SigKill) != 0) return true;
        return (Number(fields[FlagsField]) & Exiting) != 0 && (Number(fields[ExitCodeField]) & SignalMask) != 0;
    }

    private static ulong Number(string field) =>
        ulong.TryParse(field, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
