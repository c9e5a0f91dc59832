using System.Globalization;
using System.Text;
using FlexFs.Core;
using FlexFs.Differential.Operations;
using FlexFs.Harness.Native;

namespace FlexFs.Differential.Worlds;

/// <summary>Calls the system, as the user that the thread is, in the folder that it is in.</summary>
internal static class Performer
{
    private const int F_SETFL = 4;
    private const long WrongHole = -100_000;

    internal static long Perform(World world, Operation op, StringBuilder details)
    {
        var file = world.Slots[op.Slot];
        var bytes = world.Bytes;
        switch (op.Call)
        {
            case Call.Open:
                return world.Slots.Keep(op.Slot, Libc.OpenAt(Libc.AT_FDCWD, op.Path, (OpenFlags)op.Flags | OpenFlags.O_CLOEXEC, op.Mode), op.Mount);
            case Call.ReOpen:
                return world.Slots.Keep(op.Slot2, Libc.OpenAt(Libc.AT_FDCWD, Link(file), (OpenFlags)op.Flags | OpenFlags.O_CLOEXEC), world.Slots.MountOf(op.Slot));
            case Call.Close:
                return world.Slots.Close(op.Slot);
            case Call.Dup:
                return world.Slots.Dup(op.Slot, op.Slot2);
            case Call.SetFlags:
                return Libc.FCntl(file, F_SETFL, op.Flags);
            case Call.Read:
                // Where a folder's listing stands means something to its file system alone.
                return bytes.Read(world.Slots.IsFolder(op.Slot) ? Libc.PRead(file, bytes.First(op.Length), 0) : Libc.Read(file, bytes.First(op.Length)), details);
            case Call.ReadV:
                return bytes.Read(Libc.ReadV(file, bytes.First(op.Length), world.Slots.IsFolder(op.Slot) ? 0 : op.Offset < 0 ? null : op.Offset), details);
            case Call.PRead:
                return bytes.Read(Libc.PRead(file, bytes.First(op.Length), op.Offset), details);
            case Call.Write:
                world.AskSize(file);
                return Libc.Write(file, bytes.Filled(op));
            case Call.WriteV:
                world.AskSize(file);
                return Libc.WriteV(file, bytes.Filled(op), op.Offset < 0 ? null : op.Offset, op.Flags);
            case Call.PWrite:
                return Libc.PWrite(file, bytes.Filled(op), op.Offset);
            case Call.Seek:
                if (world.Slots.IsFolder(op.Slot)) return 0;
                return (Whence)op.Flags is Whence.SEEK_DATA or Whence.SEEK_HOLE ? SeekData(world, file, op) : Libc.Seek(file, op.Offset, (Whence)op.Flags);
            case Call.FTruncate:
                return Libc.FTruncate(file, op.Length);
            case Call.Truncate:
                return Libc.Truncate(op.Path, op.Length);
            case Call.Allocate:
                return Libc.FAllocate(file, (AllocateFlags)op.Flags, op.Offset, op.Length);
            case Call.CopyRange:
                return CopyRange(world, op, details);
            case Call.SendFile:
                world.AskSize(file);
                return world.Slots.IsFolder(op.Slot) ? 0 : Libc.SendFile(world.Slots[op.Slot2], file, op.Length);
            case Call.Advise:
                return Libc.FAdvise(file, op.Offset, op.Length, op.Flags);
            case Call.FSync:
                return Libc.FSync(file);
            case Call.FDataSync:
                return Libc.FDataSync(file);
            case Call.FChMod:
                return Libc.FChMod(file, op.Mode);
            case Call.FChOwn:
                return Libc.FChOwn(file, op.Uid, op.Gid);
            case Call.FUTime:
                return Given(op, Libc.FUTimeNs(file, op.Accessed, op.Modified), file, "", AtFlags.AT_EMPTY_PATH, details);
            case Call.FSetXattr:
                return Xattrs.Set(file, op.Name, Value(bytes, op), op.Flags);
            case Call.FGetXattr:
                return bytes.Read(Xattrs.Get(file, op.Name, bytes.First(op.Length)), details, op.Length > 0);
            case Call.FListXattr:
                return bytes.Names(Xattrs.List(file, bytes.First(op.Length)), op.Length > 0, details);
            case Call.FRemoveXattr:
                return Xattrs.Remove(file, op.Name);
            case Call.FStat:
                // What it shows is in the observation.
                return Libc.StatxAt(file, "", AtFlags.AT_EMPTY_PATH, out _, world.StatMask);
            case Call.ListOpen:
                var start = world.Slots.IsFolder(op.Slot) ? Libc.Seek(file, 0, Whence.SEEK_SET) : 0;
                return start < 0 ? start : Listings.All(file, details);
            case Call.ListBegin:
                return world.Listings.Begin(file);
            case Call.ListRest:
                return world.Listings.Rest(details);
            case Call.Map:
                return world.Mappings.Map(op);
            case Call.MapRead:
                return world.Mappings.Read(op, details);
            case Call.MapWrite:
                return world.Mappings.Write(op);
            case Call.MapSync:
                return world.Mappings.Sync(op);
            case Call.Unmap:
                return world.Mappings.Unmap(op.Slot2);
            case Call.FLock:
                return Libc.FLock(file, op.Flags);
            case Call.Lock or Call.GetLock:
                world.AskSize(file);

                // The size of a folder is its file system's own.
                return Lock(file, world.Slots.IsFolder(op.Slot) ? op with { Uid = 0 } : op, details);
            default:
                return Named(world, op, details);
        }
    }

    private static long Named(World world, Operation op, StringBuilder details)
    {
        var bytes = world.Bytes;
        switch (op.Call)
        {
            case Call.Link:
                return Libc.LinkAt(Libc.AT_FDCWD, op.Path, Libc.AT_FDCWD, op.Path2, (AtFlags)op.Flags);
            case Call.LinkOpen:
                var file = world.Slots[op.Slot];
                return op.Flags == (int)AtFlags.AT_EMPTY_PATH
                    ? Libc.LinkAt(file, "", Libc.AT_FDCWD, op.Path, AtFlags.AT_EMPTY_PATH)
                    : Libc.LinkAt(Libc.AT_FDCWD, Link(file), Libc.AT_FDCWD, op.Path, AtFlags.AT_SYMLINK_FOLLOW);
            case Call.Symlink:
                return Libc.SymlinkAt(op.Path2, Libc.AT_FDCWD, op.Path);
            case Call.ReadLink:
                return bytes.Read(Libc.ReadLinkAt(Libc.AT_FDCWD, op.Path, bytes.First(op.Length)), details);
            case Call.Unlink:
                return Libc.UnlinkAt(Libc.AT_FDCWD, op.Path);
            case Call.RmDir:
                return Libc.UnlinkAt(Libc.AT_FDCWD, op.Path, AtFlags.AT_REMOVEDIR);
            case Call.MkDir:
                return Libc.MkDirAt(Libc.AT_FDCWD, op.Path, op.Mode);
            case Call.MkDeep:
                return MkDeep(op, details);
            case Call.MkNod:
                return Libc.MkNodAt(Libc.AT_FDCWD, op.Path, op.Mode, (uint)op.Flags);
            case Call.Rename:
                return Libc.RenameAt2(Libc.AT_FDCWD, op.Path, Libc.AT_FDCWD, op.Path2, (RenameFlags)op.Flags);
            case Call.ChMod:
                return op.Flags == 0 ? Libc.FChModAt(Libc.AT_FDCWD, op.Path, op.Mode) : Libc.FChModAt2(Libc.AT_FDCWD, op.Path, op.Mode, (AtFlags)op.Flags);
            case Call.ChOwn:
                return Libc.FChOwnAt(Libc.AT_FDCWD, op.Path, op.Uid, op.Gid, (AtFlags)op.Flags);
            case Call.UTime:
                var changed = Libc.UTimeNsAt(Libc.AT_FDCWD, op.Path, op.Accessed, op.Modified, (AtFlags)op.Flags);
                return Given(op, changed, Libc.AT_FDCWD, op.Path, (AtFlags)op.Flags, details);
            case Call.SetXattr:
                return Xattrs.Set(op.Path, op.Name, Value(bytes, op), op.Flags, follow: op.Slot2 == 0);
            case Call.GetXattr:
                return bytes.Read(Xattrs.Get(op.Path, op.Name, bytes.First(op.Length), follow: op.Slot2 == 0), details, op.Length > 0);
            case Call.ListXattr:
                return bytes.Names(Xattrs.List(op.Path, bytes.First(op.Length), follow: op.Slot2 == 0), op.Length > 0, details);
            case Call.RemoveXattr:
                return Xattrs.Remove(op.Path, op.Name, follow: op.Slot2 == 0);
            case Call.Stat:
                var looked = Libc.StatxAt(Libc.AT_FDCWD, op.Path, (AtFlags)op.Flags, out var found, world.StatMask);
                if (looked == 0) Observation.Describe(found, details, world.HasTimes(found));
                return looked;
            case Call.Access:
                return Libc.AccessAt(Libc.AT_FDCWD, op.Path, (int)op.Mode, (AtFlags)op.Flags);
            case Call.List:
                var folder = Libc.OpenAt(Libc.AT_FDCWD, op.Path, OpenFlags.O_DIRECTORY | OpenFlags.O_CLOEXEC);
                if (folder < 0) return folder;
                var result = Listings.All((int)folder, details);
                _ = Libc.Close((int)folder);
                return result;
            default:
                throw new InvalidOperationException($"{op.Call} is not performed here");
        }
    }

    private static CString Link(int file) => string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{file}");

    private static ReadOnlySpan<byte> Value(Bytes bytes, Operation op) =>
        op.Name == Acls.Access || op.Name == Acls.Default ? Acls.Of(op.Fill) : bytes.Filled(op);

    // An access time that was just given; later ones depend on who read what from where. A symlink's own may lead to it: that is a read.
    private static long Given(Operation op, long result, int folder, CString path, AtFlags flags, StringBuilder details)
    {
        if (result == 0 && op.Accessed != Timespec.Now && op.Accessed != Timespec.Omit
            && Libc.StatxAt(folder, path, flags, out var found, Observation.Mask) == 0 && found.Type != Mode.IFLNK)
        {
            details.Append(CultureInfo.InvariantCulture, $"atime {found.Accessed.Seconds}.{found.Accessed.Nanoseconds} ");
        }

        return result;
    }

    // How finely holes are told apart is the file system's own; that what is called a hole is zeros is not. The offset is the same behind it.
    private static long SeekData(World world, int file, Operation op)
    {
        var found = Libc.Seek(file, op.Offset, (Whence)op.Flags);
        if (found == -(long)Errno.EBADF) return found;
        if (!world.Stat(file, out var attributes) || attributes.Type != Mode.IFREG) return found;
        var size = (long)attributes.Size;
        if (op.Offset < 0 || op.Offset >= size) return found;
        _ = Libc.Seek(file, op.Offset, Whence.SEEK_SET);
        if (Libc.PRead(file, new byte[1], 0) < 0) return 0;
        if ((Whence)op.Flags == Whence.SEEK_HOLE)
        {
            return found >= op.Offset && found <= size && (found == size || IsZero(world.Bytes, file, found, found + 1)) ? 0 : WrongHole;
        }

        if (found == -(long)Errno.ENXIO) found = size;
        return found >= op.Offset && found <= size && IsZero(world.Bytes, file, op.Offset, found) ? 0 : WrongHole;
    }

    // The first MiB of it.
    private static bool IsZero(Bytes bytes, int file, long from, long to)
    {
        var count = Libc.PRead(file, bytes.First(to - from), from);
        return count >= 0 && bytes.First(count).IndexOfAnyExcept((byte)0) < 0;
    }

    // Again for the rest, as programs do: flexFS copies up to where one of its blocks ends. Not for what the file grew by meanwhile.
    private static long CopyRange(World world, Operation op, StringBuilder details)
    {
        var (file, target) = (world.Slots[op.Slot], world.Slots[op.Slot2]);
        var (from, to, moves) = (op.Offset, op.Offset2, op.Offset < 0);
        var end = world.SizeOf(file) - (moves ? Libc.Seek(file, 0, Whence.SEEK_CUR) : from);
        long copied = 0;
        while (true)
        {
            world.AskSize(file);
            var result = moves
                ? Libc.CopyFileRange(file, target, op.Length - copied)
                : Libc.CopyFileRange(file, ref from, target, ref to, op.Length - copied);
            if (result > 0) copied += result;
            if (result > 0 && copied < Math.Min(op.Length, end)) continue;
            if (!moves) details.Append(CultureInfo.InvariantCulture, $"then {from}, {to} ");
            return copied > 0 ? copied : result;
        }
    }

    // Which process has a lock, and which of several is named, is not compared.
    private static long Lock(int file, Operation op, StringBuilder details)
    {
        FLock argument = new() { Type = (short)op.Mode, Whence = (short)op.Uid, Start = op.Offset, Length = op.Length };
        var result = Libc.FCntl(file, op.Flags, ref argument);
        if (result == 0 && op.Call == Call.GetLock) details.Append(argument.Type == FLock.F_UNLCK ? "free " : "taken ");
        return result;
    }

    // One in another, by steps; then whether the whole path can be said at once.
    private static long MkDeep(Operation op, StringBuilder details)
    {
        CString name = new string('d', (int)op.Mode);
        var at = (int)Libc.OpenAt(Libc.AT_FDCWD, op.Path, OpenFlags.O_DIRECTORY | OpenFlags.O_CLOEXEC);
        if (at < 0) return at;
        var whole = op.Path;
        long made = 0;
        for (; made < op.Length; made++)
        {
            var result = Libc.MkDirAt(at, name, 0x1FF);
            var next = Libc.OpenAt(at, name, OpenFlags.O_DIRECTORY | OpenFlags.O_CLOEXEC);
            _ = Libc.Close(at);
            if (result < 0) details.Append(Outcome.Text(result)).Append(' ');
            if (next < 0) return next;
            at = (int)next;
            whole += "/";
            whole += name;
        }

        _ = Libc.Close(at);
        details.Append(Outcome.Text(Libc.StatxAt(Libc.AT_FDCWD, whole, AtFlags.None, out _))).Append(' ');
        return made;
    }
}
