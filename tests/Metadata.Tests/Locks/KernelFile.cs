using System.Runtime.InteropServices;
using FlexFs.Core;
using FlexFs.Core.Locks;
using Microsoft.Win32.SafeHandles;

namespace FlexFs.Metadata.Tests.Locks;

/// <summary>One open file of a local file system, with the locks that the kernel gives it: each object is an owner of its own.</summary>
internal sealed partial class KernelFile(string path) : IDisposable
{
    // Linux, x86-64 and arm64.
    private const int SetOpenFileLock = 37;
    private const int GetOpenFileLock = 36;
    private const short ReadLock = 0;
    private const short WriteLock = 1;
    private const short NoLock = 2;
    private const int ReadWrite = 2;

    // Not File.OpenHandle, which takes a flock of its own.
    private readonly SafeFileHandle _file = new(Open(path, ReadWrite), ownsHandle: true);

    [StructLayout(LayoutKind.Sequential)]
    private struct FileLockArgument
    {
        public short Type;
        public short Whence;
        public long Start;
        public long Length;
        public int Pid;
    }

    public Errno Lock(LockRange range, LockType type) => Set(range, type == LockType.Shared ? ReadLock : WriteLock);

    public Errno Unlock(LockRange range) => Set(range, NoLock);

    /// <summary>The lock in the way; null when there is none.</summary>
    public (LockRange Range, LockType Type)? Test(LockRange range, LockType type)
    {
        var argument = Argument(range, type == LockType.Shared ? ReadLock : WriteLock);
        Assert.Equal(0, Fcntl(_file, GetOpenFileLock, ref argument));
        if (argument.Type == NoLock) return null;
        var end = argument.Length == 0 ? LockRange.LastByte : (ulong)(argument.Start + argument.Length - 1);
        return (new LockRange((ulong)argument.Start, end), argument.Type == ReadLock ? LockType.Shared : LockType.Exclusive);
    }

    public Errno Flock(LockType? type) =>
        Flock(_file, 4 | (type switch { LockType.Shared => 1, LockType.Exclusive => 2, _ => 8 })) == 0
            ? Errno.OK
            : (Errno)Marshal.GetLastPInvokeError();

    public void Dispose() => _file.Dispose();

    private Errno Set(LockRange range, short type)
    {
        var argument = Argument(range, type);
        return Fcntl(_file, SetOpenFileLock, ref argument) == 0 ? Errno.OK : (Errno)Marshal.GetLastPInvokeError();
    }

    private static FileLockArgument Argument(LockRange range, short type) => new()
    {
        Type = type,
        Start = (long)range.Start,
        Length = range.End == LockRange.LastByte ? 0 : (long)(range.End - range.Start + 1),
    };

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Fcntl(SafeFileHandle file, int command, ref FileLockArgument argument);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int Flock(SafeFileHandle file, int operation);
}
