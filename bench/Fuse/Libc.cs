using System.Runtime.InteropServices;

namespace FlexFs.Bench.Fuse;

internal static unsafe partial class Libc
{
    /// <summary>statfs(2) of a path with its NUL; the answer is dropped.</summary>
    public static int Statfs(byte[] path)
    {
        byte* answer = stackalloc byte[256];
        fixed (byte* start = path) return Call(start, answer);
    }

    [LibraryImport("libc", EntryPoint = "statfs")]
    private static partial int Call(byte* path, byte* answer);
}
