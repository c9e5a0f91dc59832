using System.Globalization;
using System.Runtime.CompilerServices;
using FlexFs.Core;

namespace FlexFs.Conformance.Harness;

/// <summary>System calls relative to the current folder, and what is expected of them.</summary>
internal static class Calls
{
    internal const int Here = Libc.AT_FDCWD;

    /// <summary>A user, and another one; they share no group.</summary>
    internal static readonly Identity Alice = new(1001, 2001);

    internal static readonly Identity Bob = new(1002, 2002);

    /// <summary>Whom root is squashed to, and the ids that it has then.</summary>
    internal static readonly Identity Nobody = new(65534, 65534);

    internal static readonly string Name255 = new('n', 255);

    internal static readonly string Name256 = new('n', 256);

    /// <summary>4,096 bytes with its end: one more than a path may have.</summary>
    internal static readonly string PathTooLong = string.Concat(Enumerable.Repeat("./", 2047)) + "ab";

    /// <summary>4,095 bytes without its end.</summary>
    internal static readonly string PathJustFits = string.Concat(Enumerable.Repeat("./", 2047)) + "a";

    /// <summary>Octal digits.</summary>
    internal static uint O(int digits) => Convert.ToUInt32(digits.ToString(CultureInfo.InvariantCulture), 8);

    internal static int Ok(long result, [CallerArgumentExpression(nameof(result))] string what = "")
    {
        Assert.True(result >= 0, $"{what}: {Text(result)}");
        return (int)result;
    }

    internal static void Fails(Errno errno, long result, [CallerArgumentExpression(nameof(result))] string what = "") =>
        Assert.True(result == -(int)errno, $"{what}: {Text(result)} instead of {errno}");

    /// <summary>One of two errnos, where POSIX and Linux leave it open.</summary>
    internal static void FailsAs(Errno errno, Errno or, long result, [CallerArgumentExpression(nameof(result))] string what = "") =>
        Assert.True(result == -(int)errno || result == -(int)or, $"{what}: {Text(result)} instead of {errno} or {or}");

    /// <summary>Runs as somebody else, and is root again behind it.</summary>
    internal static void As(Identity who, Action body)
    {
        who.Become();
        try
        {
            body();
        }
        finally
        {
            Identity.Root.Become();
        }
    }

    internal static long Open(CString path, OpenFlags flags, uint mode = 0) => Libc.OpenAt(Here, path, flags | O_CLOEXEC, mode);

    internal static long ChMod(CString path, uint mode) => Libc.FChModAt(Here, path, mode);

    internal static long ChOwn(CString path, int uid, int gid) => Libc.FChOwnAt(Here, path, uid, gid);

    internal static long LChOwn(CString path, int uid, int gid) => Libc.FChOwnAt(Here, path, uid, gid, AT_SYMLINK_NOFOLLOW);

    internal static long MkDir(CString path, uint mode = 0x1FF) => Libc.MkDirAt(Here, path, mode);

    internal static long RmDir(CString path) => Libc.UnlinkAt(Here, path, AT_REMOVEDIR);

    internal static long Unlink(CString path) => Libc.UnlinkAt(Here, path);

    internal static long Link(CString path, CString other) => Libc.LinkAt(Here, path, Here, other);

    internal static long Symlink(CString target, CString path) => Libc.SymlinkAt(target, Here, path);

    internal static long Rename(CString path, CString other, RenameFlags flags = RenameFlags.None) =>
        Libc.RenameAt2(Here, path, Here, other, flags);

    internal static long MkNod(CString path, uint mode, uint device = 0) => Libc.MkNodAt(Here, path, mode, device);

    internal static long Access(CString path, int mode) => Libc.AccessAt(Here, path, mode);

    internal static long StatOf(CString path, out Statx found) => Libc.StatxAt(Here, path, AtFlags.None, out found);

    /// <summary>lstat(2).</summary>
    internal static Statx Stat(CString path)
    {
        Ok(Libc.StatxAt(Here, path, AT_SYMLINK_NOFOLLOW, out var found), $"stat {path}");
        return found;
    }

    /// <summary>fstat(2).</summary>
    internal static Statx Stat(int file)
    {
        Ok(Libc.StatxAt(file, "", AT_EMPTY_PATH, out var found), "fstat");
        return found;
    }

    internal static bool Exists(CString path) => Libc.StatxAt(Here, path, AT_SYMLINK_NOFOLLOW, out _) == 0;

    /// <summary>A file with these bytes.</summary>
    internal static void Make(CString path, ReadOnlySpan<byte> bytes = default, uint mode = 0x1A4)
    {
        var file = Ok(Open(path, O_CREAT | O_EXCL | O_WRONLY, mode), $"create {path}");
        Assert.Equal(bytes.Length, Ok(Libc.Write(file, bytes)));
        Close(file);
    }

    /// <summary>All bytes of a file.</summary>
    internal static byte[] Contents(CString path)
    {
        var file = Ok(Open(path, O_RDONLY), $"open {path}");
        var bytes = new byte[Stat(file).Size + 1];
        var count = Ok(Libc.PRead(file, bytes, 0));
        Close(file);
        return bytes[..count];
    }

    internal static void Close(int file) => Ok(Libc.Close(file));

    internal static string ReadLink(CString path)
    {
        var bytes = new byte[5000];
        var count = Ok(Libc.ReadLinkAt(Here, path, bytes));
        return System.Text.Encoding.UTF8.GetString(bytes, 0, count);
    }

    /// <summary>An absolute path. The current folder is this thread's: the runtime knows only that of the process.</summary>
    internal static string PathOf(string name)
    {
        var link = new byte[4096];
        var count = Ok(Libc.ReadLinkAt(Here, "/proc/thread-self/cwd", link));
        return Path.Combine(System.Text.Encoding.UTF8.GetString(link, 0, count), name);
    }

    /// <summary>Names in a folder, without "." and "..", sorted.</summary>
    internal static string[] List(CString path)
    {
        var folder = Ok(Open(path, O_RDONLY | O_DIRECTORY));
        List<DirectoryEntry> entries = [];
        Ok(DirectoryEntries.ReadAll(folder, entries));
        Close(folder);
        return [.. entries.Select(entry => System.Text.Encoding.UTF8.GetString(entry.Name.Bytes)).Where(name => name is not ("." or "..")).Order(StringComparer.Ordinal)];
    }

    /// <summary>A folder that alice cannot search, with "file" and "folder" in it.</summary>
    internal static void MakeClosedFolder(CString path)
    {
        Ok(MkDir(path));
        Make(path + "/file", "x"u8, O(666));
        Ok(MkDir(path + "/folder"));
        Ok(ChMod(path, O(600)));
        Ok(ChOwn(path, 1001, 2001));
    }

    /// <summary>A symbolic link that leads to itself.</summary>
    internal static void MakeLoop(CString path) => Ok(Symlink(path, path));

    /// <summary>Which of an inode's times move while something is done; time passes before.</summary>
    internal static Moves Moved(CString path, Action action)
    {
        var before = Settled(path);
        action();
        var after = Stat(path);
        return new Moves(
            after.Accessed.Total > before.Accessed.Total, after.Modified.Total > before.Modified.Total, after.Changed.Total > before.Changed.Total);
    }

    private static string Text(long result) =>
        result >= 0 ? $"answered {result}" : Enum.IsDefined((Errno)(-result)) ? ((Errno)(-result)).ToString() : $"errno {-result}";

    // The clock that file systems write down may stand for some milliseconds: until a new file is younger.
    private static Statx Settled(CString path)
    {
        var before = Stat(path);
        var limit = System.Diagnostics.Stopwatch.StartNew();
        var clock = Ok(Open("/tmp", O_RDWR | O_TMPFILE, 0x180));
        while (true)
        {
            Ok(Libc.FUTimeNs(clock, null, null));
            if (Stat(clock).Modified.Total > Later(before)) break;
            Assert.True(limit.Elapsed < TimeSpan.FromSeconds(30), $"the times of {path} are not of this clock");
        }

        Close(clock);
        return Stat(path);
    }

    private static Int128 Later(in Statx found) => Int128.Max(found.Changed.Total, Int128.Max(
        IsPast(found.Modified) ? found.Modified.Total : 0, IsPast(found.Accessed) ? found.Accessed.Total : 0));

    private static bool IsPast(Timestamp time) => time.Seconds < DateTimeOffset.UtcNow.ToUnixTimeSeconds() + 10;
}

/// <summary>Which times moved.</summary>
internal readonly record struct Moves(bool Accessed, bool Modified, bool Changed)
{
    internal static readonly Moves ModifiedAndChanged = new(false, true, true);

    internal static readonly Moves ChangedOnly = new(false, false, true);

    internal static readonly Moves Nothing = new(false, false, false);
}
