using FlexFs.Differential.Operations;
using FlexFs.Harness.Native;

namespace FlexFs.Differential.Worlds;

/// <summary>The open files of one side.</summary>
internal sealed class Slots
{
    private static readonly Entry Free = new(-1, 0, IsFolder: false);
    private readonly Entry[] _files = new Entry[Operation.Slots];

    internal Slots() => Array.Fill(_files, Free);

    internal int this[int slot] => _files[slot].File;

    /// <summary>Keeps what an open answered; what was in the slot is closed. The number of a file is not compared, only that there is one.</summary>
    internal long Keep(int slot, long file, int mount)
    {
        if (file < 0) return file;
        var isFolder = Libc.StatxAt((int)file, "", AtFlags.AT_EMPTY_PATH, out var found, Observation.Mask) == 0 && found.Type == Mode.IFDIR;
        return Keep(slot, new Entry((int)file, mount, isFolder));
    }

    /// <summary>dup(2).</summary>
    internal long Dup(int from, int to)
    {
        var file = Libc.Dup(this[from]);
        return file < 0 ? file : Keep(to, _files[from] with { File = (int)file });
    }

    /// <summary>Whether it was a folder when it was opened.</summary>
    internal bool IsFolder(int slot) => _files[slot].IsFolder;

    internal int MountOf(int slot) => _files[slot].Mount;

    internal long Close(int slot)
    {
        var file = this[slot];
        _files[slot] = Free;
        return Libc.Close(file);
    }

    internal void CloseAll()
    {
        for (var slot = 0; slot < _files.Length; slot++)
        {
            if (this[slot] >= 0) _ = Close(slot);
        }
    }

    private int Keep(int slot, Entry entry)
    {
        if (this[slot] >= 0) _ = Libc.Close(this[slot]);
        _files[slot] = entry;
        return 0;
    }

    private readonly record struct Entry(int File, int Mount, bool IsFolder);
}
