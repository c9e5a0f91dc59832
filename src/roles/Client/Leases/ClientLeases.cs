using FlexFs.Client.Inodes;
using FlexFs.Client.Session;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;
using Microsoft.Extensions.Logging;

namespace FlexFs.Client.Leases;

/// <summary>What this client may answer without asking, and for how long.</summary>
/// <remarks>
/// What holds, for a session with leases:
///   1. nothing is answered from a cache without a lease, nor later than the lease's term after the server last heard this client;
///   2. a lease in an answer is taken only if nothing of its inode was taken back since the question began (<see cref="LeaseClock"/>);
///   3. bytes are taken from programs only under the write lease, and none while it is being recalled.
/// A session without leases answers as before there were any.
/// </remarks>
internal sealed class ClientLeases
{
    private readonly MetadataSession _session;
    private readonly InodeCache _cache;
    private readonly TimeProvider _time;

    // Names that this client is removing without knowing whose they are: any inode may have lost one.
    private int _blindRemovals;

    public ClientLeases(MetadataSession session, InodeCache cache, TimeProvider time, ILogger log)
    {
        _session = session;
        _cache = cache;
        _time = time;
        Releases = new LeaseReleases(session, Clock, log);
        cache.OnEvicting = Releases.Begin;
        cache.OnEvicted = OnEvicted;
    }

    /// <summary>Which answers were overtaken by recalls, or by changes of this client.</summary>
    public LeaseClock Clock { get; } = new();

    /// <summary>Leases on their way back.</summary>
    public LeaseReleases Releases { get; }

    /// <summary>Whether the session has leases.</summary>
    public bool IsOn { get; private set; }

    /// <summary>For how long a lease holds.</summary>
    public TimeSpan Term { get; private set; }

    /// <summary>What of the term is left.</summary>
    public TimeSpan Left
    {
        get
        {
            var left = Term - _time.GetElapsedTime(_session.HeardAt);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>Whether leases hold.</summary>
    public bool IsCurrent => _time.GetElapsedTime(_session.HeardAt) < Term;

    /// <summary>The session is known.</summary>
    public void Begin(bool isOn, TimeSpan term)
    {
        IsOn = isOn;
        Term = term;
    }

    /// <summary>Under the inode's lock: whether its attributes are those of now.</summary>
    public bool HasAttributes(CachedInode inode) =>
        IsOn && inode.Held is { HasAttributes: true, Kind: not LeaseKind.None } && inode is { IsKnown: true, IsLinkCountOld: false }
        && Volatile.Read(ref _blindRemovals) == 0 && IsCurrent;

    /// <summary>
    /// Under the inode's lock: whether others may be given its attributes to keep, who are told when that ends
    /// (<see cref="IKernelCaches"/>).
    /// </summary>
    public bool MayGiveAttributes(CachedInode inode) => HasAttributes(inode) && inode.Held.Recalling == 0;

    /// <summary>Under the directory's lock: the same of a name and what it is.</summary>
    public bool MayGiveName(CachedInode directory, ReadOnlySpan<byte> name, InodeId inode) =>
        directory.Held is { Kind: not LeaseKind.None, Recalling: 0, Names: { } names } && IsCurrent
            && names.TryGet(name, out var known) && known == inode;

    /// <summary>Under the inode's lock: whether bytes may be read as they are known.</summary>
    public bool MayRead(CachedInode inode) =>
        !IsOn || (inode.Held is { HasAttributes: true, Kind: not LeaseKind.None } && IsCurrent);

    /// <summary>Under the inode's lock: whether bytes may be written.</summary>
    public bool MayWrite(CachedInode inode) =>
        !IsOn || (inode.Held is { HasAttributes: true, Kind: LeaseKind.Write, Recalling: 0 } && IsCurrent);

    /// <summary>Under the inode's lock: takes the lease of an answer, if it counts.</summary>
    /// <returns>The lease under which the answer may be kept.</returns>
    public LeaseKind Take(CachedInode inode, LeaseKind given, long since) =>
        IsOn && given != LeaseKind.None && Clock.IsFresh(inode.Id, since) ? TakeFresh(inode, given) : LeaseKind.None;

    /// <summary>Under the inode's lock: takes lease and attributes of an answer, if they count.</summary>
    public LeaseKind TakeAttributes(CachedInode inode, in Attributes told, long since)
    {
        inode.Learn(told);
        return TakenWith(inode, told, Take(inode, told.Lease, since));
    }

    /// <summary>This client changes an inode: until the change ends nothing of it is answered from the cache or taken into it.</summary>
    /// <remarks>What only the holder of the write lease may change it knows itself. A name is read before this returns.</remarks>
    /// <param name="inode">What is changed.</param>
    /// <param name="name">The name in it that is changed, if one is.</param>
    /// <param name="removes">Whether an inode may lose this name.</param>
    /// <returns>To be disposed of when the change is answered; none for a session without leases.</returns>
    public OwnChange? BeginChange(InodeId inode, ReadOnlyMemory<byte> name = default, bool removes = false)
    {
        if (!IsOn) return null;
        var cached = _cache.Pin(inode);
        var child = InodeId.None;
        bool isBlind;
        var since = Clock.Begin();
        lock (cached.Gate)
        {
            cached.Held.BeginChange();
            isBlind = removes && cached.Held.Names?.TryGet(name.Span, out _) != true;
            if (!name.IsEmpty) cached.Held.Names?.TryGet(name.Span, out child);
            Forget(cached, name.Span);
        }

        ForgetAttributes(child);
        if (isBlind) Interlocked.Increment(ref _blindRemovals);
        return new OwnChange(this, cached, name.ToArray(), child, since) { IsBlind = isBlind };
    }

    /// <summary>The session ended: nothing holds any more.</summary>
    public void DropAll()
    {
        Clock.MarkAll();
        foreach (var inode in _cache.All())
        {
            lock (inode.Gate) inode.Held.Drop();
        }
    }

    /// <summary>What is told to a restarted server: also what is on its way back, as long as the kernel may have it still.</summary>
    /// <remarks>Nothing that was given up: others may have been given it since. A recall gives up only what the kernel has dropped.</remarks>
    public List<HeldLease> All()
    {
        var held = new List<HeldLease>();
        if (!IsOn) return held;
        foreach (var inode in _cache.All())
        {
            lock (inode.Gate)
            {
                var kind = inode.Held.Kind;
                if (kind != LeaseKind.None) held.Add(new HeldLease { Inode = inode.Id, Kind = kind });
            }
        }

        foreach (var inode in Releases.Undropped) held.Add(new HeldLease { Inode = inode, Kind = LeaseKind.Read });
        return held;
    }

    /// <summary>Waits until the write lease is held.</summary>
    /// <returns>The errno of the server; OK says only that it was held a moment ago.</returns>
    public async ValueTask<Errno> AcquireWriteAsync(CachedInode inode, CancellationToken cancellationToken)
    {
        try
        {
            await inode.Acquiring.EnterAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return Errno.EINTR;
        }

        try
        {
            while (true)
            {
                Task ready;
                lock (inode.Gate)
                {
                    if (MayWrite(inode)) return Errno.OK;

                    // The question might overtake the acknowledgement; and who waits before it would wait for himself. An answer during a
                    // change of our own does not count.
                    ready = inode.Held.Recalling > 0 ? inode.Held.Recalled : inode.Held.Unchanging;
                }

                if (!ready.IsCompleted)
                {
                    await ready.WaitAsync(cancellationToken);
                    continue;
                }

                var since = Clock.Begin();
                var reply = await _session.CallAsync<AcquireLeaseRequest, LeaseReply>(
                    Opcode.AcquireLease, new AcquireLeaseRequest { Inode = inode.Id, Kind = LeaseKind.Write }, cancellationToken);
                if (!reply.IsOk) return reply.Errno;
                lock (inode.Gate) TakeAcquired(inode, reply.Value, since);
            }
        }
        catch (OperationCanceledException)
        {
            return Errno.EINTR;
        }
        finally
        {
            inode.Acquiring.Exit();
        }
    }

    private void TakeAcquired(CachedInode inode, in LeaseReply reply, long since)
    {
        var told = reply.Attributes;
        inode.Learn(told);
        var isFresh = IsOn && told.Lease != LeaseKind.None && Clock.IsFresh(inode.Id, since, reply.LastRecall);
        if (isFresh) TakenWith(inode, told, TakeFresh(inode, told.Lease));
    }

    private LeaseKind TakeFresh(CachedInode inode, LeaseKind given)
    {
        if (inode.Held.Changing > 0 || Releases.Contains(inode.Id)) return LeaseKind.None;
        if (given > inode.Held.Kind) inode.Held.Kind = given;
        return inode.Held.Kind;
    }

    private static LeaseKind TakenWith(CachedInode inode, in Attributes told, LeaseKind kind)
    {
        if (kind == LeaseKind.None || inode.Known.ChangedAt != told.ChangedAt) return kind;
        inode.Held.HasAttributes = true;
        inode.IsLinkCountOld = false;
        return kind;
    }

    private void OnEvicted(CachedInode inode)
    {
        LeaseKind kind;
        lock (inode.Gate)
        {
            kind = inode.Held.Kind;
            inode.Held.Drop();
        }

        if (kind == LeaseKind.None) Releases.Cancel(inode.Id);
        else Releases.Add(inode.Id);
    }

    private static void Forget(CachedInode inode, ReadOnlySpan<byte> name)
    {
        if (!name.IsEmpty) inode.Held.ForgetName(name);
        if (inode.Held.Kind != LeaseKind.Write) inode.Held.HasAttributes = false;
    }

    // An inode that loses or gets a name has other attributes afterwards.
    private void ForgetAttributes(InodeId id)
    {
        if (id == InodeId.None) return;
        Clock.Mark(id);
        if (_cache.Find(id) is not { } inode) return;
        lock (inode.Gate)
        {
            Forget(inode, default);
            inode.IsLinkCountOld = true;
        }
    }

    internal void End(OwnChange change)
    {
        var inode = change.Inode;
        lock (inode.Gate)
        {
            var held = inode.Held;
            held.EndChange();
            Forget(inode, change.Name);

            // What the answer told is true until a recall comes: this client changed nothing else meanwhile, and nobody else could.
            var isAlone = held is { Changing: 0, Recalling: 0, Kind: not LeaseKind.None } && Clock.IsFresh(inode.Id, change.Since);
            Clock.Mark(inode.Id);

            // Changes that the server made in one go have one time, and their answers may come in any order: it is asked what was last.
            if (!isAlone) held.HasAttributes = false;
            if (isAlone && change.Made is { } made) (held.Names ??= new NameCache()).Set(change.Name, made);
            if (isAlone && change.Told is { } told && inode.Known.ChangedAt == told.ChangedAt)
            {
                held.HasAttributes = true;
                inode.IsLinkCountOld = false;
            }
        }

        ForgetAttributes(change.Child);
        if (change.IsBlind) Interlocked.Decrement(ref _blindRemovals);
        _cache.Unpin(inode);
    }
}
