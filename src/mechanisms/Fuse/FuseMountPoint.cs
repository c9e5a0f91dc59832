using FlexFs.Core;

namespace FlexFs.Fuse;

/// <summary>Whether something can be mounted at a path, said before anything is done.</summary>
internal static class FuseMountPoint
{
    /// <summary>The absolute path without links, or why not.</summary>
    public static FuseResult<string> Resolve(string mountPoint, bool allowStacked)
    {
        if (mountPoint.Length == 0) return new(Errno.ENOENT, "the mount point is empty");
        string path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(mountPoint));
        // The table first: to ask a dead mount anything is ENOTCONN, or waits for its server for ever.
        if (!allowStacked && MountTable.Find(path) is { } mounted) return Busy(path, mounted);
        try
        {
            var attributes = File.GetAttributes(path);
            if ((attributes & FileAttributes.Directory) == 0)
            {
                return new(Errno.ENOTDIR, $"the mount point {path} is not a directory");
            }
            if (new DirectoryInfo(path).ResolveLinkTarget(returnFinalTarget: true) is { } target) path = target.FullName;
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return new(Errno.ENOENT, $"the mount point {path} does not exist");
        }
        catch (UnauthorizedAccessException)
        {
            return new(Errno.EACCES, $"the mount point {path} may not be entered");
        }
        catch (IOException error)
        {
            return new(Errno.EIO, $"the mount point {path} cannot be used: {error.Message}");
        }
        if (!allowStacked && MountTable.Find(path) is { } beneath) return Busy(path, beneath);
        return new(path);
    }

    private static FuseResult<string> Busy(string path, MountTableEntry mounted) =>
        new(Errno.EBUSY, $"{mounted.Source} ({mounted.Type}) is mounted at {path} already: unmount it first");
}
