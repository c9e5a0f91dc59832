using FlexFs.Harness.Native;

namespace FlexFs.Differential.Operations;

/// <summary>Random operations, one after the other, from a seed: three of four made to succeed, as far as one can tell, the others of anything.</summary>
internal sealed class Generator
{
    private const int GoodPercent = 78;
    private const int KnownMax = 150;
    private const int Read = 4, Write = 2;

    private static readonly (Call Call, int Weight)[] Weights =
    [
        (Call.Open, 130), (Call.ReOpen, 10), (Call.Close, 50), (Call.Dup, 10), (Call.SetFlags, 8), (Call.Read, 40), (Call.ReadV, 15),
        (Call.PRead, 50), (Call.Write, 60), (Call.WriteV, 15), (Call.PWrite, 70), (Call.Seek, 40), (Call.FTruncate, 25),
        (Call.Truncate, 25), (Call.Allocate, 30), (Call.CopyRange, 25), (Call.SendFile, 10), (Call.Advise, 10), (Call.FSync, 8),
        (Call.FDataSync, 4), (Call.Link, 40), (Call.LinkOpen, 12), (Call.Symlink, 30), (Call.ReadLink, 15), (Call.Unlink, 60),
        (Call.RmDir, 25), (Call.MkDir, 60), (Call.MkDeep, 1), (Call.MkNod, 20), (Call.Rename, 90), (Call.ChMod, 35), (Call.FChMod, 15),
        (Call.ChOwn, 25), (Call.FChOwn, 12), (Call.UTime, 25), (Call.FUTime, 15), (Call.SetXattr, 30), (Call.GetXattr, 20),
        (Call.ListXattr, 12), (Call.RemoveXattr, 15), (Call.FSetXattr, 10), (Call.FGetXattr, 8), (Call.FListXattr, 5),
        (Call.FRemoveXattr, 5), (Call.Stat, 30), (Call.FStat, 15), (Call.Access, 25), (Call.List, 20), (Call.ListOpen, 8),
        (Call.ListBegin, 10), (Call.ListRest, 12), (Call.Map, 20), (Call.MapRead, 30), (Call.MapWrite, 30), (Call.MapSync, 10),
        (Call.Unmap, 8), (Call.FLock, 20), (Call.Lock, 30), (Call.GetLock, 12),
    ];

    private static readonly int WeightOfAll = Weights.Sum(each => each.Weight);
    private readonly GeneratorOptions _options;
    private readonly ISituation _situation;
    private readonly Random _random;
    private readonly Numbers _numbers;
    private readonly Choices _choose;

    internal Generator(ulong seed, GeneratorOptions options, ISituation situation)
    {
        _options = options;
        _situation = situation;
        _random = new Random((int)(seed ^ (seed >> 32)));
        _numbers = new Numbers(_random, options);
        Names = new Names(_random);
        _choose = new Choices(_random, Names, situation);
    }

    /// <summary>What it knows to be there; it is told after each operation.</summary>
    internal Names Names { get; }

    internal Operation Next()
    {
        _choose.User = _options.Users[_random.Next(_options.Users.Count)];
        _choose.IsGood = _random.Next(100) < GoodPercent;
        var call = Pick();
        if (Names.Count > KnownMax && call is Call.Open or Call.MkDir or Call.Link or Call.Symlink && _random.Next(2) == 0)
        {
            call = _random.Next(3) == 0 ? Call.RmDir : Call.Unlink;
        }

        var operation = Fill(new Operation(call)
        {
            User = _choose.User,
            Mount = _random.Next(_options.Mounts),

            IsObserved = _random.Next(2) == 0 || IsToBeObserved(call),
            Fill = (ulong)_random.NextInt64(),
        });
        operation = WithoutSetGroupId(operation);
        return IsWithinOneFile(operation) || IsChangeOfWhatIsGone(operation) ? new Operation(Call.FStat) { Slot = operation.Slot, IsObserved = true } : Aligned(operation);
    }

    private static bool IsReadable(OpenState open) => open is { CanRead: true, IsFile: true };

    private static bool IsWritable(OpenState open) => open is { CanWrite: true, IsFile: true };

    // What is without a name, or known to the kernel by an older look, matters to what is meant to differ.
    private bool IsToBeObserved(Call call) => call switch
    {
        Call.FStat or Call.FChMod or Call.FChOwn or Call.FUTime or Call.ListBegin or Call.ListOpen => true,
        Call.FSetXattr or Call.FGetXattr or Call.FListXattr or Call.FRemoveXattr => true,
        Call.Link or Call.LinkOpen => _choose.User != 0,
        Call.Rename => _options.Mounts > 1,
        _ => false,
    };

    private Operation Fill(Operation op)
    {
        int slot;
        switch (op.Call)
        {
            case Call.Open:
                return Open(op);
            case Call.ReOpen:
                return op with { Slot = _choose.Slot(static open => open.IsFile), Slot2 = _choose.FreeSlot(), Flags = (int)(_numbers.Access() | _numbers.Extras()) & ~(int)OpenFlags.O_NOFOLLOW };
            case Call.Close or Call.FStat:
                return op with { Slot = _choose.Slot(static _ => true) };
            case Call.Dup:
                return op with { Slot = _choose.Slot(static _ => true), Slot2 = _choose.FreeSlot() };
            case Call.SetFlags:
                // An O_APPEND of later is exact within one mount only.
                var append = _options.Mounts == 1 && _random.Next(2) == 0 ? OpenFlags.O_APPEND : 0;
                return op with { Slot = _choose.Slot(open => open.IsFile && (_options.Mounts == 1 || !open.IsAppended)), Flags = (int)(OpenFlags.O_NONBLOCK | append) };
            case Call.FSync or Call.FDataSync:
                return op with { Slot = _choose.Slot(static open => open is { IsPath: false, IsFile: true } or { IsPath: false, IsFolder: true }) };
            case Call.ListOpen or Call.ListBegin:
                return op with { Slot = _choose.Slot(static open => open is { IsFolder: true, IsPath: false }) };
            case Call.ListRest:
                return op;
            case Call.Read or Call.ReadV or Call.PRead:
                slot = _choose.Slot(IsReadable);
                return op with { Slot = slot, Offset = op.Call == Call.ReadV && _random.Next(2) == 0 ? -1 : _numbers.Inside(SizeOf(slot)), Length = _numbers.Length() };
            case Call.Write:
                return op with { Slot = _choose.Slot(IsWritable), Length = _numbers.Length() };
            case Call.WriteV or Call.PWrite:
                slot = _choose.Slot(IsWritable);
                return op with
                {
                    Slot = slot, Length = _numbers.Length(), Flags = _random.Next(4) == 0 ? (_random.Next(2) == 0 || _options.Mounts > 1 ? 2 : 0x10) : 0,
                    Offset = op.Call == Call.WriteV && _random.Next(2) == 0 ? -1 : _numbers.Offset(SizeOf(slot)),
                };
            case Call.Seek:
                slot = _choose.Slot(static open => open is { IsFile: true, IsPath: false });
                var whence = (Whence)_random.Next(6);
                return op with
                {
                    Slot = slot, Flags = (int)whence,
                    Offset = whence switch
                    {
                        Whence.SEEK_END => _random.Next((int)-Math.Min(20_000, SizeOf(slot)) - (_choose.IsGood ? 0 : 10_000), 20_000),
                        Whence.SEEK_CUR => _random.Next(_choose.IsGood ? 0 : -20_000, 20_000),
                        _ => _numbers.Inside(SizeOf(slot)),
                    },
                };
            case Call.FTruncate:
                slot = _choose.Slot(IsWritable);
                return op with { Slot = slot, Length = _numbers.Offset(SizeOf(slot)) };
            case Call.Truncate:
                return op with { Path = _choose.File(Write), Length = _numbers.Offset(_random.Next(20_000)) };
            case Call.Allocate:
                slot = _choose.Slot(IsWritable);
                return op with
                {
                    Slot = slot, Flags = (int)_numbers.Allocation(), Offset = _numbers.Offset(SizeOf(slot)),
                    Length = _random.Next(8) == 0 ? _random.Next(3 << 20) : _numbers.Length(),
                };
            case Call.CopyRange or Call.SendFile:
                slot = _choose.Slot(static open => IsReadable(open) && !open.IsDirect);
                var to = _choose.Slot(static open => IsWritable(open) && !open.IsDirect && !open.IsAppended);
                var moves = op.Call == Call.SendFile || _random.Next(4) == 0;
                return op with
                {
                    Slot = slot, Slot2 = to, Length = _random.Next(6) == 0 ? _random.Next(3 << 20) : _numbers.Length(),
                    Offset = moves ? -1 : _numbers.Inside(SizeOf(slot)), Offset2 = moves ? -1 : _numbers.Offset(SizeOf(to)),
                };
            case Call.Advise:
                slot = _choose.Slot(static open => open is { IsFile: true, IsPath: false });
                return op with { Slot = slot, Flags = _random.Next(3) == 0 ? _random.Next(7) : (int)Advice.POSIX_FADV_DONTNEED, Length = 0, Offset = 0 };
            case Call.FChMod:
                return op with { Slot = Owned(), Mode = _numbers.Permissions() };
            case Call.FChOwn:
                var (uid, gid) = _choose.IsGood ? _numbers.OwnersOf(op.User) : _numbers.Owners();
                return op with { Slot = Owned(), Uid = uid, Gid = gid };
            case Call.FUTime:
                return op with { Slot = Owned(), Accessed = _numbers.Time(), Modified = _numbers.Time() };
            case Call.Map:
                return Map(op);
            case Call.MapRead or Call.MapWrite:
                return op with
                {
                    Slot2 = _choose.Map(op.Call == Call.MapRead ? Protection.PROT_READ : Protection.PROT_WRITE),
                    Offset = _random.Next((_choose.IsGood ? 1 : 4) * (int)Numbers.Page), Length = 1 + _random.Next(2 * (int)Numbers.Page),
                };
            case Call.MapSync:
                return op with { Slot2 = _choose.Map(Protection.PROT_NONE), Flags = _random.Next(4) == 0 ? 1 : 4 };
            case Call.Unmap:
                return op with { Slot2 = _choose.Map(Protection.PROT_NONE) };
            case Call.FLock or Call.Lock or Call.GetLock:
                return Lock(op);
            default:
                return NamedOperations.Fill(op, _random, _numbers, _choose, Names, Owned);
        }
    }

    private Operation Open(Operation op)
    {
        op = op with { Slot = _choose.FreeSlot(), Mode = _numbers.Permissions(), UMask = _numbers.UMask() };
        if (!_choose.IsGood) return op with { Path = _random.Next(2) == 0 ? Names.New() : Names.Any(), Flags = (int)_numbers.Opening() };
        var access = _numbers.Access();
        var needed = access switch { OpenFlags.O_RDONLY => Read, OpenFlags.O_WRONLY => Write, _ => Read | Write };
        var flags = access | _numbers.Extras();
        return _random.Next(20) switch
        {
            < 8 => op with { Path = _choose.File((flags & OpenFlags.O_TRUNC) == 0 ? needed : needed | Write), Flags = (int)(flags | (_random.Next(3) == 0 ? OpenFlags.O_CREAT : 0)) },
            < 14 => op with { Path = _choose.Absent(), Flags = (int)(flags | OpenFlags.O_CREAT | (_random.Next(2) == 0 ? OpenFlags.O_EXCL : 0)) },
            < 16 => op with { Path = _choose.Folder(Read), Flags = (int)(OpenFlags.O_DIRECTORY | OpenFlags.O_NONBLOCK) },
            16 => op with { Path = _choose.Folder(3), Flags = (int)(OpenFlags.O_TMPFILE | OpenFlags.O_RDWR | (_random.Next(3) == 0 ? OpenFlags.O_EXCL : 0)) },
            17 => op with { Path = _choose.Anything(), Flags = (int)(OpenFlags.O_PATH | (_random.Next(2) == 0 ? OpenFlags.O_NOFOLLOW : 0)) },
            18 => op with { Path = _choose.File(needed), Flags = (int)((flags & ~(OpenFlags.O_APPEND | OpenFlags.O_TRUNC)) | OpenFlags.O_DIRECT) },
            _ => op with { Path = _choose.Anything(needed), Flags = (int)flags },
        };
    }

    private Operation Map(Operation op)
    {
        var write = _random.Next(2) == 0 ? Protection.PROT_WRITE : 0;
        var flags = _random.Next(3) == 0 ? MapFlags.MAP_PRIVATE : MapFlags.MAP_SHARED;
        var slot = _choose.Slot(open => IsReadable(open) && open.SizeBytes > 0 && (write == 0 || flags == MapFlags.MAP_PRIVATE || open.CanWrite));
        var pages = Math.Min(SizeOf(slot) / Numbers.Page, 8);
        return op with
        {
            Slot = slot, Slot2 = _random.Next(Operation.Maps), Length = 1 + _random.Next(5 * (int)Numbers.Page), Mode = (uint)(Protection.PROT_READ | write), Flags = (int)flags,
            Offset = (_choose.IsGood ? _random.NextInt64(pages + 1) : _random.Next(12)) * Numbers.Page,
        };
    }

    // Record locks belong to processes, of which there is one on each side; on two mounts that is two owners.
    private Operation Lock(Operation op)
    {
        if (op.Call == Call.FLock)
        {
            var kind = _random.Next(4) switch { 0 => FLockFlags.LOCK_EX, 1 => FLockFlags.LOCK_UN, _ => FLockFlags.LOCK_SH };
            return op with { Slot = _choose.Slot(static open => open is { IsPath: false, IsFile: true }), Flags = (int)(kind | FLockFlags.LOCK_NB) };
        }

        var isRecord = _options.Mounts == 1 && _random.Next(2) == 0;
        var type = _random.Next(4) switch { 0 => FLock.F_WRLCK, 1 => FLock.F_UNLCK, _ => FLock.F_RDLCK };
        if (op.Call == Call.GetLock && type == FLock.F_UNLCK) type = FLock.F_WRLCK;
        var slot = _choose.Slot(open => type switch
        {
            FLock.F_WRLCK => IsWritable(open),
            FLock.F_RDLCK => IsReadable(open),
            _ => open is { IsPath: false, IsFile: true },
        });
        return op with
        {
            Slot = slot, Mode = (uint)(ushort)type, Uid = _random.Next(8) == 0 ? (int)Whence.SEEK_END : 0,
            Offset = _random.Next(_choose.IsGood ? 0 : -20, 100), Length = _random.Next(5) == 0 ? 0 : _random.Next(_choose.IsGood ? 1 : -20, 60),
            Flags = (int)((op.Call == Call.GetLock, isRecord) switch
            {
                (true, true) => LockCommand.F_GETLK,
                (true, false) => LockCommand.F_OFD_GETLK,
                (false, true) => LockCommand.F_SETLK,
                _ => LockCommand.F_OFD_SETLK,
            }),
        };
    }

    private int Owned() => _choose.Slot(open => !open.IsPath && (_choose.User == 0 || open.Owner == Users.All[_choose.User].Uid));

    private long SizeOf(int slot) => _situation.Open(slot)?.SizeBytes ?? 0;

    // Set-group-ID without execution by the group is in the list of known differences: a file never has it.
    private Operation WithoutSetGroupId(Operation op) => op.Call switch
    {
        Call.Open or Call.MkNod or Call.ChMod or Call.FChMod when _options.HasAcls => op with { Mode = op.Mode & ~Mode.ISGID },
        Call.Open or Call.MkNod when (op.Mode & Mode.ISGID) != 0 => op with { UMask = op.UMask & 7 },
        _ => op,
    };

    // What lives on without a name is in the list of known differences; behind such a change the sides would not go on alike.
    private bool IsChangeOfWhatIsGone(Operation op) => op.Call is Call.ReOpen or Call.FChMod or Call.FChOwn && _situation.Open(op.Slot) is { IsGone: true };

    // Of two kernels neither knows that it copies within one file, and that the ranges overlap; sendfile(2) never asks.
    private bool IsWithinOneFile(Operation op) => op.Call is Call.CopyRange or Call.SendFile
        && _situation.Open(op.Slot) is { } from && _situation.Open(op.Slot2) is { } to
        && from.Inode == to.Inode && (op.Call == Call.SendFile || from.Mount != to.Mount);

    // Past the kernel's pages ext4 takes whole blocks only; flexFS takes anything.
    private Operation Aligned(Operation op) =>
        !op.HasSlot || op.Call == Call.Open || (_situation.Open(op.Slot)?.IsDirect != true && !(op.HasSecondSlot && _situation.Open(op.Slot2)?.IsDirect == true))
            ? op
            : op.Call switch
            {
                Call.Read or Call.ReadV or Call.PRead => op with { Call = Call.PRead, Offset = Numbers.Aligned(op.Offset), Length = Numbers.Aligned(op.Length) },
                Call.Write or Call.WriteV or Call.PWrite => op with { Call = Call.PWrite, Flags = 0, Offset = Numbers.Aligned(op.Offset), Length = Numbers.Aligned(op.Length) },
                Call.CopyRange or Call.SendFile => new Operation(Call.FStat) { Slot = op.Slot, IsObserved = true },
                _ => op,
            };

    private Call Pick()
    {
        var at = _random.Next(WeightOfAll);
        foreach (var (call, weight) in Weights)
        {
            if ((at -= weight) < 0) return call;
        }

        return Call.Open;
    }
}
