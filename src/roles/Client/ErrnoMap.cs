using FlexFs.Core;

namespace FlexFs.Client;

/// <summary>What a program is told of what went wrong outside: the one table.</summary>
internal static class ErrnoMap
{
    /// <summary>Linux: ENOSPC as an HRESULT of an IOException.</summary>
    private const int NoSpaceResult = (int)Errno.ENOSPC;

    /// <summary>The errno of an exception of the store or its cache.</summary>
    public static Errno Of(Exception exception) => exception switch
    {
        IOException { HResult: NoSpaceResult } => Errno.ENOSPC,
        OperationCanceledException => Errno.EINTR,
        UnauthorizedAccessException => Errno.EIO,
        _ when exception.InnerException is { } inner => Of(inner),
        _ => Errno.EIO,
    };

    /// <summary>Whether a later attempt with the same bytes may succeed, so that they are kept.</summary>
    public static bool KeepsBytes(Errno errno) => errno is not (Errno.ESTALE or Errno.ENOENT or Errno.EROFS or Errno.EFBIG
        or Errno.EINVAL or Errno.EISDIR or Errno.EPERM or Errno.EACCES);

    /// <summary>Whether it is for want of space, which somebody may make.</summary>
    public static bool IsNoSpace(Errno errno) => errno is Errno.ENOSPC or Errno.EDQUOT;
}
