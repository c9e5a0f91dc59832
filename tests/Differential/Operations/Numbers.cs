using FlexFs.Harness.Native;

namespace FlexFs.Differential.Operations;

/// <summary>Random lengths, offsets, modes, owners, times and flags.</summary>
internal sealed class Numbers(Random random, GeneratorOptions options)
{
    internal const long Page = 4096;
    private const long Huge = 1L << 40;

    private static readonly CString[] XattrNames = ["user.a", "user.b", "user.c", "user." + new string('x', 250)];
    private static readonly CString[] RootXattrNames = ["trusted.a", "security.a"];
    private static readonly CString[] OddXattrNames = ["user.", "nonsense.a", "a", "", "user." + new string('x', 251), "trusted.a", "security.a", "system.a"];

    internal OpenFlags Access() => random.Next(10) switch
    {
        < 3 => OpenFlags.O_RDONLY,
        < 5 => OpenFlags.O_WRONLY,
        _ => OpenFlags.O_RDWR,
    };

    /// <summary>What changes how a file is written, and nothing else.</summary>
    internal OpenFlags Extras()
    {
        // Never waiting: a FIFO would.
        var flags = OpenFlags.O_NONBLOCK;
        if (random.Next(5) == 0) flags |= OpenFlags.O_APPEND;
        if (random.Next(8) == 0) flags |= OpenFlags.O_TRUNC;
        if (random.Next(10) == 0) flags |= OpenFlags.O_NOFOLLOW;
        if (random.Next(14) == 0) flags |= OpenFlags.O_SYNC;
        if (random.Next(14) == 0) flags |= OpenFlags.O_DSYNC;
        return flags;
    }

    /// <summary>Any.</summary>
    internal OpenFlags Opening()
    {
        var flags = Access() | Extras();
        if (random.Next(2) == 0) flags |= OpenFlags.O_CREAT;
        if (random.Next(4) == 0) flags |= OpenFlags.O_EXCL;
        if (random.Next(20) == 0) flags |= OpenFlags.O_NOATIME;
        if (random.Next(12) == 0) flags = (flags & ~OpenFlags.O_RDWR) | OpenFlags.O_DIRECTORY;
        if (random.Next(20) == 0) flags |= OpenFlags.O_PATH;
        if (random.Next(12) == 0) flags |= OpenFlags.O_TMPFILE;
        return flags;
    }

    internal AllocateFlags Allocation() => random.Next(13) switch
    {
        < 3 => AllocateFlags.None,
        < 5 => AllocateFlags.FALLOC_FL_KEEP_SIZE,
        < 8 => AllocateFlags.FALLOC_FL_PUNCH_HOLE | AllocateFlags.FALLOC_FL_KEEP_SIZE,
        < 10 => AllocateFlags.FALLOC_FL_ZERO_RANGE,
        < 12 => AllocateFlags.FALLOC_FL_ZERO_RANGE | AllocateFlags.FALLOC_FL_KEEP_SIZE,
        _ => AllocateFlags.FALLOC_FL_PUNCH_HOLE,
    };

    internal RenameFlags Wild() => random.Next(10) switch
    {
        < 4 => RenameFlags.None,
        < 6 => RenameFlags.RENAME_NOREPLACE,
        < 8 => RenameFlags.RENAME_EXCHANGE,
        8 => RenameFlags.RENAME_WHITEOUT | RenameFlags.RENAME_NOREPLACE,
        _ => RenameFlags.RENAME_EXCHANGE | RenameFlags.RENAME_NOREPLACE,
    };

    // Set-group-ID only with execution by the group: what it means without is in the list of known differences.
    internal uint Permissions() => random.Next(12) switch
    {
        < 4 => 0x1B6,
        < 7 => 0x1FF,
        7 => 0x1A4,
        8 => (uint)random.Next(0x200),
        _ => (uint)random.Next(0x1000) is var mode && (mode & Mode.ISGID) != 0 ? mode | 0x1F8 : mode | 0x180,
    };

    internal uint FolderPermissions() => random.Next(10) switch
    {
        < 5 => 0x1FF,
        5 => 0x3FF,
        6 => 0x5FF,
        7 => 0x1ED,
        _ => Permissions() | 0x1C0,
    };

    internal uint UMask() => random.Next(4) == 0 ? (uint)random.Next(0x200) & 0x37 : 0;

    internal (uint Mode, int Device) Node(bool isRoot) => random.Next((options.Mounts > 1, isRoot) switch
    {
        (true, false) => 2,
        (true, true) => 5,
        (false, false) => 4,
        (false, true) => 7,
    }) switch
    {
        0 => (Mode.IFREG, 0),
        1 => (Mode.IFCHR, 0),
        // What is in a FIFO is in one kernel.
        2 when options.Mounts == 1 => (Mode.IFIFO, 0),
        3 when options.Mounts == 1 => (Mode.IFSOCK, 0),
        2 or 4 => (Mode.IFCHR, 0x103),
        3 or 5 => (Mode.IFBLK, 0xF001),
        _ => (Mode.IFBLK, 0xF002),
    };

    // At least one of them.
    internal (int Uid, int Gid) Owners()
    {
        var uid = (int)Users.All[random.Next(Users.All.Length)].Uid;
        var gid = (int)Users.All[random.Next(Users.All.Length)].Gid;
        return random.Next(3) switch { 0 => (uid, -1), 1 => (-1, gid), _ => (uid, gid) };
    }

    // What an owner may do without privileges.
    internal (int Uid, int Gid) OwnersOf(int user)
    {
        if (user == 0) return Owners();
        var identity = Users.All[user];
        uint[] groups = [identity.Gid, .. identity.Groups];
        return (random.Next(2) == 0 ? -1 : (int)identity.Uid, (int)groups[random.Next(groups.Length)]);
    }

    internal int Follow() => random.Next(3) == 0 ? 0 : (int)AtFlags.AT_SYMLINK_NOFOLLOW;

    internal Timespec Time() => random.Next(10) switch
    {
        < 2 => Timespec.Now,
        < 4 => Timespec.Omit,
        4 => new Timespec(-random.Next(1, 1_000_000), random.Next(1_000_000_000)),
        5 when random.Next(6) == 0 => new Timespec(1, 1_000_000_000),
        _ => new Timespec(random.Next(1_000_000_000), random.Next(1_000_000_000)),
    };

    internal CString Xattr(int user, bool isGood)
    {
        if (options.HasAcls && random.Next(2) == 0) return random.Next(3) == 0 ? Acls.Default : Acls.Access;
        if (!isGood && random.Next(2) == 0) return OddXattrNames[random.Next(OddXattrNames.Length)];
        return user == 0 && random.Next(4) == 0
            ? RootXattrNames[random.Next(RootXattrNames.Length)]
            : XattrNames[Math.Min(random.Next(XattrNames.Length), random.Next(XattrNames.Length))];
    }

    internal int XattrFlags() => random.Next(6) switch { 0 => Xattrs.XATTR_CREATE, 1 => Xattrs.XATTR_REPLACE, _ => 0 };

    internal long XattrLength() => random.Next(6) == 0 ? 0 : random.Next(100);

    internal long Buffer() => random.Next(10) switch { 0 => 0, 1 => random.Next(20), _ => 4096 };

    internal long Length() => random.Next(40) switch
    {
        0 => 0,
        < 16 => random.Next(1, 100),
        < 32 => random.Next(1, 9000),
        < 39 => random.Next(1, 70_000),
        _ => random.Next(1, 400_000),
    };

    /// <summary>Near what is there, near borders of pages and blocks, seldom far away; never so that comparing contents takes long.</summary>
    internal long Offset(long size)
    {
        long at = random.Next(40) switch
        {
            < 14 => random.NextInt64(Math.Min(size, Huge) + 1),
            < 20 => size,
            < 24 => size + random.Next(10_000),
            < 30 => (random.Next(20) * Page) + random.Next(-2, 3),
            < 35 => random.Next(30_000),
            < 37 => (random.Next(8) * (256L << 10)) + random.Next(-2, 3),
            37 => (random.Next(3) * (4L << 20)) + random.Next(-2, 3),
            38 => random.Next(20) == 0 ? Huge + random.Next(1000) : 0,
            _ => random.Next(10) == 0 ? -random.Next(1, 10) : 0,
        };
        return at < 0 && random.Next(30) != 0 ? 0 : at;
    }

    /// <summary>A size or place that is read from: mostly inside.</summary>
    internal long Inside(long size) => random.Next(5) == 0 ? Offset(size) : random.NextInt64(Math.Min(size, Huge) + 1);

    internal static long Aligned(long value) => value < 0 ? 0 : value & -Page;
}
