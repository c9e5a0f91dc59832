using FlexFs.Client.Inodes;
using FlexFs.Client.Session;

namespace FlexFs.Client;

/// <summary>What is there before the server has said which volume it is.</summary>
internal sealed class Joined
{
    public Joined(FileSystemOptions options, FileSystemParts parts)
    {
        Cache = new InodeCache(options.IdleInodesMax);
        Session = new MetadataSession(
            options, parts.Time, parts.Log, () => Open!.All(), lost => Fence!.Raise(lost, Session!.Now));
        Ids = new ObjectIds(Session);
        Closes = new CloseQueue(Session);
        Open = new OpenInodes(Cache, Closes);
        Fence = new Fence(Cache, Open, Ids, parts.Rescue, parts.Log);
    }

    public InodeCache Cache { get; }

    public MetadataSession Session { get; }

    public ObjectIds Ids { get; }

    public CloseQueue Closes { get; }

    public OpenInodes Open { get; }

    public Fence Fence { get; }
}
