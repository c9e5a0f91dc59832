using System.Globalization;
using FlexFs.Harness.Native;

namespace FlexFs.Differential.Operations;

/// <summary>Operations as one would write them in C.</summary>
internal static class OperationText
{
    internal static string Of(Operation op)
    {
        var user = op.User == 0 ? "" : $" as {Users.All[op.User]}";
        var mask = op.UMask == 0 ? "" : $" umask {Octal(op.UMask)}";
        return $"{(op.Mount == 0 ? "A" : "B")}{user}{mask}: {Called(op)}{(op.IsObserved ? "" : " unobserved")}";
    }

    private static string Called(Operation op) => op.Call switch
    {
        Call.Open => $"fd{op.Slot} = open({op.Path}, {Names<OpenFlags>(op)}, {Octal(op.Mode)})",
        Call.ReOpen => $"fd{op.Slot2} = open(\"/proc/self/fd/{{fd{op.Slot}}}\", {Names<OpenFlags>(op)})",
        Call.Close => $"close(fd{op.Slot})",
        Call.Dup => $"fd{op.Slot2} = dup(fd{op.Slot})",
        Call.SetFlags => $"fcntl(fd{op.Slot}, F_SETFL, {Names<OpenFlags>(op)})",
        Call.Read => $"read(fd{op.Slot}, {op.Length})",
        Call.ReadV => op.Offset < 0 ? $"readv(fd{op.Slot}, {op.Length} in 3)" : $"preadv(fd{op.Slot}, {op.Length} in 3, at {op.Offset})",
        Call.PRead => $"pread(fd{op.Slot}, {op.Length}, at {op.Offset})",
        Call.Write => $"write(fd{op.Slot}, {Bytes(op)})",
        Call.WriteV => op.Offset < 0 ? $"writev(fd{op.Slot}, {Bytes(op)} in 3)" : $"pwritev2(fd{op.Slot}, {Bytes(op)} in 3, at {op.Offset}, {(op.Flags == 2 ? "RWF_DSYNC" : op.Flags == 0x10 ? "RWF_APPEND" : "0")})",
        Call.PWrite => $"pwrite(fd{op.Slot}, {Bytes(op)}, at {op.Offset})",
        Call.Seek => $"lseek(fd{op.Slot}, {op.Offset}, {(Whence)op.Flags})",
        Call.FTruncate => $"ftruncate(fd{op.Slot}, {op.Length})",
        Call.Truncate => $"truncate({op.Path}, {op.Length})",
        Call.Allocate => $"fallocate(fd{op.Slot}, {Names<AllocateFlags>(op)}, {op.Offset}, {op.Length})",
        Call.CopyRange => op.Offset < 0
            ? $"copy_file_range(fd{op.Slot}, NULL, fd{op.Slot2}, NULL, {op.Length})"
            : $"copy_file_range(fd{op.Slot}, {op.Offset}, fd{op.Slot2}, {op.Offset2}, {op.Length})",
        Call.SendFile => $"sendfile(fd{op.Slot2}, fd{op.Slot}, NULL, {op.Length})",
        Call.Advise => $"posix_fadvise(fd{op.Slot}, {op.Offset}, {op.Length}, {(Advice)op.Flags})",
        Call.FSync => $"fsync(fd{op.Slot})",
        Call.FDataSync => $"fdatasync(fd{op.Slot})",
        Call.Link => $"linkat({op.Path}, {op.Path2}, {Names<AtFlags>(op)})",
        Call.LinkOpen => op.Flags == (int)AtFlags.AT_EMPTY_PATH
            ? $"linkat(fd{op.Slot}, \"\", {op.Path}, AT_EMPTY_PATH)"
            : $"linkat(\"/proc/self/fd/{{fd{op.Slot}}}\", {op.Path}, AT_SYMLINK_FOLLOW)",
        Call.Symlink => $"symlink({op.Path2}, {op.Path})",
        Call.ReadLink => $"readlink({op.Path}, {op.Length})",
        Call.Unlink => $"unlink({op.Path})",
        Call.RmDir => $"rmdir({op.Path})",
        Call.MkDir => $"mkdir({op.Path}, {Octal(op.Mode)})",
        Call.MkDeep => $"mkdirat of {op.Length} folders in one another in {op.Path}, with names of {op.Mode}",
        Call.MkNod => $"mknod({op.Path}, {Octal(op.Mode)}, {op.Flags:x})",
        Call.Rename => $"renameat2({op.Path}, {op.Path2}, {Names<RenameFlags>(op)})",
        Call.ChMod => $"fchmodat2({op.Path}, {Octal(op.Mode)}, {Names<AtFlags>(op)})",
        Call.FChMod => $"fchmod(fd{op.Slot}, {Octal(op.Mode)})",
        Call.ChOwn => $"fchownat({op.Path}, {op.Uid}, {op.Gid}, {Names<AtFlags>(op)})",
        Call.FChOwn => $"fchown(fd{op.Slot}, {op.Uid}, {op.Gid})",
        Call.UTime => $"utimensat({op.Path}, {Time(op.Accessed)}, {Time(op.Modified)}, {Names<AtFlags>(op)})",
        Call.FUTime => $"futimens(fd{op.Slot}, {Time(op.Accessed)}, {Time(op.Modified)})",
        Call.SetXattr => $"{(op.Slot2 == 1 ? "l" : "")}setxattr({op.Path}, {op.Name}, {Bytes(op)}, {op.Flags})",
        Call.GetXattr => $"{(op.Slot2 == 1 ? "l" : "")}getxattr({op.Path}, {op.Name}, {op.Length})",
        Call.ListXattr => $"{(op.Slot2 == 1 ? "l" : "")}listxattr({op.Path}, {op.Length})",
        Call.RemoveXattr => $"{(op.Slot2 == 1 ? "l" : "")}removexattr({op.Path}, {op.Name})",
        Call.FSetXattr => $"fsetxattr(fd{op.Slot}, {op.Name}, {Bytes(op)}, {op.Flags})",
        Call.FGetXattr => $"fgetxattr(fd{op.Slot}, {op.Name}, {op.Length})",
        Call.FListXattr => $"flistxattr(fd{op.Slot}, {op.Length})",
        Call.FRemoveXattr => $"fremovexattr(fd{op.Slot}, {op.Name})",
        Call.Stat => $"statx({op.Path}, {Names<AtFlags>(op)})",
        Call.FStat => $"fstat(fd{op.Slot})",
        Call.Access => $"faccessat2({op.Path}, {op.Mode}, {Names<AtFlags>(op)})",
        Call.List => $"list({op.Path})",
        Call.ListOpen => $"lseek(fd{op.Slot}, 0, SEEK_SET), getdents(fd{op.Slot})",
        Call.ListBegin => $"begin to list fd{op.Slot}: getdents of a few entries",
        Call.ListRest => "list the rest from where the listing that was begun stands",
        Call.Map => $"map{op.Slot2} = mmap(fd{op.Slot}, {op.Offset}+{op.Length}, {(Protection)op.Mode}, {(MapFlags)op.Flags})",
        Call.MapRead => $"load from map{op.Slot2} {op.Length} at {op.Offset}",
        Call.MapWrite => $"store to map{op.Slot2} {Bytes(op)} at {op.Offset}",
        Call.MapSync => $"msync(map{op.Slot2}, {op.Flags})",
        Call.Unmap => $"munmap(map{op.Slot2})",
        Call.FLock => $"flock(fd{op.Slot}, {Names<FLockFlags>(op)})",
        Call.Lock or Call.GetLock => $"fcntl(fd{op.Slot}, {(LockCommand)op.Flags}, {LockType((short)op.Mode)} {(Whence)op.Uid} {op.Offset}+{op.Length})",
        _ => op.Call.ToString(),
    };

    internal static string LockType(short type) => type switch
    {
        FLock.F_RDLCK => "F_RDLCK",
        FLock.F_WRLCK => "F_WRLCK",
        FLock.F_UNLCK => "F_UNLCK",
        _ => "?",
    };

    private static string Octal(uint mode) => "0" + Convert.ToString(mode, 8);

    private static string Time(Timespec time) =>
        time == Timespec.Now ? "UTIME_NOW" : time == Timespec.Omit ? "UTIME_OMIT" : $"{time.Seconds}.{time.Nanoseconds:d9}";

    private static string Bytes(Operation op) => string.Create(CultureInfo.InvariantCulture, $"{op.Length} bytes of {op.Fill:x}");

    private static string Names<T>(Operation op)
        where T : struct, Enum => ((T)(object)op.Flags).ToString().Replace(", ", "|", StringComparison.Ordinal);
}
