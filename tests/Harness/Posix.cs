using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace FlexFs.Harness;

/// <summary>System calls whose every error a test must see.</summary>
public static partial class Posix
{
    /// <summary>
    /// fsync(2). FileStream.Flush(flushToDisk: true) is no substitute: it was seen to return as if all were well where the call had
    /// answered ECONNABORTED, because the mount had been killed.
    /// </summary>
    /// <exception cref="IOException">It failed.</exception>
    public static void Sync(SafeFileHandle file)
    {
        if (FSync(file) != 0) throw new IOException($"fsync: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
    }

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(SafeFileHandle file);
}
