using FlexFs.Client.Inodes;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Client.Leases;

/// <summary>A change by this client that is under way.</summary>
internal sealed class OwnChange(ClientLeases leases, CachedInode inode, byte[] name, InodeId child, long since) : IDisposable
{
    /// <summary>What is changed.</summary>
    public CachedInode Inode => inode;

    /// <summary>The name of it that is changed; empty for none.</summary>
    public byte[] Name => name;

    /// <summary>The inode that had the name, if that was known.</summary>
    public InodeId Child => child;

    /// <summary>When it began.</summary>
    public long Since => since;

    /// <summary>Whether an inode loses the name of which this client does not know which it is.</summary>
    public bool IsBlind { get; init; }

    /// <summary>What the name is now, by the answer; the inode none when it is gone.</summary>
    public InodeId? Made { get; private set; }

    /// <summary>The attributes of the inode in the answer.</summary>
    public Attributes? Told { get; private set; }

    /// <summary>It was answered. Unless somebody else waits to change the same, it is known what the name is.</summary>
    public void Take(in MutationReply reply, InodeId made)
    {
        if (!reply.IsContested) Made = made;
    }

    /// <summary>The same of the inode's attributes.</summary>
    public void Take(in MutationReply reply, in Attributes told)
    {
        if (!reply.IsContested) Told = told;
    }

    /// <summary>It gives the inode a name: not even the holder of the write lease knows how many it has, until it is answered.</summary>
    public void AgeLinkCount()
    {
        lock (inode.Gate) inode.IsLinkCountOld = true;
    }

    public void Dispose() => leases.End(this);
}
