using System.Runtime.InteropServices;

namespace FlexFs.Fuse.Native;

/// <summary>Mount calls: the old one, and the new ones by number, because older C libraries have no functions for them.</summary>
internal static unsafe partial class MountApi
{
    public const ulong MS_RDONLY = 1;
    public const ulong MS_NOSUID = 2;
    public const ulong MS_NODEV = 4;
    public const ulong MS_NOEXEC = 8;
    public const ulong MS_NOATIME = 1024;
    public const int MNT_DETACH = 2;
    public const int UMOUNT_NOFOLLOW = 8;

    public const uint FSCONFIG_SET_FLAG = 0;
    public const uint FSCONFIG_SET_STRING = 1;
    public const uint FSCONFIG_CMD_CREATE = 6;
    public const uint FSOPEN_CLOEXEC = 1;
    public const uint FSMOUNT_CLOEXEC = 1;
    public const uint MOUNT_ATTR_RDONLY = 1;
    public const uint MOUNT_ATTR_NOSUID = 2;
    public const uint MOUNT_ATTR_NODEV = 4;
    public const uint MOUNT_ATTR_NOEXEC = 8;
    public const uint MOUNT_ATTR_NOATIME = 16;

    private const long SYS_move_mount = 429;
    private const long SYS_fsopen = 430;
    private const long SYS_fsconfig = 431;
    private const long SYS_fsmount = 432;
    private const uint MOVE_MOUNT_F_EMPTY_PATH = 4;
    private const int AT_FDCWD = -100;

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Mount(string source, string target, string type, ulong flags, string data);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Unmount(string target, int flags);

    public static int FsOpen(string type)
    {
        fixed (byte* name = Terminated(type)) return (int)Syscall(SYS_fsopen, (nint)name, (nint)FSOPEN_CLOEXEC, 0, 0, 0);
    }

    public static int FsConfig(int context, uint command, string? key, string? value)
    {
        fixed (byte* k = Terminated(key))
        fixed (byte* v = Terminated(value))
        {
            return (int)Syscall(SYS_fsconfig, context, (nint)command, (nint)k, (nint)v, 0);
        }
    }

    public static int FsMount(int context, uint attributes) =>
        (int)Syscall(SYS_fsmount, context, (nint)FSMOUNT_CLOEXEC, (nint)attributes, 0, 0);

    public static int MoveMount(int mount, string target)
    {
        fixed (byte* empty = Terminated(""))
        fixed (byte* to = Terminated(target))
        {
            return (int)Syscall(
                SYS_move_mount, mount, (nint)empty, AT_FDCWD, (nint)to, (nint)MOVE_MOUNT_F_EMPTY_PATH);
        }
    }

    /// <summary>What the kernel wrote to a mount context about its last refusal; empty if nothing.</summary>
    public static string LastMessage(int context)
    {
        byte* buffer = stackalloc byte[512];
        nint length = ReadDescriptor(context, buffer, 512);
        return length <= 2 ? "" : System.Text.Encoding.UTF8.GetString(buffer + 2, (int)length - 2).Trim();
    }

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint ReadDescriptor(int fd, byte* buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint Syscall(long number, nint a, nint b, nint c, nint d, nint e);

    private static byte[]? Terminated(string? text) =>
        text is null ? null : System.Text.Encoding.UTF8.GetBytes(text + "\0");
}
