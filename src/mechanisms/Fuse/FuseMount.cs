using System.Globalization;
using FlexFs.Core;
using FlexFs.Fuse.Native;
using Microsoft.Win32.SafeHandles;

namespace FlexFs.Fuse;

/// <summary>A mounted file system and its server.</summary>
/// <remarks>
/// This process must not use the mount from threads that answer it, nor wait for one that does. Disposing waits for the
/// end of the mount, so unmount first.
/// </remarks>
public sealed class FuseMount : IAsyncDisposable
{
    private FuseMount(string mountPoint, FuseServer server)
    {
        MountPoint = mountPoint;
        Server = server;
    }

    /// <summary>Absolute path, free of links.</summary>
    public string MountPoint { get; }

    /// <summary>What serves it.</summary>
    public FuseServer Server { get; }

    /// <summary>Its devices and what was agreed.</summary>
    public FuseConnection Connection => Server.Connection;

    /// <summary>Tells the kernel what changed.</summary>
    public FuseNotifier Notifier => Server.Connection.Notifier;

    /// <summary>Ends when the mount has: unmounted by anybody, or aborted.</summary>
    public Task Completion => Server.Completion;

    /// <summary>Mounts and serves. When this returns the mount is visible and answers.</summary>
    public static FuseResult<FuseMount> Mount(string mountPoint, IFuseFileSystem fileSystem, FuseMountOptions options)
    {
        var place = FuseMountPoint.Resolve(mountPoint, options.AllowStacked);
        if (!place.TryGet(out string? path)) return new(place.Errno, place.Reason);
        int fd = Libc.Open("/dev/fuse", Libc.O_RDWR | Libc.O_CLOEXEC);
        if (fd < 0)
        {
            Errno errno = Libc.LastErrno;
            return new(errno, $"/dev/fuse cannot be opened ({errno}): is the fuse module loaded, and is this root?");
        }
        var device = new SafeFileHandle(fd, ownsHandle: true);
        var mounting = FuseMounting.Begin(device, options);
        if (!mounting.TryGet(out FuseMounting? mount))
        {
            device.Dispose();
            return new(mounting.Errno, mounting.Reason);
        }
        using (mount)
        {
            if (mount.NeedsPath)
            {
                Errno errno = mount.MountAt(path, device);
                if (errno != Errno.OK)
                {
                    device.Dispose();
                    return new(errno, FuseMounting.Explain(path, errno));
                }
            }
            var opened = FuseConnection.Open(device, options.Fuse);
            if (!opened.TryGet(out FuseConnection? connection))
            {
                if (mount.NeedsPath) _ = MountApi.Unmount(path, MountApi.MNT_DETACH);
                return new(opened.Errno, opened.Reason);
            }
            // From here on requests are answered, also those of making the mount visible.
            var server = new FuseServer(connection, fileSystem, options.Fuse);
            server.Start();
            if (!mount.NeedsPath)
            {
                Errno errno = mount.MoveTo(path);
                if (errno != Errno.OK)
                {
                    // With the unattached mount's last descriptor the connection ends, and the readers with it.
                    return new(errno, FuseMounting.Explain(path, errno));
                }
            }
            if (options.ReadAheadBytes > 0) SetReadAhead(path, options.ReadAheadBytes);
            return new(new FuseMount(path, server));
        }
    }

    /// <summary>Serves a mount that another process made: its path and what that one handed over.</summary>
    public static FuseMount Adopt(
        string mountPoint, FuseConnection connection, IFuseFileSystem fileSystem, FuseOptions options)
    {
        var server = new FuseServer(connection, fileSystem, options);
        server.Start();
        return new FuseMount(mountPoint, server);
    }

    /// <summary>Unmounts. EBUSY while programs have files open or their working directory in it.</summary>
    public Errno Unmount() => Unmount(MountPoint, lazy: false);

    /// <summary>Takes the mount out of the tree at once; it ends when nobody uses it any more.</summary>
    public Errno Detach() => Unmount(MountPoint, lazy: true);

    /// <summary>Unmounts what is mounted at a path, by any process. Asks its server nothing, so it works with a dead one.</summary>
    public static Errno Unmount(string mountPoint, bool lazy)
    {
        int flags = MountApi.UMOUNT_NOFOLLOW | (lazy ? MountApi.MNT_DETACH : 0);
        return MountApi.Unmount(mountPoint, flags) == 0 ? Errno.OK : Libc.LastErrno;
    }

    /// <summary>Sets the readahead of the mount at a path; false without the right or without the device's entry.</summary>
    public static bool SetReadAhead(string mountPoint, int bytes)
    {
        if (MountTable.Find(mountPoint) is not { } entry) return false;
        try
        {
            File.WriteAllText(
                $"/sys/class/bdi/{entry.Major}:{entry.Minor}/read_ahead_kb",
                (bytes / 1024).ToString(CultureInfo.InvariantCulture));
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Waits for the end of the mount and frees everything.</summary>
    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
