using System.Collections.Concurrent;
using FlexFs.Client.Inodes;
using FlexFs.Client.Reading;

namespace FlexFs.Client.Handles;

/// <summary>An open file.</summary>
/// <remarks>Fields that change are under the lock of its inode.</remarks>
internal sealed class OpenHandle(CachedInode inode, OpenFlags flags, bool isShared, Readahead readahead)
{
    /// <summary>The file.</summary>
    public CachedInode Inode { get; } = inode;

    /// <summary>Whether it may be written.</summary>
    public bool IsWritable { get; } = (flags & OpenFlags.AccessMask) != OpenFlags.ReadOnly;

    /// <summary>Whether the kernel keeps no pages of what is read and written through it (<see cref="OpenResult.IsShared"/>).</summary>
    public bool IsShared { get; } = isShared;

    /// <summary>Whether reading it moves its access time.</summary>
    public bool NotesAccess { get; } = (flags & OpenFlags.NoAccessTime) == 0;

    /// <summary>How it is read.</summary>
    public Readahead Readahead { get; } = readahead;

    /// <summary>Errors of the inode that were reported through it.</summary>
    public ulong ErrorsSeen;

    /// <summary><see cref="CachedInode.PagedAs"/> when it was opened.</summary>
    public int PagedAs;

    /// <summary>Whether something was written through it since its last flush.</summary>
    public bool HasWritten { get; set; }
}

/// <summary>The open files by their number.</summary>
internal sealed class HandleTable
{
    private readonly ConcurrentDictionary<ulong, OpenHandle> _handles = new();
    private ulong _last;

    /// <summary>Open handles.</summary>
    public int Count => _handles.Count;

    /// <summary>Gives a handle its number.</summary>
    public ulong Add(OpenHandle handle)
    {
        var number = Interlocked.Increment(ref _last);
        _handles[number] = handle;
        return number;
    }

    /// <summary>The handle of a number.</summary>
    public bool TryGet(ulong number, out OpenHandle handle) => _handles.TryGetValue(number, out handle!);

    /// <summary>Forgets a handle.</summary>
    public bool TryRemove(ulong number, out OpenHandle handle) => _handles.TryRemove(number, out handle!);
}
