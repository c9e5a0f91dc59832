using FlexFs.Client.Inodes;
using FlexFs.Client.Leases;
using FlexFs.Client.Locks;
using FlexFs.Client.Session;
using FlexFs.Core;

namespace FlexFs.Client;

/// <summary>What is there before the server has said which volume it is.</summary>
internal sealed class Joined
{
    public Joined(FileSystemOptions options, FileSystemParts parts)
    {
        Cache = new InodeCache(options.IdleInodesMax);
        Session = new MetadataSession(
            options, parts.Time, parts.Log, () => Open!.All(), OnLost, OnWrittenElsewhere);
        Leases = new ClientLeases(Session, Cache, parts.Time, parts.Log);
        Locks = new FileLocks(Session, parts.Log);
        Session.Claims(Locks);
        Ids = new ObjectIds(Session);
        Closes = new CloseQueue(Session);
        Open = new OpenInodes(Cache, Closes);
        Fence = new Fence(Cache, Open, Ids, parts.Rescue, parts.Log);
    }

    public ClientLeases Leases { get; }

    public InodeCache Cache { get; }

    public MetadataSession Session { get; }

    public FileLocks Locks { get; }

    public ObjectIds Ids { get; }

    public CloseQueue Closes { get; }

    public OpenInodes Open { get; }

    public Fence Fence { get; }

    // The server ended the session.
    private void OnLost(SessionId lost)
    {
        Locks.LostAll();
        Leases.DropAll();
        Fence.Raise(lost, Session.Now);
    }

    // The file is open here, so it is in memory.
    private void OnWrittenElsewhere(InodeId id)
    {
        if (Cache.Find(id) is not { } inode) return;
        lock (inode.Gate) inode.PagedAs++;
    }
}
