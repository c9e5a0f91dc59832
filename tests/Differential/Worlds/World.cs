using System.Globalization;
using System.IO.Hashing;
using System.Text;
using FlexFs.Differential.Operations;
using FlexFs.Harness.Native;

namespace FlexFs.Differential.Worlds;

/// <summary>One side of the comparison: a folder, through one mount or two, with its open files and mappings.</summary>
/// <remarks>
/// Belongs to a thread of <see cref="Identity.OnThread"/>: it changes that thread's user, umask and current folder. After every operation
/// the thread is root again.
/// </remarks>
internal sealed class World : ISituation, IDisposable
{
    private const long WrongHole = -100_000;
    private readonly int[] _roots;
    private readonly bool _closesAtTurns;
    private readonly int[] _files = new int[Operation.Slots];
    private readonly Mapping[] _maps = new Mapping[Operation.Maps];
    private readonly HashSet<(ulong, Timestamp)> _mapped = [];
    private readonly byte[] _buffer = new byte[1 << 20];
    private readonly int[] _pipe = new int[2];
    private int _mount;

    /// <param name="roots">The folder, as each mount shows it; one of them or two.</param>
    /// <param name="closesAtTurns">Whether all files are closed before the other mount has its turn.</param>
    /// <param name="reusesInodes">Whether the numbers of removed inodes come back.</param>
    internal World(IReadOnlyList<string> roots, bool closesAtTurns, bool reusesInodes)
    {
        StatMask = reusesInodes ? Observation.Mask | Observation.MaskBorn : Observation.Mask;
        _closesAtTurns = closesAtTurns;
        Array.Fill(_files, -1);
        _roots = [.. roots.Select(root => (int)Must(Libc.OpenAt(Libc.AT_FDCWD, root, OpenFlags.O_DIRECTORY | OpenFlags.O_CLOEXEC), root))];
        Must(Libc.Pipe(_pipe), "pipe");
        foreach (var end in _pipe) Must(Libc.FCntl(end, 4, (long)OpenFlags.O_NONBLOCK), "F_SETFL");
    }

    /// <inheritdoc/>
    public bool IsOpen(int slot) => _files[slot] >= 0;

    /// <inheritdoc/>
    public bool IsMapped(int map) => _maps[map].Address != 0;

    /// <inheritdoc/>
    public long SizeOf(int slot) => SizeOfFile(_files[slot]);

    /// <summary>Whether a path is there, for the generator.</summary>
    internal bool Exists(CString path)
    {
        Must(Libc.FChDir(_roots[Math.Min(_mount, _roots.Length - 1)]), "fchdir");
        return Libc.StatxAt(Libc.AT_FDCWD, path, AtFlags.AT_SYMLINK_NOFOLLOW, out _) == 0;
    }

    /// <summary>Performs one operation.</summary>
    internal Outcome Execute(Operation operation)
    {
        var mount = Math.Min(operation.Mount, _roots.Length - 1);
        if (operation.Mount != _mount && _closesAtTurns) CloseAll();
        _mount = operation.Mount;
        Must(Libc.FChDir(_roots[mount]), "fchdir");
        Observation observation = new(operation, this);
        if (operation.IsObserved) observation.Before();
        Users.All[operation.User].Become();
        _ = Libc.UMask(operation.UMask);
        StringBuilder details = new();
        var result = Perform(operation, details);
        _ = Libc.UMask(0);
        Identity.Root.Become();
        if (operation.IsObserved) observation.After(details);
        return new Outcome(result, details.ToString());
    }

    /// <summary>Closes and unmaps everything.</summary>
    internal void CloseAll()
    {
        for (var map = 0; map < _maps.Length; map++) Unmap(map);
        for (var slot = 0; slot < _files.Length; slot++)
        {
            if (_files[slot] >= 0) _ = Libc.Close(_files[slot]);
            _files[slot] = -1;
        }
    }

    /// <summary>Attributes of what is open.</summary>
    internal bool Stat(int slotFile, out Statx found)
    {
        found = default;
        return slotFile >= 0 && Libc.StatxAt(slotFile, "", AtFlags.AT_EMPTY_PATH, out found, StatMask) == 0;
    }

    internal int FileOf(int slot) => _files[slot];

    /// <summary>What was ever stored to through a mapping: when that shows in its times is left open (XSH mmap).</summary>
    internal IReadOnlySet<(ulong Inode, Timestamp Born)> Mapped => _mapped;

    /// <summary>What is asked of statx(2). ext4 gives inode numbers again: there an inode is known by its birth too.</summary>
    internal uint StatMask { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        CloseAll();
        foreach (var file in (int[])[.. _roots, .. _pipe]) _ = Libc.Close(file);
    }

    private static long Must(long result, string what) =>
        result >= 0 ? result : throw new InvalidOperationException($"{what}: {Outcome.Text(result)}");

    private long Perform(Operation op, StringBuilder details)
    {
        var file = _files[op.Slot];
        switch (op.Call)
        {
            case Call.Open:
                return Keep(op.Slot, Libc.OpenAt(Libc.AT_FDCWD, op.Path, (OpenFlags)op.Flags | OpenFlags.O_CLOEXEC, op.Mode));
            case Call.Close:
                _files[op.Slot] = -1;
                return Libc.Close(file);
            case Call.Dup:
                return Keep(op.Slot2, Libc.Dup(file));
            case Call.Read:
                // Where a folder's listing stands means something to its file system alone.
                return Data(
                    IsFolder(file) ? Libc.PRead(file, _buffer.AsSpan(0, (int)op.Length), 0) : Libc.Read(file, _buffer.AsSpan(0, (int)op.Length)),
                    details);
            case Call.PRead:
                return Data(Libc.PRead(file, _buffer.AsSpan(0, (int)op.Length), op.Offset), details);
            case Call.Write:
                return Libc.Write(file, Filled(op));
            case Call.PWrite:
                return Libc.PWrite(file, Filled(op), op.Offset);
            case Call.Seek:
                if (IsFolder(file)) return 0;
                return (Whence)op.Flags is Whence.SEEK_DATA or Whence.SEEK_HOLE
                    ? SeekData(file, op)
                    : Libc.Seek(file, op.Offset, (Whence)op.Flags);
            case Call.FTruncate:
                return Libc.FTruncate(file, op.Length);
            case Call.Truncate:
                return Libc.Truncate(op.Path, op.Length);
            case Call.Allocate:
                return Libc.FAllocate(file, (AllocateFlags)op.Flags, op.Offset, op.Length);
            case Call.CopyRange:
                return CopyRange(op, details);
            case Call.FSync:
                return Libc.FSync(file);
            case Call.FDataSync:
                return Libc.FDataSync(file);
            case Call.Link:
                return Libc.LinkAt(Libc.AT_FDCWD, op.Path, Libc.AT_FDCWD, op.Path2, (AtFlags)op.Flags);
            case Call.LinkOpen:
                return Libc.LinkAt(file, "", Libc.AT_FDCWD, op.Path, AtFlags.AT_EMPTY_PATH);
            case Call.Symlink:
                return Libc.SymlinkAt(op.Path2, Libc.AT_FDCWD, op.Path);
            case Call.ReadLink:
                return Data(Libc.ReadLinkAt(Libc.AT_FDCWD, op.Path, _buffer.AsSpan(0, (int)op.Length)), details);
            case Call.Unlink:
                return Libc.UnlinkAt(Libc.AT_FDCWD, op.Path);
            case Call.RmDir:
                return Libc.UnlinkAt(Libc.AT_FDCWD, op.Path, AtFlags.AT_REMOVEDIR);
            case Call.MkDir:
                return Libc.MkDirAt(Libc.AT_FDCWD, op.Path, op.Mode);
            case Call.MkNod:
                return Libc.MkNodAt(Libc.AT_FDCWD, op.Path, op.Mode, (uint)op.Flags);
            case Call.Rename:
                return Libc.RenameAt2(Libc.AT_FDCWD, op.Path, Libc.AT_FDCWD, op.Path2, (RenameFlags)op.Flags);
            case Call.ChMod:
                return Libc.FChModAt(Libc.AT_FDCWD, op.Path, op.Mode);
            case Call.FChMod:
                return Libc.FChMod(file, op.Mode);
            case Call.ChOwn:
                return Libc.FChOwnAt(Libc.AT_FDCWD, op.Path, op.Uid, op.Gid, (AtFlags)op.Flags);
            case Call.FChOwn:
                return Libc.FChOwn(file, op.Uid, op.Gid);
            case Call.UTime:
                return Libc.UTimeNsAt(Libc.AT_FDCWD, op.Path, op.Accessed, op.Modified, (AtFlags)op.Flags);
            case Call.FUTime:
                return Libc.FUTimeNs(file, op.Accessed, op.Modified);
            case Call.SetXattr:
                return Xattrs.Set(op.Path, op.Name, Filled(op), op.Flags, follow: op.Slot2 == 0);
            case Call.GetXattr:
                return Data(Xattrs.Get(op.Path, op.Name, _buffer.AsSpan(0, (int)op.Length), follow: op.Slot2 == 0), details, op.Length > 0);
            case Call.ListXattr:
                return Names(Xattrs.List(op.Path, _buffer.AsSpan(0, (int)op.Length), follow: op.Slot2 == 0), op.Length > 0, details);
            case Call.RemoveXattr:
                return Xattrs.Remove(op.Path, op.Name, follow: op.Slot2 == 0);
            case Call.Stat:
                var result = Libc.StatxAt(Libc.AT_FDCWD, op.Path, (AtFlags)op.Flags, out var found, StatMask);
                if (result == 0) Observation.Describe(found, details, hasTimes: !_mapped.Contains((found.Inode, found.Born)));
                return result;
            case Call.Access:
                return Libc.AccessAt(Libc.AT_FDCWD, op.Path, (int)op.Mode, (AtFlags)op.Flags);
            case Call.List:
                var folder = Libc.OpenAt(Libc.AT_FDCWD, op.Path, OpenFlags.O_DIRECTORY | OpenFlags.O_CLOEXEC);
                if (folder < 0) return folder;
                result = List((int)folder, details);
                _ = Libc.Close((int)folder);
                return result;
            case Call.ListOpen:
                result = IsFolder(file) ? Libc.Seek(file, 0, Whence.SEEK_SET) : 0;
                return result < 0 ? result : List(file, details);
            case Call.Map:
                return Map(op);
            case Call.MapRead:
                return MapRead(op, details);
            case Call.MapWrite:
                return MapWrite(op);
            case Call.MapSync:
                return IsMapped(op.Slot2) ? Libc.MSync(_maps[op.Slot2].Address, _maps[op.Slot2].Length, op.Flags) : -1;
            case Call.Unmap:
                return Unmap(op.Slot2);
            default:
                throw new InvalidOperationException($"{op.Call} is not performed here");
        }
    }

    private bool IsFolder(int file) => Stat(file, out var found) && found.Type == Mode.IFDIR;

    // How finely holes are told apart is the file system's own; that what is called a hole is zeros is not. The offset is the same behind it.
    private long SeekData(int file, Operation op)
    {
        var found = Libc.Seek(file, op.Offset, (Whence)op.Flags);
        if (!Stat(file, out var attributes) || attributes.Type != Mode.IFREG) return found;
        var size = (long)attributes.Size;
        if (op.Offset < 0 || op.Offset >= size) return found;
        _ = Libc.Seek(file, op.Offset, Whence.SEEK_SET);
        if (!CanRead(file)) return 0;
        if ((Whence)op.Flags == Whence.SEEK_HOLE)
        {
            return found >= op.Offset && found <= size && (found == size || IsZero(file, found, found + 1)) ? 0 : WrongHole;
        }

        if (found == -(long)Core.Errno.ENXIO) found = size;
        return found >= op.Offset && found <= size && IsZero(file, op.Offset, found) ? 0 : WrongHole;
    }

    private static bool CanRead(int file) => Libc.PRead(file, new byte[1], 0) >= 0;

    // The first MiB of it.
    private bool IsZero(int file, long from, long to)
    {
        var count = Libc.PRead(file, _buffer.AsSpan(0, (int)Math.Min(to - from, _buffer.Length)), from);
        return count >= 0 && _buffer.AsSpan(0, (int)count).IndexOfAnyExcept((byte)0) < 0;
    }

    private long CopyRange(Operation op, StringBuilder details)
    {
        if (op.Offset < 0) return Libc.CopyFileRange(_files[op.Slot], _files[op.Slot2], op.Length);
        var (from, to) = (op.Offset, op.Offset2);
        var result = Libc.CopyFileRange(_files[op.Slot], ref from, _files[op.Slot2], ref to, op.Length);
        details.Append(CultureInfo.InvariantCulture, $"then {from}, {to} ");
        return result;
    }

    // The number of a file is not compared, only that there is one.
    private long Keep(int slot, long file)
    {
        if (file < 0) return file;
        if (_files[slot] >= 0) _ = Libc.Close(_files[slot]);
        _files[slot] = (int)file;
        return 0;
    }

    private ReadOnlySpan<byte> Filled(Operation op)
    {
        var bytes = _buffer.AsSpan(0, (int)op.Length);
        var state = op.Fill | 1;
        foreach (ref var each in bytes)
        {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            each = (byte)state;
        }

        return bytes;
    }

    private long Data(long count, StringBuilder details, bool isFilled = true)
    {
        if (count > 0 && isFilled) Describe(_buffer.AsSpan(0, (int)count), details);
        return count;
    }

    internal static void Describe(ReadOnlySpan<byte> bytes, StringBuilder details)
    {
        details.Append(CultureInfo.InvariantCulture, $"[{XxHash64.HashToUInt64(bytes):x16} from {Convert.ToHexStringLower(bytes[..Math.Min(8, bytes.Length)])}] ");
    }

    // The order of names is nobody's promise.
    private long Names(long count, bool isFilled, StringBuilder details)
    {
        if (count <= 0 || !isFilled) return count;
        var names = Encoding.Latin1.GetString(_buffer, 0, (int)count).Split('\0', StringSplitOptions.RemoveEmptyEntries);
        Array.Sort(names, StringComparer.Ordinal);
        details.Append('[').AppendJoin(' ', names).Append("] ");
        return count;
    }

    private static long List(int folder, StringBuilder details)
    {
        List<DirectoryEntry> entries = [];
        var result = DirectoryEntries.ReadAll(folder, entries);
        if (result < 0) return result;
        details.Append('[')
            .AppendJoin(' ', entries.Select(entry => $"{entry.Name}:{entry.Type}").Order(StringComparer.Ordinal)).Append("] ");
        return entries.Count;
    }

    private long Map(Operation op)
    {
        var address = Libc.MMap(op.Length, (Protection)op.Mode, (MapFlags)op.Flags, _files[op.Slot], op.Offset);
        if (address < 0) return address;
        Unmap(op.Slot2);
        var isShared = op.Flags == (int)MapFlags.MAP_SHARED;
        _ = Stat(_files[op.Slot], out var found);
        _maps[op.Slot2] = new Mapping((nint)address, op.Length, isShared ? found.Inode : 0, found.Born, (int)Libc.Dup(_files[op.Slot]), op.Offset);
        return 0;
    }

    private long Unmap(int map)
    {
        var mapping = _maps[map];
        _maps[map] = default;
        if (mapping.Address == 0) return -1;
        _ = Libc.Close(mapping.File);
        return Libc.MUnmap(mapping.Address, mapping.Length);
    }

    // Through a pipe: the kernel touches the pages, and says EFAULT where a program would get SIGBUS or SIGSEGV.
    private long MapRead(Operation op, StringBuilder details)
    {
        if (Part(op) is not ({ } at, var length)) return -1;
        var count = Libc.Write(_pipe[1], at, length);
        return count <= 0 ? count : Data(Libc.Read(_pipe[0], _buffer.AsSpan(0, (int)count)), details);
    }

    private long MapWrite(Operation op)
    {
        if (Part(op) is not ({ } at, var length)) return -1;

        // Only within the file: what becomes of bytes behind its end is in the list of known differences.
        var mapping = _maps[op.Slot2];
        if (mapping.Inode != 0) length = Math.Min(length, SizeOfFile(mapping.File) - mapping.Offset - op.Offset);
        if (length <= 0) return -1;
        if (mapping.Inode != 0) _mapped.Add((mapping.Inode, mapping.Born));
        Must(Libc.Write(_pipe[1], Filled(op with { Length = length })), "pipe");
        var count = Libc.Read(_pipe[0], at, length);
        while (Libc.Read(_pipe[0], _buffer) > 0)
        {
            // What could not be stored is taken out of the pipe.
        }

        return count;
    }

    private (nint? At, long Length) Part(Operation op)
    {
        var mapping = _maps[op.Slot2];
        var length = Math.Min(op.Length, mapping.Length - op.Offset);
        return mapping.Address == 0 || length <= 0 ? (null, 0) : (mapping.Address + (nint)op.Offset, length);
    }

    private long SizeOfFile(int file) => Stat(file, out var found) ? (long)found.Size : 0;

    // Inode: 0 of a private one. File: for its size.
    private readonly record struct Mapping(nint Address, long Length, ulong Inode, Timestamp Born, int File, long Offset);
}
