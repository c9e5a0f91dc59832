using FlexFs.Harness.Native;

namespace FlexFs.Differential.Operations;

/// <summary>What the generator may look at: what is open on the side that is compared with.</summary>
internal interface ISituation
{
    bool IsOpen(int slot);

    bool IsMapped(int map);

    /// <summary>The size of an open file, or 0.</summary>
    long SizeOf(int slot);
}

/// <summary>Random operations, one after the other, from a seed.</summary>
internal sealed class Generator(ulong seed, GeneratorOptions options, ISituation situation)
{
    private const long Page = 4096;
    private const long Huge = 1L << 40;
    private static readonly (Call Call, int Weight)[] Weights =
    [
        (Call.Open, 160), (Call.Close, 40), (Call.Dup, 8), (Call.Read, 40), (Call.Write, 70), (Call.PRead, 50), (Call.PWrite, 70),
        (Call.Seek, 40), (Call.FTruncate, 30), (Call.Truncate, 20), (Call.Allocate, 40), (Call.CopyRange, 30), (Call.FSync, 10),
        (Call.FDataSync, 5), (Call.Link, 40), (Call.LinkOpen, 10), (Call.Symlink, 25), (Call.ReadLink, 12), (Call.Unlink, 50),
        (Call.RmDir, 25), (Call.MkDir, 60), (Call.MkNod, 15), (Call.Rename, 80), (Call.ChMod, 35), (Call.FChMod, 15),
        (Call.ChOwn, 30), (Call.FChOwn, 12), (Call.UTime, 25), (Call.FUTime, 15), (Call.SetXattr, 35), (Call.GetXattr, 20),
        (Call.ListXattr, 15), (Call.RemoveXattr, 15), (Call.Stat, 20), (Call.Access, 20), (Call.List, 20), (Call.ListOpen, 5),
        (Call.Map, 15), (Call.MapRead, 25), (Call.MapWrite, 25), (Call.MapSync, 10), (Call.Unmap, 8),
    ];

    private static readonly CString[] XattrNames =
        ["user.a", "user.b", "trusted.a", "security.a", "user.", "nonsense.a", "a", "", "user." + new string('x', 250), "user." + new string('x', 251)];

    private readonly Random _random = new((int)(seed ^ (seed >> 32)));
    private int _turn;
    private int _mount;

    internal Names Names => field ??= new Names(_random);

    internal Operation Next()
    {
        if (options.Mounts > 1 && --_turn < 0)
        {
            _mount = 1 - _mount;
            _turn = options.TurnLengthMax == 1 ? 0 : _random.Next(options.TurnLengthMax);
        }

        Call call;
        do call = Pick();
        while (options.Without.Contains(call));
        return Fill(new Operation(call)
        {
            User = options.User ?? (_random.Next(10) < 3 ? 0 : _random.Next(Users.All.Length)),
            Mount = _mount,
            // Looking at both paths first: the kernel answers ESTALE to a rename that itself finds that a folder was moved by another mount.
            IsObserved = _random.Next(4) != 0 || (call == Call.Rename && options.Mounts > 1),
            Fill = (ulong)_random.NextInt64(),
        });
    }

    private Operation Fill(Operation op)
    {
        switch (op.Call)
        {
            case Call.Open:
                return op with
                {
                    Path = _random.Next(3) == 0 ? Names.New() : Names.Any(), Slot = _random.Next(Operation.Slots), Flags = (int)OpenFlags(),
                    Mode = Permissions(), UMask = UMask(),
                };
            case Call.Close or Call.FSync or Call.FDataSync or Call.ListOpen:
                return op with { Slot = Open() };
            case Call.Dup:
                return op with { Slot = Open(), Slot2 = _random.Next(Operation.Slots) };
            case Call.Read:
                return op with { Slot = Open(), Length = Length() };
            case Call.Write:
                return op with { Slot = Open(), Length = Length() };
            case Call.PRead or Call.PWrite:
                var slot = Open();
                return op with { Slot = slot, Offset = Offset(slot), Length = Length() };
            case Call.Seek:
                slot = Open();
                var whence = options.HasHoles ? _random.Next(6) : _random.Next(3);
                return op with
                {
                    Slot = slot, Flags = whence,
                    Offset = whence is (int)Whence.SEEK_CUR or (int)Whence.SEEK_END ? _random.Next(-20000, 20000) : Offset(slot),
                };
            case Call.FTruncate:
                slot = Open();
                return op with { Slot = slot, Length = Offset(slot) };
            case Call.Truncate:
                return op with { Path = Names.Any(), Length = Offset(-1) };
            case Call.Allocate:
                slot = Open();
                return op with { Slot = slot, Flags = (int)AllocateFlags(), Offset = Offset(slot), Length = _random.Next(8) == 0 ? _random.Next(3 << 20) : Length() };
            case Call.CopyRange:
                slot = Open();
                var to = Open();
                var moves = _random.Next(4) == 0;
                return op with
                {
                    Slot = slot, Slot2 = to, Length = _random.Next(6) == 0 ? _random.Next(3 << 20) : Length(),
                    Offset = moves ? -1 : Offset(slot), Offset2 = moves ? -1 : Offset(to),
                };
            case Call.Link:
                return op with { Path = Names.Any(), Path2 = Names.New(), Flags = _random.Next(5) == 0 ? (int)AtFlags.AT_SYMLINK_FOLLOW : 0 };
            case Call.LinkOpen:
                return op with { Slot = Open(), Path = Names.New() };
            case Call.Symlink:
                return op with { Path = Names.New(), Path2 = Names.Target() };
            case Call.ReadLink:
                return op with { Path = Names.Any(), Length = _random.Next(5) == 0 ? _random.Next(4) : 5000 };
            case Call.Unlink or Call.RmDir or Call.List:
                return op with { Path = Names.Any() };
            case Call.MkDir:
                return op with { Path = Names.New(), Mode = Permissions() | 0x1C0, UMask = UMask() };
            case Call.MkNod:
                var (mode, device) = Node();
                return op with { Path = Names.New(), Mode = mode | Permissions(), Flags = device, UMask = UMask() };
            case Call.Rename:
                return op with { Path = Names.Any(), Path2 = _random.Next(2) == 0 ? Names.New() : Names.Any(), Flags = (int)RenameFlags() };
            case Call.ChMod:
                return op with { Path = Names.Any(), Mode = Permissions() };
            case Call.FChMod:
                return op with { Slot = Open(), Mode = Permissions() };
            case Call.ChOwn:
                var (uid, gid) = Owners();
                return op with { Path = Names.Any(), Uid = uid, Gid = gid, Flags = Follow() };
            case Call.FChOwn:
                (uid, gid) = Owners();
                return op with { Slot = Open(), Uid = uid, Gid = gid };
            case Call.UTime:
                return op with { Path = Names.Any(), Accessed = Time(), Modified = Time(), Flags = Follow() };
            case Call.FUTime:
                return op with { Slot = Open(), Accessed = Time(), Modified = Time() };
            case Call.SetXattr:
                return op with { Path = Names.Any(), Name = Xattr(), Length = _random.Next(6) == 0 ? 0 : _random.Next(100), Flags = XattrFlags(), Slot2 = _random.Next(2) };
            case Call.GetXattr:
                return op with { Path = Names.Any(), Name = Xattr(), Length = Buffer(), Slot2 = _random.Next(2) };
            case Call.ListXattr:
                return op with { Path = Names.Any(), Length = Buffer(), Slot2 = _random.Next(2) };
            case Call.RemoveXattr:
                return op with { Path = Names.Any(), Name = Xattr(), Slot2 = _random.Next(2) };
            case Call.Stat:
                return op with { Path = Names.Any(), Flags = Follow() };
            case Call.Access:
                return op with { Path = Names.Any(), Mode = (uint)_random.Next(9), Flags = _random.Next(4) == 0 ? (int)AtFlags.AT_EACCESS : Follow() };
            case Call.Map:
                slot = Open();
                var write = _random.Next(2) == 0 ? Protection.PROT_WRITE : 0;
                return op with
                {
                    Slot = slot, Slot2 = _random.Next(Operation.Maps), Offset = _random.Next(4) * Page, Length = 1 + _random.Next(5 * (int)Page),
                    Mode = (uint)(Protection.PROT_READ | write), Flags = (int)(_random.Next(3) == 0 ? MapFlags.MAP_PRIVATE : MapFlags.MAP_SHARED),
                };
            case Call.MapRead or Call.MapWrite:
                return op with { Slot2 = Map(), Offset = _random.Next(3 * (int)Page), Length = 1 + _random.Next(2 * (int)Page) };
            case Call.MapSync:
                return op with { Slot2 = Map(), Flags = _random.Next(4) == 0 ? 1 : 4 };
            case Call.Unmap:
                return op with { Slot2 = Map() };
            default:
                throw new InvalidOperationException($"{op.Call} has no arguments here");
        }
    }

    private Call Pick()
    {
        var at = _random.Next(Weights.Sum(each => each.Weight));
        foreach (var (call, weight) in Weights)
        {
            if ((at -= weight) < 0) return call;
        }

        return Call.Open;
    }

    // A slot that is open, mostly.
    private int Open()
    {
        var slot = _random.Next(Operation.Slots);
        if (_random.Next(20) == 0) return slot;
        for (var i = 0; i < Operation.Slots && !situation.IsOpen(slot); i++) slot = (slot + 1) % Operation.Slots;
        return slot;
    }

    private int Map()
    {
        var map = _random.Next(Operation.Maps);
        for (var i = 0; i < Operation.Maps && !situation.IsMapped(map); i++) map = (map + 1) % Operation.Maps;
        return map;
    }

    private OpenFlags OpenFlags()
    {
        // Never waiting: a FIFO would.
        var flags = Harness.Native.OpenFlags.O_NONBLOCK | _random.Next(10) switch
        {
            < 3 => Harness.Native.OpenFlags.O_RDONLY,
            < 5 => Harness.Native.OpenFlags.O_WRONLY,
            _ => Harness.Native.OpenFlags.O_RDWR,
        };
        if (_random.Next(2) == 0) flags |= Harness.Native.OpenFlags.O_CREAT;
        if (_random.Next(6) == 0) flags |= Harness.Native.OpenFlags.O_EXCL;
        if (_random.Next(6) == 0) flags |= Harness.Native.OpenFlags.O_TRUNC;
        if (_random.Next(5) == 0) flags |= Harness.Native.OpenFlags.O_APPEND;
        if (_random.Next(10) == 0) flags |= Harness.Native.OpenFlags.O_NOFOLLOW;
        if (_random.Next(14) == 0) flags |= Harness.Native.OpenFlags.O_SYNC;
        if (_random.Next(14) == 0) flags |= Harness.Native.OpenFlags.O_DSYNC;
        if (_random.Next(20) == 0) flags |= Harness.Native.OpenFlags.O_NOATIME;
        if (_random.Next(12) == 0) flags = (flags & ~Harness.Native.OpenFlags.O_RDWR) | Harness.Native.OpenFlags.O_DIRECTORY;
        if (options.HasTemporaryFiles && _random.Next(12) == 0) flags |= Harness.Native.OpenFlags.O_TMPFILE;
        return flags;
    }

    private AllocateFlags AllocateFlags() => _random.Next(12) switch
    {
        < 3 => Harness.Native.AllocateFlags.None,
        < 5 => Harness.Native.AllocateFlags.FALLOC_FL_KEEP_SIZE,
        < 8 => Harness.Native.AllocateFlags.FALLOC_FL_PUNCH_HOLE | Harness.Native.AllocateFlags.FALLOC_FL_KEEP_SIZE,
        < 10 => Harness.Native.AllocateFlags.FALLOC_FL_ZERO_RANGE,
        < 11 => Harness.Native.AllocateFlags.FALLOC_FL_ZERO_RANGE | Harness.Native.AllocateFlags.FALLOC_FL_KEEP_SIZE,
        _ => Harness.Native.AllocateFlags.FALLOC_FL_PUNCH_HOLE,
    };

    private RenameFlags RenameFlags() => _random.Next(10) switch
    {
        < 6 => Harness.Native.RenameFlags.None,
        6 => Harness.Native.RenameFlags.RENAME_NOREPLACE,
        7 => Harness.Native.RenameFlags.RENAME_EXCHANGE,
        8 when options.HasWhiteouts => Harness.Native.RenameFlags.RENAME_WHITEOUT | Harness.Native.RenameFlags.RENAME_NOREPLACE,
        _ => Harness.Native.RenameFlags.RENAME_EXCHANGE | Harness.Native.RenameFlags.RENAME_NOREPLACE,
    };

    // Set-group-ID only with execution by the group: what it means without is in the list of known differences.
    private uint Permissions() => _random.Next(8) switch
    {
        < 3 => 0x1A4,
        3 => 0x1FF,
        4 => 0x1B6,
        _ => (uint)_random.Next(0x1000) is var mode && (mode & Mode.ISGID) != 0 ? mode | 8 : mode,
    };

    private uint UMask() => _random.Next(3) == 0 ? (uint)_random.Next(0x200) & 0x37 : 0;

    private (uint Mode, int Device) Node() => _random.Next(options.Mounts > 1 ? 3 : 5) switch
    {
        0 => (Mode.IFREG, 0),
        1 => (Mode.IFCHR, 0x103),
        2 => (Mode.IFCHR, 0),
        3 => (Mode.IFIFO, 0),
        _ => (Mode.IFSOCK, 0),
    };

    // At least one of them.
    private (int Uid, int Gid) Owners()
    {
        var uid = (int)Users.All[_random.Next(Users.All.Length)].Uid;
        var gid = (int)Users.All[_random.Next(Users.All.Length)].Gid;
        return _random.Next(3) switch { 0 => (uid, -1), 1 => (-1, gid), _ => (uid, gid) };
    }

    private int Follow() => _random.Next(3) == 0 ? 0 : (int)AtFlags.AT_SYMLINK_NOFOLLOW;

    private Timespec Time() => _random.Next(10) switch
    {
        < 2 => Timespec.Now,
        < 4 => Timespec.Omit,
        4 => new Timespec(-_random.Next(1, 1_000_000), _random.Next(1_000_000_000)),
        _ => new Timespec(_random.Next(1_000_000_000), _random.Next(1_000_000_000)),
    };

    private CString Xattr() => XattrNames[Math.Min(_random.Next(XattrNames.Length), _random.Next(XattrNames.Length))];

    private int XattrFlags() => _random.Next(6) switch { 0 => Xattrs.XATTR_CREATE, 1 => Xattrs.XATTR_REPLACE, _ => 0 };

    private long Buffer() => _random.Next(5) switch { 0 => 0, 1 => _random.Next(20), _ => 4096 };

    private long Length() => _random.Next(20) switch
    {
        0 => 0,
        < 8 => _random.Next(1, 100),
        < 16 => _random.Next(1, 9000),
        < 19 => _random.Next(1, 70_000),
        _ => _random.Next(1, 400_000),
    };

    // Near what is there, near borders of pages and blocks, seldom far away; never so that comparing contents takes long.
    private long Offset(int slot)
    {
        var size = slot >= 0 ? situation.SizeOf(slot) : 0;
        long at = _random.Next(24) switch
        {
            < 6 => _random.NextInt64(size + 1),
            < 9 => size,
            < 12 => size + _random.Next(10_000),
            < 16 => (_random.Next(20) * Page) + _random.Next(-2, 3),
            < 19 => _random.Next(30_000),
            < 21 => (_random.Next(8) * (256L << 10)) + _random.Next(-2, 3),
            21 => (_random.Next(3) * (4L << 20)) + _random.Next(-2, 3),
            22 => _random.Next(20) == 0 ? Huge + _random.Next(1000) : 0,
            _ => _random.Next(30) == 0 ? -_random.Next(1, 10) : 0,
        };
        return at < 0 && _random.Next(30) != 0 ? 0 : at;
    }
}
