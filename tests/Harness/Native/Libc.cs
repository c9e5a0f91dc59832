using System.Runtime.InteropServices;

namespace FlexFs.Harness.Native;

/// <summary>System calls of x86-64 as the kernel has them: what libc would emulate or cache is not between.</summary>
/// <remarks>Each answers what the call returned, or the errno as a negative number.</remarks>
public static unsafe partial class Libc
{
    /// <summary>The current folder.</summary>
    public const int AT_FDCWD = -100;

    public static long OpenAt(int folder, CString path, OpenFlags flags, uint mode = 0)
    {
        fixed (byte* p = path.Terminated) return Call(257, folder, (nint)p, (int)flags, (nint)mode);
    }

    public static long Close(int file) => Call(3, file);

    public static long Dup(int file) => Call(32, file);

    public static long Dup3(int file, int other, OpenFlags flags) => Call(292, file, other, (int)flags);

    public static long Read(int file, Span<byte> into)
    {
        fixed (byte* p = into) return Call(0, file, (nint)p, into.Length);
    }

    public static long Write(int file, ReadOnlySpan<byte> from)
    {
        fixed (byte* p = from) return Call(1, file, (nint)p, from.Length);
    }

    public static long PRead(int file, Span<byte> into, long offset)
    {
        fixed (byte* p = into) return Call(17, file, (nint)p, into.Length, (nint)offset);
    }

    public static long PWrite(int file, ReadOnlySpan<byte> from, long offset)
    {
        fixed (byte* p = from) return Call(18, file, (nint)p, from.Length, (nint)offset);
    }

    /// <summary>readv(2) in three pieces, from where the open file is, or preadv2(2).</summary>
    public static long ReadV(int file, Span<byte> into, long? offset = null)
    {
        fixed (byte* p = into) return Vector(offset is null ? 19 : 327, file, p, into.Length, offset ?? 0, 0);
    }

    /// <summary>writev(2) in three pieces, to where the open file is, or pwritev2(2) with RWF_ flags.</summary>
    public static long WriteV(int file, ReadOnlySpan<byte> from, long? offset = null, int flags = 0)
    {
        fixed (byte* p = from) return Vector(offset is null ? 20 : 328, file, p, from.Length, offset ?? 0, flags);
    }

    /// <summary>read(2) and write(2) with an address of one's own, to give a wrong one.</summary>
    public static long Read(int file, nint address, long length) => Call(0, file, address, (nint)length);

    /// <inheritdoc cref="Read(int, nint, long)"/>
    public static long Write(int file, nint address, long length) => Call(1, file, address, (nint)length);

    public static long Seek(int file, long offset, Whence whence) => Call(8, file, (nint)offset, (int)whence);

    public static long FTruncate(int file, long size) => Call(77, file, (nint)size);

    public static long Truncate(CString path, long size)
    {
        fixed (byte* p = path.Terminated) return Call(76, (nint)p, (nint)size);
    }

    public static long FAllocate(int file, AllocateFlags flags, long offset, long length) =>
        Call(285, file, (int)flags, (nint)offset, (nint)length);

    /// <summary>Null offsets mean those of the open files, which move.</summary>
    public static long CopyFileRange(int from, ref long fromOffset, int to, ref long toOffset, long length, uint flags = 0)
    {
        fixed (long* a = &fromOffset, b = &toOffset) return Call(326, from, (nint)a, to, (nint)b, (nint)length, (nint)flags);
    }

    /// <summary>At the offsets of the open files.</summary>
    public static long CopyFileRange(int from, int to, long length) => Call(326, from, 0, to, 0, (nint)length);

    /// <summary>At the offsets of the open files.</summary>
    public static long SendFile(int to, int from, long length) => Call(40, to, from, 0, (nint)length);

    /// <summary>posix_fadvise(2).</summary>
    public static long FAdvise(int file, long offset, long length, int advice) => Call(221, file, (nint)offset, (nint)length, advice);

    public static long FSync(int file) => Call(74, file);

    public static long FDataSync(int file) => Call(75, file);

    public static long SyncFs(int file) => Call(306, file);

    public static long LinkAt(int folder, CString path, int toFolder, CString toPath, AtFlags flags = AtFlags.None)
    {
        fixed (byte* p = path.Terminated, q = toPath.Terminated) return Call(265, folder, (nint)p, toFolder, (nint)q, (int)flags);
    }

    public static long SymlinkAt(CString target, int folder, CString path)
    {
        fixed (byte* p = target.Terminated, q = path.Terminated) return Call(266, (nint)p, folder, (nint)q);
    }

    public static long ReadLinkAt(int folder, CString path, Span<byte> into)
    {
        fixed (byte* p = path.Terminated, q = into) return Call(267, folder, (nint)p, (nint)q, into.Length);
    }

    public static long UnlinkAt(int folder, CString path, AtFlags flags = AtFlags.None)
    {
        fixed (byte* p = path.Terminated) return Call(263, folder, (nint)p, (int)flags);
    }

    public static long MkDirAt(int folder, CString path, uint mode)
    {
        fixed (byte* p = path.Terminated) return Call(258, folder, (nint)p, (nint)mode);
    }

    public static long MkNodAt(int folder, CString path, uint mode, uint device)
    {
        fixed (byte* p = path.Terminated) return Call(259, folder, (nint)p, (nint)mode, (nint)device);
    }

    public static long RenameAt2(int folder, CString path, int toFolder, CString toPath, RenameFlags flags = RenameFlags.None)
    {
        fixed (byte* p = path.Terminated, q = toPath.Terminated) return Call(316, folder, (nint)p, toFolder, (nint)q, (int)flags);
    }

    public static long FChModAt(int folder, CString path, uint mode)
    {
        fixed (byte* p = path.Terminated) return Call(268, folder, (nint)p, (nint)mode);
    }

    /// <summary>fchmodat2(2), which takes flags.</summary>
    public static long FChModAt2(int folder, CString path, uint mode, AtFlags flags)
    {
        fixed (byte* p = path.Terminated) return Call(452, folder, (nint)p, (nint)mode, (int)flags);
    }

    public static long FChMod(int file, uint mode) => Call(91, file, (nint)mode);

    /// <summary>-1 leaves an owner as it is.</summary>
    public static long FChOwnAt(int folder, CString path, int uid, int gid, AtFlags flags = AtFlags.None)
    {
        fixed (byte* p = path.Terminated) return Call(260, folder, (nint)p, uid, gid, (int)flags);
    }

    public static long FChOwn(int file, int uid, int gid) => Call(93, file, uid, gid);

    public static long UTimeNsAt(int folder, CString path, Timespec accessed, Timespec modified, AtFlags flags = AtFlags.None)
    {
        var times = stackalloc[] { accessed, modified };
        fixed (byte* p = path.Terminated) return Call(280, folder, (nint)p, (nint)times, (int)flags);
    }

    /// <summary>futimens(3); both times absent is now.</summary>
    public static long FUTimeNs(int file, Timespec? accessed, Timespec? modified)
    {
        var times = stackalloc[] { accessed ?? Timespec.Now, modified ?? Timespec.Now };
        return Call(280, file, 0, accessed is null && modified is null ? 0 : (nint)times, 0);
    }

    public static long StatxAt(int folder, CString path, AtFlags flags, out Statx into, uint mask = 0xfff)
    {
        into = default;
        fixed (byte* p = path.Terminated)
        fixed (Statx* q = &into) return Call(332, folder, (nint)p, (int)flags, (nint)mask, (nint)q);
    }

    /// <summary>access(2) without flags, for the real user; faccessat2(2) with them.</summary>
    public static long AccessAt(int folder, CString path, int mode, AtFlags flags = AtFlags.None)
    {
        fixed (byte* p = path.Terminated) return Call(439, folder, (nint)p, mode, (int)flags);
    }

    public static long StatFs(CString path, out StatFs into)
    {
        into = default;
        fixed (byte* p = path.Terminated)
        fixed (StatFs* q = &into) return Call(137, (nint)p, (nint)q);
    }

    public static long FStatFs(int file, out StatFs into)
    {
        into = default;
        fixed (StatFs* q = &into) return Call(138, file, (nint)q);
    }

    /// <summary>struct linux_dirent64 one after the other, see <see cref="FlexFs.Harness.Native.DirectoryEntries"/>.</summary>
    public static long GetDents(int folder, Span<byte> into)
    {
        fixed (byte* p = into) return Call(217, folder, (nint)p, into.Length);
    }

    public static long MMap(long length, Protection protection, MapFlags flags, int file, long offset) =>
        Call(9, 0, (nint)length, (int)protection, (int)flags, file, (nint)offset);

    public static long MUnmap(nint address, long length) => Call(11, address, (nint)length);

    /// <summary>Flags: MS_ASYNC 1, MS_INVALIDATE 2, MS_SYNC 4.</summary>
    public static long MSync(nint address, long length, int flags) => Call(26, address, (nint)length, flags);

    public static long FLock(int file, int operation) => Call(73, file, operation);

    public static long FCntl(int file, int command, long argument = 0) => Call(72, file, command, (nint)argument);

    public static long FCntl(int file, int command, ref FLock argument)
    {
        fixed (FLock* p = &argument) return Call(72, file, command, (nint)p);
    }

    public static long Pipe(Span<int> ends)
    {
        fixed (int* p = ends) return Call(293, (nint)p);
    }

    /// <summary>preadv2(2) with one buffer; <paramref name="flags"/> are RWF_*.</summary>
    public static long PReadV2(int file, Span<byte> into, long offset, int flags)
    {
        fixed (byte* p = into)
        {
            var part = stackalloc[] { (nint)p, into.Length };
            return Call(327, file, (nint)part, 1, (nint)offset, 0, flags);
        }
    }

    /// <summary>pwritev2(2) with one buffer; <paramref name="flags"/> are RWF_*.</summary>
    public static long PWriteV2(int file, ReadOnlySpan<byte> from, long offset, int flags)
    {
        fixed (byte* p = from)
        {
            var part = stackalloc[] { (nint)p, from.Length };
            return Call(328, file, (nint)part, 1, (nint)offset, 0, flags);
        }
    }

    public static long Splice(int from, int to, long length) => Call(275, from, 0, to, 0, (nint)length);

    /// <summary>name_to_handle_at(2): a <see cref="FileHandle"/> is written.</summary>
    public static long NameToHandleAt(int folder, CString path, out FileHandle into, out int mount, AtFlags flags = AtFlags.None)
    {
        into = new FileHandle { Bytes = FileHandle.BytesMax };
        mount = 0;
        fixed (byte* p = path.Terminated)
        fixed (FileHandle* q = &into)
        fixed (int* m = &mount) return Call(303, folder, (nint)p, (nint)q, (nint)m, (int)flags);
    }

    /// <summary>open_by_handle_at(2).</summary>
    public static long OpenByHandleAt(int mount, ref FileHandle handle, OpenFlags flags)
    {
        fixed (FileHandle* p = &handle) return Call(304, mount, (nint)p, (int)flags);
    }

    /// <summary>getrlimit(2).</summary>
    public static long LimitOf(int resource, out ResourceLimit into)
    {
        into = default;
        fixed (ResourceLimit* p = &into) return Call(97, resource, (nint)p);
    }

    /// <summary>setrlimit(2).</summary>
    public static long SetLimit(int resource, ResourceLimit limit) => Call(160, resource, (nint)(&limit));

    /// <summary>unshare(2) of the calling thread's table of descriptors (CLONE_FILES): record locks belong to such a table.</summary>
    public static long UnshareFiles() => Call(272, 0x400);

    /// <summary>gettid(2).</summary>
    public static int ThreadId => (int)Call(186);

    public static long ChDir(CString path)
    {
        fixed (byte* p = path.Terminated) return Call(80, (nint)p);
    }

    public static long FChDir(int folder) => Call(81, folder);

    /// <summary>Of the calling thread, once it has a file system state of its own (<see cref="Identity"/>).</summary>
    public static uint UMask(uint mask) => (uint)Call(95, (nint)mask);

    // The position of preadv2(2) and pwritev2(2) is in two registers, of which x86-64 takes the first.
    private static long Vector(int number, int file, byte* bytes, int length, long offset, int flags)
    {
        var third = length / 3;
        var pieces = stackalloc nint[] { (nint)bytes, third, (nint)(bytes + third), third, (nint)(bytes + third + third), length - third - third };
        return Call(number, file, (nint)pieces, 3, (nint)offset, 0, flags);
    }

    internal static long Call(int number, nint a = 0, nint b = 0, nint c = 0, nint d = 0, nint e = 0, nint f = 0)
    {
        var result = SystemCall(number, a, b, c, d, e, f);
        return result == -1 ? -Marshal.GetLastPInvokeError() : result;
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SystemCall(nint number, nint a, nint b, nint c, nint d, nint e, nint f);
}
