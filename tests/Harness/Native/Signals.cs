using System.Runtime.InteropServices;

namespace FlexFs.Harness.Native;

/// <summary>Signals to threads of this process: what a call that waits does when one comes.</summary>
public static unsafe partial class Signals
{
    /// <summary>A signal that nothing else here uses; its handler does nothing and restarts nothing (sigaction(2) without SA_RESTART).</summary>
    public const int Nudge = 12;

    /// <summary>setrlimit(2): a write over RLIMIT_FSIZE raises it.</summary>
    public const int SizeLimit = 25;

    /// <summary>From now on the signal ends calls that wait, and nothing more.</summary>
    public static void Catch(int signal)
    {
        // A handler must be a function that may run at any moment: getpid(2) is one, and no managed code would be.
        var libc = NativeLibrary.Load("libc.so.6");
        SignalAction action = new() { Handler = NativeLibrary.GetExport(libc, "getpid") };
        if (SetAction(signal, &action, null) != 0) throw new InvalidOperationException($"sigaction: errno {Marshal.GetLastPInvokeError()}");
    }

    /// <summary>tgkill(2).</summary>
    public static void Send(int thread, int signal) => _ = Libc.Call(234, Environment.ProcessId, thread, signal);

    [LibraryImport("libc", EntryPoint = "sigaction", SetLastError = true)]
    private static partial int SetAction(int signal, SignalAction* action, SignalAction* old);

    // struct sigaction of glibc: handler, a mask of 128 bytes, flags, restorer.
    [StructLayout(LayoutKind.Sequential, Size = 152)]
    private struct SignalAction
    {
        public nint Handler;
    }
}
