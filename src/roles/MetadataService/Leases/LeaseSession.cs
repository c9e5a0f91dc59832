using FlexFs.Core;

namespace FlexFs.MetadataService.Leases;

/// <summary>The leases of one session, and what is being recalled from it.</summary>
internal sealed class LeaseSession(SessionId id)
{
    /// <summary>The session.</summary>
    public SessionId Id { get; } = id;

    /// <summary>Inodes of which it holds a lease.</summary>
    public HashSet<InodeId> Inodes { get; } = [];

    /// <summary>What it has not acknowledged, in order.</summary>
    public SortedDictionary<ulong, Recall> Open { get; } = [];

    /// <summary>Whether something of an inode is being recalled from it.</summary>
    public bool IsRecalled(InodeId inode)
    {
        foreach (var recall in Open.Values)
        {
            if (recall.Inode == inode) return true;
        }

        return false;
    }
}
