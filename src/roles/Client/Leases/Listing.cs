using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Client.Leases;

/// <summary>What a directory lists, from its first entry on as far as it was asked for.</summary>
/// <remarks>
/// Under the lock of the directory; thrown away with the first name in it that changes, and when it grows too long.
/// Some 100 bytes an entry; attributes are those of the inodes, each under its own lease.
/// </remarks>
internal sealed class Listing
{
    private const int EntriesMax = 16384;
    private readonly List<Entry> _entries = [];
    private InodeId _parent;
    private bool _isComplete;

    /// <summary>Adds a page.</summary>
    /// <param name="afterCookie">Behind which the page was asked for.</param>
    /// <param name="page">The answer.</param>
    /// <returns>False when this is of no use any more.</returns>
    public bool TryAdd(ulong afterCookie, in ReadDirectoryReply page)
    {
        // A page that is there already, or one behind a gap.
        if (_isComplete || afterCookie != (_entries.Count == 0 ? 0 : _entries[^1].Cookie)) return true;
        if (_entries.Count + page.Entries.Length > EntriesMax) return false;
        foreach (var entry in page.Entries) _entries.Add(new Entry(entry.Cookie, entry.Inode, entry.Type, entry.Name.ToArray()));
        _parent = page.Parent;
        _isComplete = page.IsEnd;
        return true;
    }

    /// <summary>The entries behind a cookie, if they are known.</summary>
    public bool TryRead(ulong afterCookie, int entriesMax, out ReadDirectoryReply page)
    {
        page = default;
        var from = IndexAfter(afterCookie);
        if (from == _entries.Count && !_isComplete) return false;
        var count = Math.Min(entriesMax, _entries.Count - from);
        page = new ReadDirectoryReply
        {
            Entries = [.. _entries.GetRange(from, count).Select(static entry => entry.Shown)],
            IsEnd = _isComplete && from + count == _entries.Count,
            Parent = _parent,
            Lease = LeaseKind.Read,
        };
        return true;
    }

    private int IndexAfter(ulong cookie)
    {
        var (low, high) = (0, _entries.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_entries[middle].Cookie <= cookie) low = middle + 1;
            else high = middle;
        }

        return low;
    }

    private readonly record struct Entry(ulong Cookie, InodeId Inode, FileType Type, byte[] Name)
    {
        public DirectoryEntry Shown => new() { Cookie = Cookie, Inode = Inode, Type = Type, Name = Name };
    }
}
