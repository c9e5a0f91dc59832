using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace FlexFs.Harness;

/// <summary>System calls whose every error a test must see.</summary>
public static partial class Posix
{
    /// <summary>The name is there already.</summary>
    public const int EEXIST = 17;

    /// <summary>
    /// fsync(2). FileStream.Flush(flushToDisk: true) is no substitute: it was seen to return as if all were well where the call had
    /// answered ECONNABORTED, because the mount had been killed.
    /// </summary>
    /// <exception cref="IOException">It failed.</exception>
    public static void Sync(SafeFileHandle file)
    {
        if (FSync(file) != 0) throw new IOException($"fsync: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
    }

    /// <summary>open(2) with O_CREAT and O_EXCL, and close(2).</summary>
    /// <returns>0, or the errno of open.</returns>
    public static int CreateExclusively(string path)
    {
        const int O_WRONLY = 1, O_CREAT = 0x40, O_EXCL = 0x80, O_CLOEXEC = 0x80000;
        var descriptor = Open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0x180);
        if (descriptor < 0) return Marshal.GetLastPInvokeError();
        using SafeFileHandle file = new(descriptor, ownsHandle: true);
        return 0;
    }

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags, int mode);
}
