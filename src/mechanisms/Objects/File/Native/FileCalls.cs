using System.Runtime.InteropServices;

namespace FlexFs.Objects.File.Native;

/// <summary>The system calls of the file store, with their errno instead of exceptions. EINTR is repeated here.</summary>
internal static unsafe partial class FileCalls
{
    internal const int ReadOnly = 0;
    internal const int WriteOnly = 1;
    internal const int Create = 0x40;
    internal const int Exclusive = 0x80;
    internal const int CloseOnExec = 0x80000;

    /// <summary>Of address, offset and length of a direct transfer: what every disk and file system can do.</summary>
    internal const int DirectAlignment = 4096;

    // asm/fcntl.h: arm64 has these two the other way round.
    private static readonly bool IsArm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
    internal static readonly int Directory = IsArm ? 0x4000 : 0x10000;
    private static readonly int DirectFlag = IsArm ? 0x10000 : 0x4000;

    /// <summary>Smaller objects gain nothing, and are often read again soon.</summary>
    private const int DirectBytesMin = 256 << 10;

    private const int GetFlags = 3, SetFlags = 4;
    private const int EINTR = 4, ENOSYS = 38, EINVAL = 22, EOPNOTSUPP = 95;
    private const int NoReplace = 1, CurrentFolder = -100, FromEnd = 2;

    /// <summary>Opens; a descriptor, or -errno.</summary>
    internal static int Open(string path, int flags)
    {
        int result;
        do result = OpenCall(path, flags | CloseOnExec, 0x1B0 /* 0660 */);
        while (result < 0 && Marshal.GetLastPInvokeError() == EINTR);
        return result >= 0 ? result : -Marshal.GetLastPInvokeError();
    }

    /// <summary>Closes. Its errors were seen by fsync before, or do not matter to a reader.</summary>
    internal static void Close(int file) => _ = CloseCall(file);

    /// <summary>Bytes of an open file, or -errno.</summary>
    internal static long Length(int file)
    {
        var end = SeekCall(file, 0, FromEnd);
        return end >= 0 ? end : -Marshal.GetLastPInvokeError();
    }

    /// <summary>Reads until the destination is full or the file ends; bytes read, or -errno.</summary>
    internal static int ReadAll(int file, Span<byte> destination, long offset)
    {
        var done = 0;
        fixed (byte* start = destination)
        {
            while (done < destination.Length)
            {
                var count = PreadCall(file, start + done, (nuint)(destination.Length - done), offset + done);
                if (count == 0) break;
                if (count > 0) done += (int)count;
                else if (Marshal.GetLastPInvokeError() != EINTR) return -Marshal.GetLastPInvokeError();
            }
        }

        return done;
    }

    /// <summary>Writes everything to an empty file; 0, or an errno.</summary>
    /// <remarks>
    /// Whole pages of a large object go to the disk past the page cache (open(2), O_DIRECT): they are synced at once, and a copy into
    /// fresh pages is the most expensive step of a put. What a file system will not take that way goes through the cache.
    /// </remarks>
    internal static int WriteAll(int file, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            var isAligned = (nuint)start % DirectAlignment == 0;
            var direct = isAligned && bytes.Length >= DirectBytesMin ? bytes.Length & ~(DirectAlignment - 1) : 0;
            var done = 0;
            if (direct > 0 && SetDirect(file, true))
            {
                var error = Write(file, start, ref done, direct);
                if (!SetDirect(file, false)) return Marshal.GetLastPInvokeError();
                if (error is not (0 or EINVAL or EOPNOTSUPP)) return error;
            }

            return Write(file, start, ref done, bytes.Length);
        }
    }

    private static int Write(int file, byte* start, ref int done, int end)
    {
        while (done < end)
        {
            var count = PwriteCall(file, start + done, (nuint)(end - done), done);
            if (count >= 0) done += (int)count;
            else if (Marshal.GetLastPInvokeError() != EINTR) return Marshal.GetLastPInvokeError();
        }

        return 0;
    }

    private static bool SetDirect(int file, bool isOn)
    {
        var flags = FcntlCall(file, GetFlags, 0);
        return flags >= 0 && FcntlCall(file, SetFlags, isOn ? flags | DirectFlag : flags & ~DirectFlag) == 0;
    }

    /// <summary>Makes a file or folder durable; 0, or an errno.</summary>
    internal static int Sync(int file)
    {
        int result;
        do result = FsyncCall(file);
        while (result < 0 && Marshal.GetLastPInvokeError() == EINTR);
        return result == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>Gives a file its name unless something has it; 0, EEXIST or another errno.</summary>
    internal static int RenameToNew(string from, string to)
    {
        if (RenameCall(CurrentFolder, from, CurrentFolder, to, NoReplace) == 0) return 0;
        var error = Marshal.GetLastPInvokeError();
        if (error is not (EINVAL or ENOSYS or EOPNOTSUPP)) return error;

        // renameat2(2): some file systems, NFS among them, know no RENAME_NOREPLACE. link(2) refuses an existing name anywhere.
        if (LinkCall(from, to) != 0) return Marshal.GetLastPInvokeError();
        return UnlinkCall(from) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>Removes a file; 0, or an errno.</summary>
    internal static int Unlink(string path) => UnlinkCall(path) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Makes a folder; 0, or an errno.</summary>
    internal static int MakeFolder(string path) =>
        MkdirCall(path, 0x1F8 /* 0770 */) == 0 ? 0 : Marshal.GetLastPInvokeError();

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int OpenCall(string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int CloseCall(int file);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    private static partial long SeekCall(int file, long offset, int origin);

    [LibraryImport("libc", EntryPoint = "pread", SetLastError = true)]
    private static partial nint PreadCall(int file, byte* buffer, nuint count, long offset);

    [LibraryImport("libc", EntryPoint = "pwrite", SetLastError = true)]
    private static partial nint PwriteCall(int file, byte* buffer, nuint count, long offset);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int FcntlCall(int file, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FsyncCall(int file);

    [LibraryImport("libc", EntryPoint = "renameat2", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int RenameCall(int fromFolder, string from, int toFolder, string to, uint flags);

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int LinkCall(string from, string to);

    [LibraryImport("libc", EntryPoint = "unlink", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int UnlinkCall(string path);

    [LibraryImport("libc", EntryPoint = "mkdir", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int MkdirCall(string path, uint mode);
}
