using FlexFs.Core;

namespace FlexFs.Client.Inodes;

/// <summary>
/// The inodes that this client knows something of: those in use, and as many of the last used as its bound allows.
/// </summary>
/// <remarks>
/// Its lock guards the table, the order of use and the pins; it is taken after no other lock, and no inode's lock is
/// taken under it.
/// </remarks>
internal sealed class InodeCache(int idleMax)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<InodeId, CachedInode> _inodes = [];
    private readonly LinkedList<CachedInode> _idle = new();
    private readonly Dictionary<InodeId, LinkedListNode<CachedInode>> _idleNodes = [];

    /// <summary>An inode is about to be in memory no more. Called under the lock, so that whoever asks finds it here or there. Set once.</summary>
    public Action<InodeId> OnEvicting { get; set; } = static _ => { };

    /// <summary>An inode is not in memory any more. Set once.</summary>
    public Action<CachedInode> OnEvicted { get; set; } = static _ => { };

    /// <summary>Inodes in memory.</summary>
    public int Count
    {
        get
        {
            lock (_gate) return _inodes.Count;
        }
    }

    /// <summary>The inode, which stays in memory until <see cref="Unpin"/>.</summary>
    public CachedInode Pin(InodeId id)
    {
        lock (_gate)
        {
            if (!_inodes.TryGetValue(id, out var inode))
            {
                inode = new CachedInode(id);
                _inodes.Add(id, inode);
            }
            else if (inode.Pins == 0 && _idleNodes.Remove(id, out var node))
            {
                _idle.Remove(node);
            }

            inode.Pins++;
            return inode;
        }
    }

    /// <summary>Ends one <see cref="Pin"/>.</summary>
    public void Unpin(CachedInode inode)
    {
        CachedInode? evicted = null;
        lock (_gate)
        {
            Check.That(inode.Pins > 0);
            if (--inode.Pins > 0) return;
            _idleNodes.Add(inode.Id, _idle.AddLast(inode));
            if (_idle.Count > idleMax)
            {
                evicted = _idle.First!.Value;
                _idle.RemoveFirst();
                _idleNodes.Remove(evicted.Id);
                OnEvicting(evicted.Id);
                _inodes.Remove(evicted.Id);
            }
        }

        if (evicted is not null) OnEvicted(evicted);
    }

    /// <summary>What is known of an inode, or nothing.</summary>
    public CachedInode? Find(InodeId id)
    {
        lock (_gate) return _inodes.GetValueOrDefault(id);
    }

    /// <summary>All inodes in memory, in order of id.</summary>
    public CachedInode[] All()
    {
        lock (_gate)
        {
            var all = _inodes.Values.ToArray();
            Array.Sort(all, static (a, b) => a.Id.CompareTo(b.Id));
            return all;
        }
    }
}
