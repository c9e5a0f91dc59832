using System.Globalization;
using FlexFs.Harness.Native;

namespace FlexFs.Differential.Operations;

/// <summary>One system call with everything it needs, in names and slots, so that it means the same in any folder and any run.</summary>
/// <remarks>Which fields count depends on the call. Open files are in 8 slots, mappings in 4; opening into a slot closes what was there.</remarks>
internal sealed record Operation(Call Call)
{
    internal const int Slots = 8;
    internal const int Maps = 4;

    /// <summary>Which user of <see cref="Users"/>.</summary>
    public int User { get; init; }

    /// <summary>Through which mount: 0 or 1.</summary>
    public int Mount { get; init; }

    public CString Path { get; init; }

    public CString Path2 { get; init; }

    public int Slot { get; init; }

    public int Slot2 { get; init; }

    public long Offset { get; init; }

    public long Offset2 { get; init; }

    public long Length { get; init; }

    /// <summary>Flags of the call, as its own enumeration numbers them.</summary>
    public int Flags { get; init; }

    /// <summary>Mode of what is made, or of chmod or access.</summary>
    public uint Mode { get; init; }

    public uint UMask { get; init; }

    public int Uid { get; init; }

    public int Gid { get; init; }

    /// <summary>What the bytes are made from.</summary>
    public ulong Fill { get; init; }

    public Timespec Accessed { get; init; }

    public Timespec Modified { get; init; }

    public CString Name { get; init; }

    /// <summary>Whether attributes of everything concerned are looked at before and after.</summary>
    public bool IsObserved { get; init; }

    /// <summary>Whether it changes names or attributes under a path.</summary>
    internal bool HasSecondPath => Call is Call.Link or Call.Rename;

    internal bool HasPath => Call is Call.Open or Call.Truncate or Call.Link or Call.LinkOpen or Call.Symlink or Call.ReadLink
        or Call.Unlink or Call.RmDir or Call.MkDir or Call.MkNod or Call.Rename or Call.ChMod or Call.ChOwn or Call.UTime
        or Call.SetXattr or Call.GetXattr or Call.ListXattr or Call.RemoveXattr or Call.Stat or Call.Access or Call.List;

    internal bool HasSlot => Call is Call.Open or Call.Close or Call.Dup or Call.Read or Call.Write or Call.PRead or Call.PWrite
        or Call.Seek or Call.FTruncate or Call.Allocate or Call.CopyRange or Call.FSync or Call.FDataSync or Call.LinkOpen
        or Call.FChMod or Call.FChOwn or Call.FUTime or Call.ListOpen or Call.Map;

    internal bool HasSecondSlot => Call is Call.CopyRange or Call.Dup;

    internal bool IsMapping => Call is Call.MapRead or Call.MapWrite or Call.MapSync or Call.Unmap;

    /// <summary>As one would write it in C.</summary>
    public override string ToString()
    {
        var text = Call switch
        {
            Call.Open => $"fd{Slot} = open({Path}, {Names<OpenFlags>()}, {Octal(Mode)})",
            Call.Close => $"close(fd{Slot})",
            Call.Dup => $"fd{Slot2} = dup(fd{Slot})",
            Call.Read => $"read(fd{Slot}, {Length})",
            Call.Write => $"write(fd{Slot}, {Bytes()})",
            Call.PRead => $"pread(fd{Slot}, {Length}, at {Offset})",
            Call.PWrite => $"pwrite(fd{Slot}, {Bytes()}, at {Offset})",
            Call.Seek => $"lseek(fd{Slot}, {Offset}, {(Whence)Flags})",
            Call.FTruncate => $"ftruncate(fd{Slot}, {Length})",
            Call.Truncate => $"truncate({Path}, {Length})",
            Call.Allocate => $"fallocate(fd{Slot}, {Names<AllocateFlags>()}, {Offset}, {Length})",
            Call.CopyRange => Offset < 0
                ? $"copy_file_range(fd{Slot}, NULL, fd{Slot2}, NULL, {Length})"
                : $"copy_file_range(fd{Slot}, {Offset}, fd{Slot2}, {Offset2}, {Length})",
            Call.FSync => $"fsync(fd{Slot})",
            Call.FDataSync => $"fdatasync(fd{Slot})",
            Call.Link => $"linkat({Path}, {Path2}, {Names<AtFlags>()})",
            Call.LinkOpen => $"linkat(fd{Slot}, \"\", {Path}, AT_EMPTY_PATH)",
            Call.Symlink => $"symlink({Path2}, {Path})",
            Call.ReadLink => $"readlink({Path}, {Length})",
            Call.Unlink => $"unlink({Path})",
            Call.RmDir => $"rmdir({Path})",
            Call.MkDir => $"mkdir({Path}, {Octal(Mode)})",
            Call.MkNod => $"mknod({Path}, {Octal(Mode)}, {Flags:x})",
            Call.Rename => $"renameat2({Path}, {Path2}, {Names<RenameFlags>()})",
            Call.ChMod => $"chmod({Path}, {Octal(Mode)})",
            Call.FChMod => $"fchmod(fd{Slot}, {Octal(Mode)})",
            Call.ChOwn => $"fchownat({Path}, {Uid}, {Gid}, {Names<AtFlags>()})",
            Call.FChOwn => $"fchown(fd{Slot}, {Uid}, {Gid})",
            Call.UTime => $"utimensat({Path}, {Time(Accessed)}, {Time(Modified)}, {Names<AtFlags>()})",
            Call.FUTime => $"futimens(fd{Slot}, {Time(Accessed)}, {Time(Modified)})",
            Call.SetXattr => $"{(Slot2 == 1 ? "l" : "")}setxattr({Path}, {Name}, {Bytes()}, {Flags})",
            Call.GetXattr => $"{(Slot2 == 1 ? "l" : "")}getxattr({Path}, {Name}, {Length})",
            Call.ListXattr => $"{(Slot2 == 1 ? "l" : "")}listxattr({Path}, {Length})",
            Call.RemoveXattr => $"{(Slot2 == 1 ? "l" : "")}removexattr({Path}, {Name})",
            Call.Stat => $"statx({Path}, {Names<AtFlags>()})",
            Call.Access => $"faccessat2({Path}, {Mode}, {Names<AtFlags>()})",
            Call.List => $"list({Path})",
            Call.ListOpen => $"lseek(fd{Slot}, 0, SEEK_SET), getdents(fd{Slot})",
            Call.Map => $"map{Slot2} = mmap(fd{Slot}, {Offset}+{Length}, {(Protection)Mode}, {(MapFlags)Flags})",
            Call.MapRead => $"load from map{Slot2} {Length} at {Offset}",
            Call.MapWrite => $"store to map{Slot2} {Bytes()} at {Offset}",
            Call.MapSync => $"msync(map{Slot2}, {Flags})",
            Call.Unmap => $"munmap(map{Slot2})",
            _ => Call.ToString(),
        };
        var user = User == 0 ? "" : $" as {Users.All[User]}";
        var mask = UMask == 0 ? "" : $" umask {Octal(UMask)}";
        return $"{(Mount == 0 ? "A" : "B")}{user}{mask}: {text}{(IsObserved ? "" : " unobserved")}";
    }

    private static string Octal(uint mode) => "0" + Convert.ToString(mode, 8);

    private static string Time(Timespec time) =>
        time == Timespec.Now ? "UTIME_NOW" : time == Timespec.Omit ? "UTIME_OMIT" : $"{time.Seconds}.{time.Nanoseconds:d9}";

    private string Bytes() => string.Create(CultureInfo.InvariantCulture, $"{Length} bytes of {Fill:x}");

    private string Names<T>()
        where T : struct, Enum => ((T)(object)Flags).ToString().Replace(", ", "|", StringComparison.Ordinal);
}
