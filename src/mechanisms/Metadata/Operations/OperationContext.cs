using System.Buffers;
using FlexFs.Core;
using FlexFs.Metadata.Access;
using FlexFs.Metadata.Records;
using FlexFs.Metadata.State;
using FlexFs.Protocol.Metadata;
using FlexFs.Wire;

namespace FlexFs.Metadata.Operations;

/// <summary>What became of an operation. Without effect unless OK.</summary>
/// <param name="Errno">Why not.</param>
/// <param name="Inode">The inode of a mutation's reply.</param>
/// <param name="Value">The value of a mutation's reply.</param>
/// <param name="HasMore">A long operation did a consistent part of its work: commit it, and run the request again.</param>
/// <param name="IsKept">The whole answer is kept: the inode may be gone when the request comes again.</param>
/// <param name="Lease">The lease of the inode that a mutation's session would have use for.</param>
internal readonly record struct Outcome(
    Errno Errno, InodeId Inode = default, ulong Value = 0, bool HasMore = false, bool IsKept = false,
    LeaseKind Lease = LeaseKind.Read)
{
    /// <summary>Done, with no more to say.</summary>
    public static Outcome Ok => default;

    /// <summary>More of the same.</summary>
    public static Outcome More => new(Errno.OK, HasMore: true);

    /// <summary>Done: a mutation of this inode.</summary>
    public static Outcome Of(InodeId inode, ulong value = 0) => new(Errno.OK, inode, value);

    /// <summary>Refused.</summary>
    public static implicit operator Outcome(Errno errno) => new(errno);
}

/// <summary>What an operation works on: the transaction with names for its records, the time, the session, its opens.</summary>
internal sealed class OperationContext(WorkingSet set, OpenTable opens, EngineOptions options)
{
    private readonly byte[] _key = new byte[Keys.BytesMax];
    private readonly List<(SessionId Session, InodeId Inode, OpenState State)> _openChanges = [];
    private readonly List<(InodeId Inode, ulong DataVersion, (ulong First, ulong End) Range, ulong Index)> _progress = [];
    private IBufferWriter<byte>? _reply;
    private ILeaseGate? _gate;

    /// <summary>Reads and writes.</summary>
    public Transaction Transaction { get; } = new(set);

    /// <summary>Who has what open, as of before this request.</summary>
    public OpenTable Opens => opens;

    /// <summary>Bounds.</summary>
    public EngineOptions Options => options;

    /// <summary>Live bytes that this operation changes.</summary>
    public LiveBytes LiveBytes { get; } = new();

    /// <summary>Where long removals are.</summary>
    public RemovalProgress Progress { get; } = new();

    /// <summary>Extents under work.</summary>
    public List<Extent> Extents { get; } = [];

    /// <summary>Extents that a block is to have.</summary>
    public List<Extent> Cloned { get; } = [];

    /// <summary>Inodes under work.</summary>
    public List<InodeId> Inodes { get; } = [];

    /// <summary>What the request observes and changes.</summary>
    public Footprint Footprint { get; } = new();

    /// <summary>Whether the session understands leases.</summary>
    public bool UsesLeases => _gate is { UsesLeases: true };

    /// <summary>Id of the last recall that was begun.</summary>
    public ulong LastRecall => _gate?.LastRecall ?? 0;

    /// <summary>Who asks.</summary>
    public SessionId Session { get; private set; }

    /// <summary>Volume time of the batch that this request will be in; only of what writes.</summary>
    public Instant Now { get; private set; }

    /// <summary>The volume; only of what writes.</summary>
    public VolumeRecord Volume { get; private set; }

    /// <summary>Whether all that was read was there: what is false before must not be asserted.</summary>
    public bool IsComplete => Transaction.IsComplete;

    /// <summary>Inodes without a name, not open, of which this request removed only a part.</summary>
    public List<InodeId> Unfinished { get; } = [];

    /// <summary>Inodes that this request removed.</summary>
    public List<InodeId> Removed { get; } = [];

    /// <summary>Whether this request was the end of a pass over all orphans.</summary>
    public bool EndsOrphanPass { get; set; }

    /// <summary>Reply bytes that were written.</summary>
    public int ReplyBytes { get; private set; }

    /// <summary>Begins a request.</summary>
    public void Begin(SessionId session, IBufferWriter<byte> reply, ILeaseGate? gate)
    {
        _gate = gate;
        Transaction.Begin();
        Session = session;
        _reply = reply;
        ReplyBytes = 0;
        EndsOrphanPass = false;
        Forget();
    }

    /// <summary>What is needed to write: the volume and the batch's time, or the first moment behind the last commit.</summary>
    public void BeginWriting(Instant? batchTime, Instant now)
    {
        Transaction.TryGet<VolumeRecord>(Keys.Volume(), out var volume);
        Volume = volume;
        Now = batchTime ?? Instant.Max(now, new Instant(volume.LastCommitAt.Nanoseconds + 1));
    }

    /// <summary>Changes the volume's counters.</summary>
    public void PutVolume(in VolumeRecord volume)
    {
        Volume = volume;
        Transaction.Put(Keys.Volume(), volume);
    }

    /// <summary>Drops the changes, keeps what is known to be missing.</summary>
    public void Discard()
    {
        Transaction.Discard();
        Forget();
    }

    private void Forget()
    {
        _openChanges.Clear();
        Footprint.Clear();
        LiveBytes.Clear();
        Unfinished.Clear();
        Removed.Clear();
        _progress.Clear();
    }

    /// <summary>Makes the changes, opens included, what every later request sees.</summary>
    public void Commit(ulong observed)
    {
        Transaction.Commit();
        foreach (var (session, inode, state) in _openChanges) opens.Set(session, inode, state, observed);
        foreach (var (inode, dataVersion, range, index) in _progress) Progress.Note(inode, dataVersion, range, index);
        Forget();
    }

    /// <summary>Appends the reply of a read; nothing when something was missing.</summary>
    public Outcome Reply<T>(in T record)
        where T : IWireRecord<T>
    {
        if (!IsComplete) return Outcome.Ok;
        var length = record.EncodedBytes;
        if (length > ReplyBytesMax) return Errno.E2BIG;
        var span = _reply!.GetSpan(length);
        ReplyBytes = WireCodec.Write(record, span);
        _reply.Advance(ReplyBytes);
        return Outcome.Ok;
    }

    /// <summary>Whether the session may open an inode, or have one more open: ENFILE otherwise.</summary>
    public bool MayOpen(InodeId inode) =>
        opens.IsOpenIn(Session, inode) || opens.CountOf(Session) < options.OpensPerSessionMax;

    /// <summary>Whether the session may have a lease that it needs: ENFILE otherwise.</summary>
    public bool MayNeed(InodeId inode) => _gate?.MayNeed(inode) ?? true;

    /// <summary>Opens or closes an inode for a session when the request takes effect.</summary>
    public void SetOpen(SessionId session, InodeId inode, OpenState state) => _openChanges.Add((session, inode, state));

    /// <summary>Notes where a long removal is, when the request takes effect.</summary>
    public void NoteProgress(InodeId inode, ulong dataVersion, (ulong First, ulong End) range, ulong index) =>
        _progress.Add((inode, dataVersion, range, index));

    /// <summary>Reads an inode.</summary>
    public bool TryGetInode(InodeId inode, out InodeRecord record) =>
        Transaction.TryGet(Keys.InodeInto(_key, inode), out record);

    /// <summary>Writes an inode; this version begins now.</summary>
    /// <param name="inode">The inode.</param>
    /// <param name="record">As it is from now on.</param>
    /// <param name="isQuiet">Whether others may go on showing it as it was.</param>
    public void PutInode(InodeId inode, in InodeRecord record, bool isQuiet = false)
    {
        if (_gate is not null && !isQuiet)
        {
            if (!TryGetInode(inode, out var before)) Footprint.Make(inode);
            var isData = before.DataVersion != record.DataVersion && record.Type != FileType.Directory;
            Footprint.Change(inode, isData ? InodeParts.Attributes | InodeParts.Data : InodeParts.Attributes);
        }

        Transaction.Put(Keys.InodeInto(_key, inode), record with { Begin = Now });
    }

    /// <summary>Writes an inode that has never been: there is nothing to look up first, which for every new inode would be a read from disk.</summary>
    public void PutNewInode(InodeId inode, in InodeRecord record)
    {
        if (_gate is not null)
        {
            Footprint.Make(inode);
            Footprint.Change(inode, record.Type == FileType.Directory ? InodeParts.Attributes : InodeParts.Attributes | InodeParts.Data);
        }

        Transaction.Put(Keys.InodeInto(_key, inode), record with { Begin = Now });
    }

    /// <summary>Whether another session that came earlier waits to change something of what the request changes.</summary>
    public bool IsContested
    {
        get
        {
            if (_gate is null) return false;
            foreach (var change in Footprint.Changes)
            {
                if (_gate.IsContested(change.Inode)) return true;
            }

            return false;
        }
    }

    /// <summary>Something of an inode goes into what the request does, without being shown.</summary>
    public void NoteRead(InodeId inode, InodeParts parts)
    {
        if (_gate is not null) Footprint.Read(inode, parts);
    }

    /// <summary>The last name of an inode goes: others may have it open without the server's knowing, and show that it has no name.</summary>
    public void NoteNameless(InodeId inode)
    {
        if (_gate is not null) Footprint.Change(inode, InodeParts.Attributes);
    }

    /// <summary>An inode is gone.</summary>
    public void NoteRemoved(InodeId inode)
    {
        Removed.Add(inode);
        Footprint.Remove(inode);
    }

    /// <summary>What an answer shows of an inode: attributes, and the lease under which they may be kept.</summary>
    /// <param name="inode">The inode.</param>
    /// <param name="record">As it is.</param>
    /// <param name="wanted">The lease that the session would have use for.</param>
    /// <param name="parts">What else the answer shows.</param>
    public Attributes Show(
        InodeId inode, in InodeRecord record, LeaseKind wanted = LeaseKind.Read, InodeParts parts = InodeParts.Attributes)
    {
        var attributes = record.ToAttributes(inode);
        if (_gate is null) return attributes;
        Footprint.Read(inode, parts);
        return attributes with { Lease = Offer(inode, record.Type == FileType.Regular ? wanted : LeaseKind.Read) };
    }

    /// <summary>The lease under which the session may keep something of an inode that the answer shows.</summary>
    public LeaseKind Offer(InodeId inode, LeaseKind wanted = LeaseKind.Read)
    {
        if (_gate is not { UsesLeases: true } gate) return LeaseKind.None;
        var offer = gate.Offer(inode, wanted, isNeeded: Footprint.Wanted.Inode == inode);
        if (offer != LeaseKind.None) Footprint.Offer(inode, offer);
        return offer;
    }

    /// <summary>Whether the session has a lease of the inode.</summary>
    public bool IsHeld(InodeId inode) => _gate?.IsHeld(inode) ?? false;

    /// <summary>Whether another session has a lease of the inode.</summary>
    public bool IsHeldElsewhere(InodeId inode) => _gate?.IsHeldElsewhere(inode) ?? false;

    /// <summary>Whether another session may have size and times of the inode that are not committed.</summary>
    public bool IsWrittenElsewhere(InodeId inode) => _gate?.IsWrittenElsewhere(inode) ?? false;

    /// <summary>Reads a name of a directory.</summary>
    public bool TryGetEntry(InodeId parent, ReadOnlySpan<byte> name, out EntryRecord record) =>
        Transaction.TryGet(Keys.EntryInto(_key, parent, name), out record);

    /// <summary>Writes a name with its place in the listing.</summary>
    public void PutEntry(InodeId parent, ReadOnlySpan<byte> name, in EntryRecord record)
    {
        NoteName(parent, name);
        Transaction.Put(Keys.EntryInto(_key, parent, name), record with { Begin = Now });
        Transaction.PutBytes(Keys.EntryOrderInto(_key, parent, record.Cookie), name.ToArray());
    }

    /// <summary>Writes that an inode has this name.</summary>
    public void PutLink(InodeId inode, InodeId parent, ReadOnlySpan<byte> name) =>
        Transaction.Put(Keys.LinkInto(_key, inode, parent, name), new LinkRecord { Begin = Now });

    /// <summary>Removes a name: entry, place in the listing, link.</summary>
    public void DeleteName(InodeId parent, ReadOnlySpan<byte> name, in EntryRecord record)
    {
        NoteName(parent, name);
        Transaction.Delete(Keys.EntryInto(_key, parent, name));
        Transaction.Delete(Keys.EntryOrderInto(_key, parent, record.Cookie));
        DeleteLink(record.Child, parent, name);
    }

    private void NoteName(InodeId parent, ReadOnlySpan<byte> name)
    {
        if (_gate is not null) Footprint.Change(parent, InodeParts.Names, name.ToArray());
    }

    /// <summary>Removes that an inode has this name.</summary>
    public void DeleteLink(InodeId inode, InodeId parent, ReadOnlySpan<byte> name) =>
        Transaction.Delete(Keys.LinkInto(_key, inode, parent, name));

    /// <summary>Reads the extents of a block.</summary>
    public bool TryGetBlock(InodeId inode, ulong index, out BlockRecord record) =>
        Transaction.TryGet(Keys.BlockInto(_key, inode, index), out record);

    /// <summary>Reads an object.</summary>
    public bool TryGetObject(ObjectId id, out ObjectRecord record) =>
        Transaction.TryGet(Keys.ObjectInto(_key, id), out record);

    /// <summary>Writes an object.</summary>
    public void PutObject(ObjectId id, in ObjectRecord record) => Transaction.Put(Keys.ObjectInto(_key, id), record);

    /// <summary>The bytes kept beside an inode.</summary>
    public bool TryGetInlineData(InodeId inode, out ReadOnlyMemory<byte> bytes) =>
        Transaction.TryGetBytes(Keys.InlineDataInto(_key, inode), out bytes);

    /// <summary>Reads a session.</summary>
    public bool TryGetSession(SessionId session, out SessionRecord record) =>
        Transaction.TryGet(Keys.SessionInto(_key, session), out record);

    /// <summary>Reads the last reply of a slot.</summary>
    public bool TryGetReply(SessionId session, uint slot, out ReplyRecord record) =>
        Transaction.TryGet(Keys.ReplyInto(_key, session, slot), out record);

    /// <summary>Writes the last reply of a slot.</summary>
    public void PutReply(SessionId session, uint slot, in ReplyRecord record) =>
        Transaction.Put(Keys.ReplyInto(_key, session, slot), record);

    /// <summary>Adds to the totals of one directory.</summary>
    public void AddDirectoryUsage(InodeId directory, long bytes, long inodes) =>
        AddUsage(Keys.DirectoryUsageInto(_key, directory), bytes, inodes, keepZero: true);

    /// <summary>Adds to the totals of a user and a group; what is zero has no record.</summary>
    public void AddOwnerUsage(uint userId, uint groupId, long bytes, long inodes)
    {
        AddUsage(Keys.UserUsageInto(_key, userId), bytes, inodes, keepZero: false);
        AddUsage(Keys.GroupUsageInto(_key, groupId), bytes, inodes, keepZero: false);
    }

    private void AddUsage(ReadOnlySpan<byte> key, long bytes, long inodes, bool keepZero)
    {
        Transaction.TryGet<UsageRecord>(key, out var usage);
        usage = new UsageRecord { AllocatedBytes = usage.AllocatedBytes + bytes, Inodes = usage.Inodes + inodes };
        if (IsComplete) Check.That(usage.AllocatedBytes >= 0 && usage.Inodes >= 0);
        if (usage == default && !keepZero) Transaction.Delete(key);
        else Transaction.Put(key, usage);
    }

    /// <summary>A reply leaves room in an RPC frame for its header; a larger answer is E2BIG: ask for less.</summary>
    private const int ReplyBytesMax = Limits.RpcFrameBytesMax - 1024;
}
