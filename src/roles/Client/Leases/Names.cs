using FlexFs.Client.Inodes;
using FlexFs.Client.Session;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Client.Leases;

/// <summary>What a name is.</summary>
/// <param name="Attributes">Of the inode that it is; of the inode none when there is none.</param>
public readonly record struct Found(Attributes Attributes)
{
    /// <summary>Whether there is no such name.</summary>
    public bool IsAbsent => Attributes.Inode == InodeId.None;
}

/// <summary>Names and attributes: from the caches while leases hold, else from the server.</summary>
internal sealed class Names(MetadataSession session, ClientLeases leases, InodeCache cache, AccessTimes accesses)
{
    /// <summary>Which inode a name is.</summary>
    public async ValueTask<Result<Found>> FindAsync(
        InodeId parent, ReadOnlyMemory<byte> name, CancellationToken cancellationToken)
    {
        // Who knows the name and not its inode asks for the name again: attributes that were asked for by the inode alone may be of after
        // another host has replaced it, and a name that was there all the time would lead to a file without one, or to none.
        if (TryFind(parent, name.Span, out var known))
        {
            if (known == InodeId.None) return default(Found);
            if (TryKnown(known, out var attributes)) return new Found(attributes);
        }

        var since = leases.Clock.Begin();
        var asked = leases.IsOn ? name.ToArray() : name;
        var reply = await session.AskAsync<LookupRequest, EntryReply>(
            Opcode.Lookup, new LookupRequest { Parent = parent, Name = asked }, cancellationToken);
        if (!reply.IsOk) return reply.Errno;
        var told = reply.Value.Attributes;
        TakeName(parent, asked.Span, told.Inode, reply.Value.ParentLease, since);
        return new Found(told.Inode == InodeId.None ? told : Take(told, since));
    }

    /// <summary>The attributes as they are now, with what was written here and is not committed.</summary>
    public async ValueTask<Result<Attributes>> GetAttributesAsync(InodeId id, CancellationToken cancellationToken)
    {
        if (TryKnown(id, out var known)) return known;
        var since = leases.Clock.Begin();
        var reply = await session.AskAsync<GetAttributesRequest, AttributesReply>(
            Opcode.GetAttributes, new GetAttributesRequest { Inode = id }, cancellationToken);
        return reply.IsOk ? Take(reply.Value.Attributes, since) : reply.Errno;
    }

    /// <summary>The attributes as they are now, as far as that is known without a question.</summary>
    private bool TryKnown(InodeId id, out Attributes attributes)
    {
        attributes = default;
        if (cache.Find(id) is not { } cached) return false;
        lock (cached.Gate)
        {
            if (leases.HasAttributes(cached))
            {
                attributes = Shown(cached, cached.Held.Kind);
                return true;
            }

            // Without leases what this session writes to it knows best; what others change meanwhile is seen when it is committed.
            if (!leases.IsOn && cached is { IsKnown: true, IsLinkCountOld: false, Writer: { HasBytes: true } writer })
            {
                attributes = accesses.Show(writer.Show(cached.Known));
                return true;
            }

            if (!leases.IsOn) cached.IsLinkCountOld = false;
        }

        return false;
    }

    /// <summary>The attributes as they are now, if they may be given to be kept.</summary>
    public bool TryGive(InodeId id, out Attributes attributes)
    {
        attributes = default;
        if (!leases.IsOn || cache.Find(id) is not { } inode) return false;
        lock (inode.Gate)
        {
            if (!leases.MayGiveAttributes(inode)) return false;
            attributes = Shown(inode, inode.Held.Kind);
            return true;
        }
    }

    /// <summary>Whether a name may be given to be kept as what it is: an inode, or none.</summary>
    public bool MayGive(InodeId parent, ReadOnlySpan<byte> name, InodeId inode)
    {
        if (!leases.IsOn || cache.Find(parent) is not { } directory) return false;
        lock (directory.Gate) return leases.MayGiveName(directory, name, inode);
    }

    /// <summary>A page of a directory, in cookie order: from the cache while leases hold, else from the server.</summary>
    public async ValueTask<Result<ReadDirectoryReply>> ListAsync(ReadDirectoryRequest request, CancellationToken cancellationToken)
    {
        if (TryList(request, out var page)) return page;
        var since = leases.Clock.Begin();
        var reply = await session.AskAsync<ReadDirectoryRequest, ReadDirectoryReply>(Opcode.ReadDirectory, request, cancellationToken);
        return reply.IsOk ? Take(request, reply.Value, since) : reply;
    }

    // With attributes only if those of all entries are known: one answer of the server has them for a thousand.
    private bool TryList(in ReadDirectoryRequest request, out ReadDirectoryReply page)
    {
        page = default;
        if (!leases.IsOn || cache.Find(request.Inode) is not { } directory) return false;
        lock (directory.Gate)
        {
            if (directory.Held is not { Kind: not LeaseKind.None, Listing: { } listing } || !leases.IsCurrent) return false;
            if (!listing.TryRead(request.AfterCookie, (int)request.EntriesMax, out page)) return false;
        }

        if (!request.WithAttributes) return true;
        var entries = page.Entries.ToBuilder();
        for (var i = 0; i < entries.Count; i++)
        {
            if (!TryShow(entries[i].Inode, out var attributes)) return false;
            entries[i] = entries[i] with { Attributes = attributes };
        }

        page = page with { Entries = entries.DrainToImmutable() };
        return true;
    }

    private bool TryShow(InodeId id, out Attributes attributes)
    {
        attributes = default;
        if (cache.Find(id) is not { } inode) return false;
        lock (inode.Gate)
        {
            if (!leases.HasAttributes(inode)) return false;
            attributes = Shown(inode, inode.Held.Kind);
            return true;
        }
    }

    // Keeps a page, as far as leases let it.
    private ReadDirectoryReply Take(in ReadDirectoryRequest request, ReadDirectoryReply page, long since)
    {
        var entries = page.Entries.ToBuilder();
        for (var i = 0; i < entries.Count; i++)
        {
            var entry = entries[i];
            if (entry.Attributes is { } told) entries[i] = entry with { Attributes = Take(told, since) };
        }

        var mayKeep = false;
        if (page.Lease != LeaseKind.None)
        {
            var cached = cache.Pin(request.Inode);
            lock (cached.Gate)
            {
                mayKeep = leases.Take(cached, page.Lease, since) != LeaseKind.None;
                if (mayKeep)
                {
                    cached.Held.Names ??= new NameCache();
                    foreach (var entry in entries) cached.Held.Names.Set(entry.Name.Span, entry.Inode);
                    cached.Held.Listing ??= new Listing();
                    if (!cached.Held.Listing.TryAdd(request.AfterCookie, page)) cached.Held.Listing = null;
                }
            }

            cache.Unpin(cached);
        }

        return page with { Entries = entries.DrainToImmutable(), Lease = mayKeep ? page.Lease : LeaseKind.None };
    }

    /// <summary>Attributes that the server told: kept as far as their lease lets it, with what this client has not committed.</summary>
    public Attributes Take(in Attributes told, long since)
    {
        session.Saw(told.ChangedAt);
        if (!leases.IsOn || told.Lease == LeaseKind.None)
        {
            if (cache.Find(told.Inode) is not { } known) return accesses.Show(told) with { Lease = LeaseKind.None };
            lock (known.Gate)
            {
                known.Learn(told);
                return Shown(known, LeaseKind.None);
            }
        }

        var inode = cache.Pin(told.Inode);
        try
        {
            lock (inode.Gate) return Shown(inode, leases.TakeAttributes(inode, told, since));
        }
        finally
        {
            cache.Unpin(inode);
        }
    }

    /// <summary>The answer to a change of an inode: its attributes, which are kept if nothing came between.</summary>
    public Result<Attributes> Changed(in Result<MutationReply> reply, OwnChange? own)
    {
        if (!reply.IsOk) return reply.Errno;
        if (reply.Value.Attributes is not { } attributes) return Errno.ESTALE;
        own?.Take(reply.Value, attributes);
        return Note(attributes, isWhole: own is not null);
    }

    /// <summary>The answer to a change whose attributes nobody asked for.</summary>
    public Errno Noted(in Result<MutationReply> reply)
    {
        if (reply.IsOk && reply.Value.Attributes is { } attributes) _ = Note(attributes);
        return reply.Errno;
    }

    /// <summary>The answer to a change of this client: attributes, which are not kept.</summary>
    /// <param name="told">The attributes.</param>
    /// <param name="isWhole">Whether the change itself says when it ends (<see cref="OwnChange"/>).</param>
    public Attributes Note(in Attributes told, bool isWhole = false)
    {
        session.Saw(told.ChangedAt);
        if (cache.Find(told.Inode) is not { } inode) return accesses.Show(told) with { Lease = LeaseKind.None };
        lock (inode.Gate)
        {
            inode.Learn(told);
            if (inode.Held.Kind != LeaseKind.Write) inode.Held.HasAttributes = false;
            if (!isWhole) leases.Clock.Mark(inode.Id);
            return Shown(inode, LeaseKind.None);
        }
    }

    /// <summary>An inode was changed by this client in passing: what it was is not told any more.</summary>
    public void Forget(InodeId id)
    {
        leases.Clock.Mark(id);
        if (cache.Find(id) is not { } inode) return;
        lock (inode.Gate)
        {
            inode.IsLinkCountOld = true;
            if (inode.Held.Kind != LeaseKind.Write) inode.Held.HasAttributes = false;
        }
    }

    private Attributes Shown(CachedInode inode, LeaseKind lease) =>
        accesses.Show(inode.Writer?.Show(inode.Known) ?? inode.Known) with { Lease = lease };

    private bool TryFind(InodeId parent, ReadOnlySpan<byte> name, out InodeId inode)
    {
        inode = default;
        if (!leases.IsOn || cache.Find(parent) is not { } directory) return false;
        lock (directory.Gate)
        {
            return directory.Held is { Kind: not LeaseKind.None, Names: { } names } && leases.IsCurrent
                && names.TryGet(name, out inode);
        }
    }

    private void TakeName(InodeId parent, ReadOnlySpan<byte> name, InodeId inode, LeaseKind given, long since)
    {
        if (!leases.IsOn || given == LeaseKind.None || name.SequenceEqual("."u8) || name.SequenceEqual(".."u8)) return;
        var directory = cache.Pin(parent);
        try
        {
            lock (directory.Gate)
            {
                if (leases.Take(directory, given, since) == LeaseKind.None) return;
                (directory.Held.Names ??= new NameCache()).Set(name, inode);
            }
        }
        finally
        {
            cache.Unpin(directory);
        }
    }
}
