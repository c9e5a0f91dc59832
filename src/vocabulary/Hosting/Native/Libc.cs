using System.Runtime.InteropServices;

namespace FlexFs.Hosting.Native;

/// <summary>The system calls that the class library does not have.</summary>
internal static partial class Libc
{
    public const int EEXIST = 17;
    public const int O_CLOEXEC = 0x80000;

    /// <summary>link(2): gives a file a second name; EEXIST when the name is taken.</summary>
    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Link(string existing, string name);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    public static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);
}
