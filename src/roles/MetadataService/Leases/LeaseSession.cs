using FlexFs.Core;

namespace FlexFs.MetadataService.Leases;

/// <summary>The leases of one session, and what is being recalled from it.</summary>
internal sealed class LeaseSession(SessionId id)
{
    private readonly SortedDictionary<ulong, Recall> _open = [];
    private readonly Dictionary<InodeId, List<Recall>> _openOf = [];

    /// <summary>The session.</summary>
    public SessionId Id { get; } = id;

    /// <summary>Inodes of which it holds a lease.</summary>
    public HashSet<InodeId> Inodes { get; } = [];

    /// <summary>What it has not acknowledged, in order.</summary>
    public IReadOnlyCollection<Recall> Open => _open.Values;

    /// <summary>Whether something of an inode is being recalled from it.</summary>
    public bool IsRecalled(InodeId inode) => _openOf.ContainsKey(inode);

    /// <summary>What of an inode is being recalled from it.</summary>
    public IReadOnlyList<Recall> OpenOf(InodeId inode) => _openOf.TryGetValue(inode, out var recalls) ? recalls : [];

    /// <summary>A recall by its id; null when it is not open.</summary>
    public Recall? Find(ulong recall) => _open.GetValueOrDefault(recall);

    /// <summary>A recall begins.</summary>
    public void Begin(Recall recall)
    {
        _open.Add(recall.Id, recall);
        if (!_openOf.TryGetValue(recall.Inode, out var recalls)) _openOf.Add(recall.Inode, recalls = new List<Recall>(1));
        recalls.Add(recall);
    }

    /// <summary>It was carried out.</summary>
    public void End(Recall recall)
    {
        _open.Remove(recall.Id);
        var recalls = _openOf[recall.Inode];
        recalls.Remove(recall);
        if (recalls.Count == 0) _openOf.Remove(recall.Inode);
    }
}
