using FlexFs.Client.Inodes;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Client.Writing;

/// <summary>What was written to one inode, or changed of its attributes, and is not committed.</summary>
/// <remarks>
/// Everything here is under the inode's lock, but <see cref="Committing"/>, which is held by who seals and commits.
/// What holds:
///   1. a byte that was written is in <see cref="Dirty"/> until a commit that has it was answered;
///   2. <see cref="Uploads"/> are in the order in which they were sealed, and are committed in that order;
///   3. a pending time of modification is younger than every write: a write cancels it.
/// </remarks>
internal sealed class InodeWriter(CachedInode inode, DirtyBudget budget, int blockSizeLog2, ulong session)
{
    /// <summary>Pieces of one block in one upload; with more, the block is read and written as a whole.</summary>
    private const int PiecesPerBlockMax = 32;

    private AttributeChange _pending;
    private AttributeChange _carried;
    private Instant _modifiedAt;
    private Instant _changedAt;

    /// <summary>The inode.</summary>
    public CachedInode Inode { get; } = inode;

    /// <summary>Block size of the volume.</summary>
    public int BlockSizeLog2 { get; } = blockSizeLog2;

    /// <summary>One at a time: sealing, committing, truncating.</summary>
    public AsyncWindow Committing { get; } = new(1);

    /// <summary>Bytes that are not committed.</summary>
    public DirtyFile Dirty { get; } = new(inode.Id, budget, blockSizeLog2);

    /// <summary>Sealed and not committed.</summary>
    public List<Upload> Uploads { get; } = [];

    /// <summary>Number of the session in which all of it was written, and in which alone it may be committed.</summary>
    public ulong Session { get; } = session;

    /// <summary>Whether that session ended: nothing here is shown, sealed or committed any more.</summary>
    public bool IsFenced { get; set; }

    /// <summary>Whether a commit that carries attributes is under way.</summary>
    public bool IsCarrying => _carried.Mask != AttributeMask.None;

    /// <summary>Whether attributes wait for a commit, or are on their way with one.</summary>
    public bool HasAttributes => IsCarrying || _pending.Mask != AttributeMask.None;

    /// <summary>When the next attempt of the background is due after a failure.</summary>
    public Instant RetryAt { get; set; }

    /// <summary>Pause before the next attempt; doubles with each failure.</summary>
    public TimeSpan RetryPause { get; set; }

    /// <summary>Whether the background knows of it; under the lock of <see cref="WriteBehind"/>.</summary>
    public bool IsQueued { get; set; }

    /// <summary>When a program last changed what is not committed.</summary>
    public Instant ChangedAt => _changedAt;

    /// <summary>Whether bytes are not committed.</summary>
    public bool HasBytes => !Dirty.IsEmpty || Uploads.Count > 0;

    /// <summary>Whether anything is not committed.</summary>
    public bool HasAnything => HasBytes || _pending.Mask != AttributeMask.None;

    /// <summary>Whether the file's inline bytes must be put into extents before anything else may be.</summary>
    public bool NeedsBase { get; private set; }

    /// <summary>
    /// Data version of the inline bytes that an upload has, until it is committed; 0 when none has them.
    /// </summary>
    public ulong BaseVersion { get; set; }

    /// <summary>Whether the file's inline bytes must be read before anything can be sealed.</summary>
    public bool IsBaseMissing => NeedsBase && Inode.IsInline && !Inode.TryGetInline(out _);

    /// <summary>Truncations so far.</summary>
    public int Truncations { get; private set; }

    /// <summary>Forgets what was written before a truncation and lies behind the new end.</summary>
    /// <param name="sizeBytes">The new size.</param>
    /// <param name="newestSequence">The last that was written before it.</param>
    public void Truncate(long sizeBytes, ulong newestSequence)
    {
        Truncations++;
        Dirty.Truncate(sizeBytes, newestSequence);
        foreach (var upload in Uploads) upload.Truncate(sizeBytes, BlockSizeLog2);
        if (sizeBytes != 0) return;

        // There are no bytes of a record to put into extents any more.
        NeedsBase = false;
        BaseVersion = 0;
    }

    /// <summary>Whether blocks are not sent on their way by a write: a truncation is under way.</summary>
    public bool IsTruncating { get; set; }

    /// <summary>Whether bytes are dirty that no upload has.</summary>
    public bool HasOpenBytes
    {
        get
        {
            foreach (var block in Dirty.Blocks)
            {
                if (block.OpenBytes > 0) return true;
            }

            return false;
        }
    }

    /// <summary>Takes as many bytes as there is memory for.</summary>
    /// <param name="offset">In the file.</param>
    /// <param name="data">Copied.</param>
    /// <param name="now">The server's time.</param>
    /// <param name="clearsSetId">Whether the writer's rights end set-user-ID and set-group-ID.</param>
    /// <param name="full">A block that is dirty as a whole now, sealed, to be sent on its way.</param>
    public int Write(long offset, ReadOnlySpan<byte> data, Instant now, bool clearsSetId, out Upload? full)
    {
        full = null;
        if (!HasBytes) NeedsBase = Inode.IsInline;
        var taken = Dirty.Write(offset, data, now, out var block);
        if (taken == 0) return 0;
        _modifiedAt = _changedAt = Later(now);
        if (_pending.Mask != AttributeMask.None) _pending = PendingAttributes.AfterWrite(_pending);
        if (clearsSetId) Defer(new AttributeChange { Mask = AttributeMask.ClearSetId }, now);
        if (block is not null && !NeedsBase && !IsTruncating) full = SealBlock(block);
        return taken;
    }

    /// <summary>Keeps a change without a size for the next commit.</summary>
    public void Defer(in AttributeChange change, Instant now)
    {
        _changedAt = Later(now);
        _pending = PendingAttributes.Merge(_pending, PendingAttributes.WithTimes(change, _changedAt));
    }

    /// <summary>The inode's attributes with all that is not committed.</summary>
    public Attributes Show(in Attributes known)
    {
        var shown = known;
        if (HasBytes)
        {
            shown = shown with
            {
                SizeBytes = Math.Max(known.SizeBytes, Dirty.End),
                ModifiedAt = Instant.Max(_modifiedAt, known.ModifiedAt),
                AllocatedBytes = ShownBytes(known),
            };
        }

        if (_carried.Mask != AttributeMask.None) shown = PendingAttributes.Apply(shown, _carried);
        if (_pending.Mask != AttributeMask.None) shown = PendingAttributes.Apply(shown, _pending);
        return HasAnything ? shown with { ChangedAt = Instant.Max(known.ChangedAt, _changedAt) } : shown;
    }

    // What is dirty may lie over what the server has or beside it: at most both together, and no more than the file is long.
    private long ShownBytes(in Attributes known)
    {
        var size = Math.Max(known.SizeBytes, Dirty.End);
        return Math.Max(known.AllocatedBytes, Math.Min(known.AllocatedBytes + Dirty.AllocatedBytes, RoundUp(size)));
    }

    private static long RoundUp(long bytes) => (bytes + 4095) & ~4095L;

    /// <summary>Size with all that is not committed.</summary>
    public long Size(long knownSize) => HasBytes ? Math.Max(knownSize, Dirty.End) : knownSize;

    /// <summary>Seals what is open of blocks that began to be dirty up to <paramref name="upTo"/>.</summary>
    public void Seal(Instant upTo)
    {
        Check.That(!IsBaseMissing);
        var blockBytes = 1 << BlockSizeLog2;
        var pack = NeedsBase ? SealBase() : null;
        NeedsBase = false;

        foreach (var block in Dirty.Blocks)
        {
            if (block.OpenBytes == 0 || block.OpenSince.CompareTo(upTo) > 0) continue;
            if (block.OpenBytes == blockBytes)
            {
                SealBlock(block);
                continue;
            }

            if (block.CountOpenPieces() > PiecesPerBlockMax)
            {
                SealBlock(block).RewritesBlock = block.Index;
                continue;
            }

            if (pack is null || pack.PlainBytes + block.OpenBytes > blockBytes) pack = NewUpload();
            Dirty.Seal(block, pack);
        }
    }

    /// <summary>
    /// Seals everything to go into the inode's record, if the file is small enough and its other bytes are known.
    /// </summary>
    public bool TrySealInline(Instant upTo)
    {
        if (Uploads.Count > 0 || Dirty.IsEmpty || Dirty.End > Limits.InlineBytesMax) return false;
        if (!Inode.HasNoExtents) return false;
        if (Dirty.Blocks[0].OpenSince.CompareTo(upTo) > 0) return false;
        if (Inode.IsInline && !Inode.TryGetInline(out _)) return false;
        var upload = NewUpload();
        Dirty.Seal(Dirty.Blocks[0], upload);
        upload.IsInline = true;
        upload.State = UploadState.Stored;
        NeedsBase = false;
        return true;
    }

    /// <summary>The whole contents of the file with an upload that goes into its record.</summary>
    /// <returns>False when they would be too long, or the file has extents now: it must go into an object.</returns>
    public bool TryMakeInline(Upload upload, out byte[] contents)
    {
        contents = [];
        var before = ReadOnlyMemory<byte>.Empty;
        if (!Inode.HasNoExtents || (Inode.IsInline && !Inode.TryGetInline(out before))) return false;
        var length = Math.Max(before.Length, upload.End(BlockSizeLog2));
        if (length > Limits.InlineBytesMax) return false;
        contents = new byte[length];
        before.Span.CopyTo(contents);
        upload.CopyTo(contents);
        return true;
    }

    /// <summary>An upload that was to go into the record goes into an object, with what the record has.</summary>
    public void MakeObject(Upload upload)
    {
        upload.IsInline = false;
        upload.State = UploadState.Waiting;
        if (!Inode.TryGetInline(out var before)) return;
        upload.FillFrom(before);
        BaseVersion = Inode.Known.DataVersion;
    }

    /// <summary>
    /// Takes the change that the next commit carries: only if that leaves nothing written before the change
    /// uncommitted.
    /// </summary>
    public AttributeChange? TakePending(bool isAllBytes)
    {
        const AttributeMask times = AttributeMask.ModifiedAt | AttributeMask.ModifiedNow;
        Check.That(_carried.Mask == AttributeMask.None);
        if (_pending.Mask == AttributeMask.None || (!isAllBytes && (_pending.Mask & times) != 0)) return null;
        _carried = _pending;
        _pending = default;
        return _carried;
    }

    /// <summary>A change of size takes along what waits; its time of modification is older than the change.</summary>
    public AttributeChange TakePendingInto(in AttributeChange resize)
    {
        Check.That(_carried.Mask == AttributeMask.None);
        _carried = _pending;
        _pending = default;
        var others = resize with { Mask = resize.Mask & ~AttributeMask.Size };
        var merged = PendingAttributes.Merge(PendingAttributes.AfterWrite(_carried), others);
        return merged with { Mask = merged.Mask | AttributeMask.Size, SizeBytes = resize.SizeBytes };
    }

    /// <summary>The commit was answered.</summary>
    /// <param name="isDone">False: the change still waits, below what came since.</param>
    public void EndCarried(bool isDone)
    {
        if (!isDone) _pending = PendingAttributes.Merge(_carried, _pending);
        _carried = default;
    }

    /// <summary>The contents changed at the server: a time of modification that was given before is not the last one.</summary>
    public void CancelPendingTime() => _pending = PendingAttributes.AfterWrite(_pending);

    /// <summary>
    /// The server changed size or contents by itself: what was written before is committed later, but was not written later.
    /// </summary>
    public void Resized(in Attributes attributes)
    {
        _modifiedAt = Instant.Max(_modifiedAt, attributes.ModifiedAt);
        _changedAt = Instant.Max(_changedAt, attributes.ChangedAt);
        foreach (var upload in Uploads) upload.ModifiedAt = Instant.Max(upload.ModifiedAt, attributes.ModifiedAt);
    }

    /// <summary>Forgets a committed upload.</summary>
    public void Forget(Upload upload)
    {
        Dirty.Forget(upload);
        Check.That(Uploads.Remove(upload));
    }

    /// <summary>Forgets all that is not under way: it can never be stored.</summary>
    public void Drop(Errno errno)
    {
        Inode.Errors.Record(errno);
        Dirty.ForgetOpen();
        for (var i = Uploads.Count - 1; i >= 0; i--)
        {
            if (Uploads[i].State != UploadState.Running) Forget(Uploads[i]);
        }

        _pending = default;
        NeedsBase = false;
    }

    /// <summary>All that is not committed, of a writer that is fenced.</summary>
    public RescuedFile ToRescue()
    {
        Check.That(IsFenced);
        var pieces = new List<RescuedPiece>();
        foreach (var block in Dirty.Blocks)
        {
            foreach (var segment in block.Segments)
            {
                pieces.Add(new RescuedPiece(((long)block.Index << BlockSizeLog2) + segment.Start, segment.Bytes));
            }
        }

        return new RescuedFile(Inode.Id, PendingAttributes.Merge(_carried, _pending), pieces);
    }

    /// <summary>Gives the memory of a fenced writer back, once nobody reads it any more.</summary>
    public void Discard()
    {
        Check.That(IsFenced);
        while (Uploads.Count > 0) Forget(Uploads[^1]);
        Dirty.ForgetOpen();
        Check.That(Dirty.IsEmpty);
        _pending = _carried = default;
    }

    /// <summary>
    /// Seals the bytes of the record, before all others: extents take the place of all of them. Also those that dirty
    /// bytes hide, for these may be committed later, or never.
    /// </summary>
    /// <returns>None when there are no such bytes.</returns>
    public Upload? SealBase()
    {
        foreach (var older in Uploads) older.Extents.RemoveAll(static extent => extent.IsBase);
        BaseVersion = 0;
        if (!Inode.TryGetInline(out var data) || data.IsEmpty) return null;
        BaseVersion = Inode.Known.DataVersion;
        var upload = NewUpload(at: 0);
        upload.Append(0, 0, data, isBase: true);
        return upload;
    }

    /// <summary>A new upload behind all others, or at a place among them.</summary>
    public Upload NewUpload(int at = -1)
    {
        var upload = new Upload { ModifiedAt = _modifiedAt };
        Uploads.Insert(at < 0 ? Uploads.Count : at, upload);
        return upload;
    }

    // This host's idea of the server's time may be behind: a change is younger than what it changes, or make(1) and stat(2) see none.
    private Instant Later(Instant now) => !Inode.IsKnown
        ? now
        : Instant.Max(now, new Instant(Instant.Max(Inode.Known.ChangedAt, _changedAt).Nanoseconds + 1));

    private Upload SealBlock(DirtyBlock block)
    {
        var upload = NewUpload();
        Dirty.Seal(block, upload);
        return upload;
    }
}
