using System.Collections.Immutable;
using FlexFs.Client.Session;
using FlexFs.Client.Writing;
using FlexFs.Core;

namespace FlexFs.Client.Inodes;

/// <summary>What the server counts as open for this session.</summary>
internal readonly record struct OpenInode(InodeId Id, bool IsForWriting);

/// <summary>
/// Which inodes the server counts as open for this session: those with a handle, and those with bytes that are not
/// committed.
/// </summary>
/// <remarks>
/// Its lock guards the list of dirty inodes; it may be taken under an inode's lock, and takes no other but the cache's.
/// </remarks>
internal sealed class OpenInodes(InodeCache cache, CloseQueue closes)
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<InodeId, InodeWriter> _dirty = [];

    /// <summary>Something became dirty, or waits to be closed. Set once.</summary>
    public Action OnWork { get; set; } = static () => { };

    /// <summary>
    /// Reserves a handle before the server is asked, so that no close of another handle can get between.
    /// </summary>
    public CachedInode BeginOpen(InodeId id, bool isForWriting)
    {
        var inode = cache.Pin(id);
        lock (inode.Gate)
        {
            inode.Handles++;
            inode.IsOpenForWriting |= isForWriting;
        }

        return inode;
    }

    /// <summary>
    /// A handle ended, or the server refused it. With the last one the server is told, which does no harm if it knows
    /// of none.
    /// </summary>
    public void EndOpen(CachedInode inode)
    {
        bool isLast;
        lock (inode.Gate)
        {
            Check.That(inode.Handles > 0);
            inode.Handles--;
            inode.IsOpenForWriting &= inode.Handles > 0;
            isLast = inode.Handles == 0 && inode.Writer is not { HasAnything: true };
            if (isLast) closes.Add(inode.Id);
        }

        cache.Unpin(inode);
        if (isLast) OnWork();
    }

    /// <summary>Whether a handle of it is open here.</summary>
    public bool IsOpen(InodeId id)
    {
        if (cache.Find(id) is not { } inode) return false;
        lock (inode.Gate) return inode.Handles > 0;
    }

    /// <summary>Keeps an inode in memory without opening it.</summary>
    public CachedInode Pin(InodeId id) => cache.Pin(id);

    /// <summary>Ends one <see cref="Pin"/>.</summary>
    public void Unpin(CachedInode inode) => cache.Unpin(inode);

    /// <summary>Under the inode's lock: bytes or attributes wait to be committed.</summary>
    public void BecameDirty(InodeWriter writer)
    {
        if (writer.IsQueued) return;
        writer.IsQueued = true;
        cache.Pin(writer.Inode.Id);
        lock (_gate) _dirty.Add(writer.Inode.Id, writer);
        OnWork();
    }

    /// <summary>
    /// After a commit: if nothing waits any more, the inode is clean, and closed if no handle is left.
    /// </summary>
    public void Settle(InodeWriter writer)
    {
        var inode = writer.Inode;
        lock (inode.Gate)
        {
            if (!writer.IsQueued || writer.HasAnything) return;
            writer.IsQueued = false;
            lock (_gate) _dirty.Remove(inode.Id);
            if (inode.Handles == 0) closes.Add(inode.Id);
        }

        cache.Unpin(inode);
        OnWork();
    }

    /// <summary>What a writer has will not be committed: its session ended.</summary>
    public void Abandon(InodeWriter writer)
    {
        var inode = writer.Inode;
        lock (inode.Gate)
        {
            if (!writer.IsQueued) return;
            writer.IsQueued = false;
            lock (_gate) _dirty.Remove(inode.Id);
        }

        cache.Unpin(inode);
        OnWork();
    }

    /// <summary>Everything that is not committed, in order of inode.</summary>
    public InodeWriter[] Dirty()
    {
        lock (_gate) return [.. _dirty.Values];
    }

    /// <summary>Whether nothing waits for the background.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_gate)
            {
                if (_dirty.Count > 0) return false;
            }

            return closes.Count == 0;
        }
    }

    /// <summary>What the server is told after it restarted, in order of inode.</summary>
    public ImmutableArray<OpenInode> All()
    {
        var open = new SortedDictionary<InodeId, bool>();
        foreach (var inode in cache.All())
        {
            lock (inode.Gate)
            {
                if (inode.Handles > 0 || inode.Writer is { HasAnything: true }) open[inode.Id] = inode.IsOpenForWriting;
            }
        }

        foreach (var inode in closes.StillOpen()) open.TryAdd(inode, false);
        return [.. open.Select(of => new OpenInode(of.Key, of.Value))];
    }
}
