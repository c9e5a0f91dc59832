using System.Text;
using FlexFs.Differential.Operations;
using FlexFs.Harness.Native;

namespace FlexFs.Differential.Worlds;

/// <summary>The mappings of one side.</summary>
/// <param name="world">Whose they are.</param>
internal sealed class Mappings(World world) : IDisposable
{
    private readonly Mapping[] _maps = new Mapping[Operation.Maps];
    private readonly HashSet<(ulong, Timestamp)> _stored = [];
    private readonly int[] _pipe = Pipe();

    /// <summary>What was ever stored to through a shared mapping: when that shows in its times is left open (XSH mmap).</summary>
    internal IReadOnlySet<(ulong Inode, Timestamp Born)> Stored => _stored;

    internal Protection? this[int map] => _maps[map].Address == 0 ? null : _maps[map].Protection;

    internal long Map(Operation op)
    {
        var file = world.Slots[op.Slot];
        var address = Libc.MMap(op.Length, (Protection)op.Mode, (MapFlags)op.Flags, file, op.Offset);
        if (address < 0) return address;
        Unmap(op.Slot2);
        _ = world.Stat(file, out var found);
        var inode = op.Flags == (int)MapFlags.MAP_SHARED ? found.Inode : 0;
        _maps[op.Slot2] = new Mapping((nint)address, op.Length, inode, found.Born, (int)Libc.Dup(file), op.Offset, (Protection)op.Mode);
        return 0;
    }

    internal long Unmap(int map)
    {
        var mapping = _maps[map];
        _maps[map] = default;
        if (mapping.Address == 0) return -1;
        _ = Libc.Close(mapping.File);
        return Libc.MUnmap(mapping.Address, mapping.Length);
    }

    internal void UnmapAll()
    {
        for (var map = 0; map < _maps.Length; map++) Unmap(map);
    }

    internal long Sync(Operation op) =>
        _maps[op.Slot2] is { Address: not 0 } mapping ? Libc.MSync(mapping.Address, mapping.Length, op.Flags) : -1;

    /// <summary>Through a pipe: the kernel touches the pages, and says EFAULT where a program would get SIGBUS or SIGSEGV.</summary>
    internal long Read(Operation op, StringBuilder details)
    {
        if (Part(op) is not ({ } at, var length)) return -1;
        var count = Libc.Write(_pipe[1], at, length);
        return count <= 0 ? count : world.Bytes.Read(Libc.Read(_pipe[0], world.Bytes.First(count)), details);
    }

    internal long Write(Operation op)
    {
        if (Part(op) is not ({ } at, var length)) return -1;

        // Only within the file: what becomes of bytes behind its end is in the list of known differences.
        var mapping = _maps[op.Slot2];
        if (mapping.Inode != 0) length = Math.Min(length, world.SizeOf(mapping.File) - mapping.Offset - op.Offset);
        if (length <= 0) return -1;
        if (mapping.Inode != 0) _stored.Add((mapping.Inode, mapping.Born));
        if (Libc.Write(_pipe[1], world.Bytes.Filled(op with { Length = length })) != length) throw new InvalidOperationException("the pipe is full");
        var count = Libc.Read(_pipe[0], at, length);
        while (Libc.Read(_pipe[0], world.Bytes.All) > 0)
        {
            // What could not be stored is taken out of the pipe.
        }

        // What another mount is promised to see.
        if (world.IsShared && mapping.Inode != 0) _ = Libc.MSync(mapping.Address, mapping.Length, 4);
        return count;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        UnmapAll();
        foreach (var end in _pipe) _ = Libc.Close(end);
    }

    private static int[] Pipe()
    {
        var ends = new int[2];
        World.Must(Libc.Pipe(ends), "pipe");
        foreach (var end in ends) World.Must(Libc.FCntl(end, 4, (long)OpenFlags.O_NONBLOCK), "F_SETFL");
        return ends;
    }

    private (nint? At, long Length) Part(Operation op)
    {
        var mapping = _maps[op.Slot2];
        if (mapping.Address != 0) world.AskSize(mapping.File);
        var length = Math.Min(op.Length, mapping.Length - op.Offset);
        return mapping.Address == 0 || length <= 0 ? (null, 0) : (mapping.Address + (nint)op.Offset, length);
    }

    // Inode: 0 of a private one. File: for its size.
    private readonly record struct Mapping(nint Address, long Length, ulong Inode, Timestamp Born, int File, long Offset, Protection Protection);
}
