namespace FlexFs.Harness.Native;

/// <summary>setxattr(2), getxattr(2), listxattr(2), removexattr(2) and their l and f forms.</summary>
/// <remarks>A path is absolute or relative to the current folder: these calls know no *at form that every kernel has.</remarks>
public static unsafe class Xattrs
{
    public const int XATTR_CREATE = 1;
    public const int XATTR_REPLACE = 2;

    public static long Set(CString path, CString name, ReadOnlySpan<byte> value, int flags = 0, bool follow = true)
    {
        fixed (byte* p = path.Terminated, n = name.Terminated, v = value)
        {
            return Libc.Call(follow ? 188 : 189, (nint)p, (nint)n, (nint)v, value.Length, flags);
        }
    }

    public static long Set(int file, CString name, ReadOnlySpan<byte> value, int flags = 0)
    {
        fixed (byte* n = name.Terminated, v = value) return Libc.Call(190, file, (nint)n, (nint)v, value.Length, flags);
    }

    public static long Get(CString path, CString name, Span<byte> into, bool follow = true)
    {
        fixed (byte* p = path.Terminated, n = name.Terminated, v = into)
        {
            return Libc.Call(follow ? 191 : 192, (nint)p, (nint)n, (nint)v, into.Length);
        }
    }

    public static long Get(int file, CString name, Span<byte> into)
    {
        fixed (byte* n = name.Terminated, v = into) return Libc.Call(193, file, (nint)n, (nint)v, into.Length);
    }

    public static long List(CString path, Span<byte> into, bool follow = true)
    {
        fixed (byte* p = path.Terminated, v = into) return Libc.Call(follow ? 194 : 195, (nint)p, (nint)v, into.Length);
    }

    public static long List(int file, Span<byte> into)
    {
        fixed (byte* v = into) return Libc.Call(196, file, (nint)v, into.Length);
    }

    public static long Remove(CString path, CString name, bool follow = true)
    {
        fixed (byte* p = path.Terminated, n = name.Terminated) return Libc.Call(follow ? 197 : 198, (nint)p, (nint)n);
    }

    public static long Remove(int file, CString name)
    {
        fixed (byte* n = name.Terminated) return Libc.Call(199, file, (nint)n);
    }
}
