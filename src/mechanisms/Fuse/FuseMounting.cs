using System.Globalization;
using FlexFs.Core;
using FlexFs.Fuse.Native;
using Microsoft.Win32.SafeHandles;

namespace FlexFs.Fuse;

/// <summary>A mount on its way: made by fsopen(2) and friends, or by mount(2) where a kernel or sandbox lacks them.</summary>
/// <remarks>With the new calls the kernel sends INIT before the mount is visible, so nobody ever sees it unanswered.</remarks>
internal sealed class FuseMounting : IDisposable
{
    private readonly FuseMountOptions _options;
    private int _mount;

    private FuseMounting(FuseMountOptions options, int mount)
    {
        _options = options;
        _mount = mount;
    }

    /// <summary>Whether it must be mounted at its place before the kernel sends INIT.</summary>
    public bool NeedsPath => _mount < 0;

    /// <summary>Prepares a mount of the device, not yet visible.</summary>
    public static FuseResult<FuseMounting> Begin(SafeFileHandle device, FuseMountOptions options)
    {
        int context = MountApi.FsOpen("fuse");
        if (context < 0)
        {
            Errno errno = Libc.LastErrno;
            if (errno is Errno.ENOSYS or Errno.EPERM) return new(new FuseMounting(options, -1));
            return new(errno, errno == Errno.ENODEV ? "this kernel has no FUSE" : $"fsopen failed ({errno})");
        }
        try
        {
            foreach ((string key, string? value) in Parameters(device, options))
            {
                uint command = value is null ? MountApi.FSCONFIG_SET_FLAG : MountApi.FSCONFIG_SET_STRING;
                if (MountApi.FsConfig(context, command, key, value) != 0) return Refused(context, $"option {key}");
            }
            if (MountApi.FsConfig(context, MountApi.FSCONFIG_CMD_CREATE, null, null) != 0) return Refused(context, "mounting");
            int mount = MountApi.FsMount(context, Attributes(options));
            return mount < 0 ? Refused(context, "mounting") : new(new FuseMounting(options, mount));
        }
        finally
        {
            _ = Libc.Close(context);
        }
    }

    /// <summary>mount(2).</summary>
    public Errno MountAt(string path, SafeFileHandle device)
    {
        string type = _options.Subtype.Length == 0 ? "fuse" : "fuse." + _options.Subtype;
        var parameters = Parameters(device, _options).Where(p => p.Key is not ("source" or "subtype" or "ro"));
        string data = string.Join(',', parameters.Select(p => p.Value is null ? p.Key : $"{p.Key}={p.Value}"));
        ulong flags = (_options.ReadOnly ? MountApi.MS_RDONLY : 0)
            | (_options.NoSuid ? MountApi.MS_NOSUID : 0)
            | (_options.NoDev ? MountApi.MS_NODEV : 0)
            | (_options.NoExec ? MountApi.MS_NOEXEC : 0)
            | (_options.NoAtime ? MountApi.MS_NOATIME : 0);
        return MountApi.Mount(_options.Source, path, type, flags, data) == 0 ? Errno.OK : Libc.LastErrno;
    }

    /// <summary>Makes the mount visible.</summary>
    public Errno MoveTo(string path) => MountApi.MoveMount(_mount, path) == 0 ? Errno.OK : Libc.LastErrno;

    /// <summary>Why a path was refused.</summary>
    public static string Explain(string path, Errno errno) => errno switch
    {
        Errno.EPERM => $"mounting at {path} is not permitted: it needs root (CAP_SYS_ADMIN)",
        Errno.EBUSY => $"the mount point {path} is busy",
        Errno.ENOENT => $"the mount point {path} does not exist",
        Errno.ENOTDIR => $"the mount point {path} is not a directory",
        _ => $"mounting at {path} failed ({errno})",
    };

    public void Dispose()
    {
        if (_mount >= 0) _ = Libc.Close(_mount);
        _mount = -1;
    }

    private static FuseResult<FuseMounting> Refused(int context, string what)
    {
        Errno errno = Libc.LastErrno;
        string message = MountApi.LastMessage(context);
        if (errno == Errno.EPERM) return new(errno, "mounting is not permitted: it needs root (CAP_SYS_ADMIN)");
        return new(errno, message.Length == 0 ? $"{what} failed ({errno})" : $"{what} failed ({errno}): {message}");
    }

    private static uint Attributes(FuseMountOptions options) =>
        (options.ReadOnly ? MountApi.MOUNT_ATTR_RDONLY : 0)
        | (options.NoSuid ? MountApi.MOUNT_ATTR_NOSUID : 0)
        | (options.NoDev ? MountApi.MOUNT_ATTR_NODEV : 0)
        | (options.NoExec ? MountApi.MOUNT_ATTR_NOEXEC : 0)
        | (options.NoAtime ? MountApi.MOUNT_ATTR_NOATIME : 0);

    private static IEnumerable<KeyValuePair<string, string?>> Parameters(SafeFileHandle device, FuseMountOptions options)
    {
        string fd = ((int)device.DangerousGetHandle()).ToString(CultureInfo.InvariantCulture);
        yield return new("source", options.Source);
        if (options.Subtype.Length > 0) yield return new("subtype", options.Subtype);
        if (options.ReadOnly) yield return new("ro", null);
        yield return new("fd", fd);
        yield return new("rootmode", "40000");
        yield return new("user_id", Libc.GetEffectiveUserId().ToString(CultureInfo.InvariantCulture));
        yield return new("group_id", Libc.GetEffectiveGroupId().ToString(CultureInfo.InvariantCulture));
        if (options.AllowOther) yield return new("allow_other", null);
        if (options.DefaultPermissions) yield return new("default_permissions", null);
        yield return new("max_read", options.Fuse.MaxRequestBytes.ToString(CultureInfo.InvariantCulture));
    }
}
