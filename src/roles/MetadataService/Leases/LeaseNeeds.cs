using System.Collections.Immutable;
using FlexFs.Core;
using FlexFs.Metadata.Access;
using FlexFs.MetadataService.Pipeline;
using FlexFs.Protocol.Metadata;

namespace FlexFs.MetadataService.Leases;

/// <summary>What a holder must have done before a request may run.</summary>
/// <param name="Inode">Of what.</param>
/// <param name="Session">The holder.</param>
/// <param name="Keep">The lease that it may keep.</param>
/// <param name="Parts">What it must drop at any rate.</param>
/// <param name="Names">The names that change; none for all, if names do.</param>
internal readonly record struct LeaseNeed(
    InodeId Inode, SessionId Session, LeaseKind Keep, InodeParts Parts, ImmutableArray<ReadOnlyMemory<byte>> Names);

/// <summary>All that a request has to wait for.</summary>
internal sealed class LeaseNeeds
{
    private bool _isBehind;

    /// <summary>Whose request came earlier and goes first; none when it is not known, or nobody's.</summary>
    public SessionId Behind { get; private set; }

    /// <summary>What holders must do first.</summary>
    public List<LeaseNeed> Recalls { get; } = [];

    /// <summary>Inodes that the request changes or wants to write.</summary>
    public List<InodeId> Changes { get; } = [];

    /// <summary>Inodes on which something may happen that lets it go on.</summary>
    public List<InodeId> Inodes { get; } = [];

    /// <summary>Whether it may run now.</summary>
    public bool IsFree => Recalls.Count == 0 && !_isBehind;

    /// <summary>Looks at everything that a request observes and changes.</summary>
    public static LeaseNeeds Of(LeaseTable table, ServiceRequest request, LeaseSession? session, Footprint footprint)
    {
        var needs = new LeaseNeeds();
        var own = request.Engine.Session;
        for (var i = 0; i < footprint.Changes.Count; i++)
        {
            var inode = footprint.Changes[i].Inode;
            if (needs.Changes.Contains(inode)) continue;
            needs.Changes.Add(inode);
            AddTo(needs.Inodes, inode);
            if (table.Find(inode) is { } holders) needs.AddChange(holders, request.Wait, own, inode, footprint.Changes);
        }

        foreach (var read in footprint.Reads) needs.AddRead(table, request.Wait, own, session, read, footprint);
        if (footprint.Wanted.Kind != LeaseKind.None && session is not null)
        {
            needs.AddWanted(table, request.Wait, own, footprint.Wanted.Inode, footprint.Wanted.Kind, footprint);
        }

        return needs;
    }

    // Every other holder drops what changes, and keeps its lease for the rest; bytes that it has not committed it commits.
    private void AddChange(
        LeaseHolders holders, LeaseWait? wait, SessionId own, InodeId inode, IReadOnlyList<Touched> changes)
    {
        if (!holders.IsHeldByOthers(own)) return;
        var parts = InodeParts.None;
        var names = ImmutableArray<ReadOnlyMemory<byte>>.Empty;
        var isOfAllNames = false;
        foreach (var change in changes)
        {
            if (change.Inode != inode) continue;
            parts |= change.Parts;
            if ((change.Parts & InodeParts.Names) == 0) continue;
            isOfAllNames |= change.Name.IsEmpty || names.Length == RecallPush.NamesMax;
            if (!isOfAllNames) names = names.Add(change.Name);
        }

        if (isOfAllNames) names = [];
        foreach (var holder in holders.All)
        {
            if (holder.Session == own) continue;
            var need = new LeaseNeed(inode, holder.Session, LeaseKind.Read, parts, names);
            if (holder.Kind == LeaseKind.Write || wait?.HasDone(need) != true) Recalls.Add(need);
        }
    }

    private void AddRead(
        LeaseTable table, LeaseWait? wait, SessionId own, LeaseSession? session, in Touched read, Footprint footprint)
    {
        // Who wants to write it takes all of the lease (AddWanted), and not the half of it before.
        if (footprint.Wanted == (read.Inode, LeaseKind.Write) || table.Find(read.Inode) is not { } holders) return;
        foreach (var holder in holders.All)
        {
            if (holder.Session == own || holder.Kind != LeaseKind.Write) continue;
            AddTo(Inodes, read.Inode);
            Recalls.Add(new LeaseNeed(read.Inode, holder.Session, LeaseKind.Read, InodeParts.None, []));
        }

        // Bytes without a lease would stay in the kernel and grow old. Who has not acknowledged gets them at once all the same, since
        // its acknowledgement may wait for them, and drops them before it acknowledges.
        if ((read.Parts & InodeParts.Data) == 0 || session is null || IsOffered(footprint, read.Inode)) return;
        if (session.IsRecalled(read.Inode) || LeaseTable.OlderChange(holders, read.Inode, wait) is not { } older) return;
        AddTo(Inodes, read.Inode);
        _isBehind = true;
        Behind = older.Request.Engine.Session;
    }

    private void AddWanted(
        LeaseTable table, LeaseWait? wait, SessionId own, InodeId inode, LeaseKind kind, Footprint footprint)
    {
        // A lease to read is of use, but not needed.
        if (kind != LeaseKind.Write || IsOffered(footprint, inode, kind)) return;
        _isBehind = true;
        AddTo(Inodes, inode);
        AddTo(Changes, inode);
        if (table.Find(inode) is not { } holders) return;
        if (LeaseTable.OlderChange(holders, inode, wait) is { } older) Behind = older.Request.Engine.Session;
        foreach (var holder in holders.All)
        {
            if (holder.Session == own) continue;
            Recalls.Add(new LeaseNeed(
                inode, holder.Session, LeaseKind.None, InodeParts.Attributes | InodeParts.Data, []));
        }
    }

    private static bool IsOffered(Footprint footprint, InodeId inode, LeaseKind atLeast = LeaseKind.Read)
    {
        foreach (var (offered, kind) in footprint.Offers)
        {
            if (offered == inode && kind >= atLeast) return true;
        }

        return false;
    }

    private static void AddTo(List<InodeId> inodes, InodeId inode)
    {
        if (!inodes.Contains(inode)) inodes.Add(inode);
    }
}
