using FlexFs.Client.Leases;
using FlexFs.Client.Writing;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Client.Inodes;

/// <summary>
/// All that this client knows of one inode, and what of it is valid: the place where leases will enter.
/// </summary>
/// <remarks>
/// <see cref="Gate"/> guards everything here and in <see cref="Writer"/>; it is held for the time of a copy at most,
/// never over an await.
/// What holds:
///   1. known attributes never go back: an answer that was overtaken by a later one is not taken;
///   2. extents and inline data are used only if they are of the known data version or a later one;
///   3. <see cref="PagesVersion"/> is the version that the kernel's pages are of, if they all are of one.
/// </remarks>
internal sealed class CachedInode(InodeId id)
{
    private Attributes _known;
    private bool _isKnown;
    private ReadOnlyMemory<byte> _inline;
    private ulong _inlineVersion;
    private bool _hasInline;
    private AsyncWindow? _acquiring;

    /// <summary>The inode.</summary>
    public InodeId Id { get; } = id;

    /// <summary>The lock.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Reasons to keep this in memory; guarded by <see cref="InodeCache"/>'s lock.</summary>
    public int Pins { get; set; }

    /// <summary>Lets one request for extents go at a time.</summary>
    public AsyncWindow Fetching { get; } = new(1);

    /// <summary>When a read of it was last noted.</summary>
    public Instant NotedAt { get; set; }

    /// <summary>Lets one append go at a time.</summary>
    public AsyncWindow Appending { get; } = new(1);

    /// <summary>Lets one question for the write lease go at a time.</summary>
    public AsyncWindow Acquiring => _acquiring ?? Interlocked.CompareExchange(ref _acquiring, new AsyncWindow(1), null) ?? _acquiring;

    /// <summary>Its lease.</summary>
    public HeldInode Held { get; } = new();

    /// <summary>Handles that are open.</summary>
    public int Handles { get; set; }

    /// <summary>Reads that fill the kernel's pages.</summary>
    public PageFills Fills { get; } = new();

    /// <summary>Whether the kernel may have pages of it: it was read or written through them, however long ago.</summary>
    public bool MayHavePages { get; set; }

    /// <summary>
    /// Rises when another host began to write the file while this one had no session: handles of before, of which the kernel keeps pages,
    /// are not to be written through any more.
    /// </summary>
    public int PagedAs { get; set; }

    /// <summary>Whether a handle of now, or one of before while others stay, is for writing: what the server is told after a restart.</summary>
    public bool IsOpenForWriting { get; set; }

    /// <summary>Errors by which bytes were lost.</summary>
    public ErrorSequence Errors;

    /// <summary>What was written and is not committed; none until the first write, and after the end of the session.</summary>
    public InodeWriter? Writer { get; set; }

    /// <summary>Where the file's blocks are, or none.</summary>
    public ExtentMap? Extents { get; private set; }

    /// <summary>Data version at which pages were given to the kernel; 0 when they may be of several.</summary>
    public ulong PagesVersion { get; private set; }

    /// <summary>This client took a name from it or gave it one: how many there are, and since when, is for the server to say.</summary>
    public bool IsLinkCountOld { get; set; }

    /// <summary>Whether any attributes are known.</summary>
    public bool IsKnown => _isKnown;

    /// <summary>The newest attributes that the server told.</summary>
    public Attributes Known
    {
        get
        {
            Check.That(_isKnown);
            return _known;
        }
    }

    /// <summary>Takes the attributes of an answer, unless a later one was seen.</summary>
    public void Learn(in Attributes attributes)
    {
        Check.That(attributes.Inode == Id);
        if (_isKnown && attributes.ChangedAt.CompareTo(_known.ChangedAt) < 0) return;
        if (_isKnown && attributes.DataVersion < _known.DataVersion) return;
        _known = attributes;
        _isKnown = true;
        if (Extents is not null && Extents.DataVersion < attributes.DataVersion) Extents = null;
        if (_hasInline && _inlineVersion < attributes.DataVersion) ForgetInline();
    }

    /// <summary>A read of it was told to the server.</summary>
    public void NoteAccessed(Instant at)
    {
        if (_isKnown && at.CompareTo(_known.AccessedAt) > 0) _known = _known with { AccessedAt = at };
    }

    /// <summary>Takes the answer to an open.</summary>
    /// <returns>Whether the kernel's pages are of the version that the file has.</returns>
    public bool LearnOpened(in Attributes attributes)
    {
        Learn(attributes);
        var unchanged = PagesVersion != 0 && PagesVersion == _known.DataVersion;
        PagesVersion = _known.DataVersion;
        return unchanged;
    }

    /// <summary>Takes the answer to a change that this client made to the contents.</summary>
    /// <remarks>
    /// The server raises the version by one at each change, so if it rose by more, somebody else wrote too, and the
    /// kernel's pages are
    /// not all of one version.
    /// </remarks>
    public void LearnOwnChange(in Attributes attributes)
    {
        var before = _isKnown ? _known.DataVersion : 0;
        var isOwnOnly = attributes.DataVersion <= before + 1 && PagesVersion == before;
        Learn(attributes);
        PagesVersion = isOwnOnly ? _known.DataVersion : 0;
    }

    /// <summary>Takes the extents of an answer to <see cref="GetExtentsRequest"/>.</summary>
    /// <returns>False when it is older than what is known, so that it must be asked again, or is no valid
    /// answer.</returns>
    public bool TryLearnExtents(ulong firstBlock, uint count, in ExtentsReply reply)
    {
        Learn(reply.Attributes);
        if (reply.Attributes.DataVersion < _known.DataVersion) return false;
        if ((reply.Attributes.Flags & InodeFlags.IsInline) != 0)
        {
            LearnInline(reply.InlineData, reply.Attributes.DataVersion);
            return true;
        }

        if (Extents is null || Extents.DataVersion != reply.Attributes.DataVersion)
        {
            Extents = new ExtentMap(reply.Attributes.DataVersion);
        }

        if (Extents.TryAdd(firstBlock, count, reply)) return true;
        Extents = null;
        return false;
    }

    /// <summary>Takes the contents of an inline file at a version.</summary>
    /// <param name="data">Kept: not of a buffer that is used again.</param>
    /// <param name="dataVersion">Of the file when this was true.</param>
    public void LearnInline(ReadOnlyMemory<byte> data, ulong dataVersion)
    {
        if (dataVersion < _known.DataVersion) return;
        _inline = data;
        _inlineVersion = dataVersion;
        _hasInline = true;
    }

    /// <summary>The contents of a file that lives in its record, if that is what it is and they are known.</summary>
    public bool TryGetInline(out ReadOnlyMemory<byte> data)
    {
        data = _inline;
        return _hasInline && _inlineVersion == _known.DataVersion && IsInline;
    }

    /// <summary>Whether the file's bytes are in its record.</summary>
    public bool IsInline => _isKnown && (_known.Flags & InodeFlags.IsInline) != 0;

    /// <summary>Whether no extent is known to exist: the file may be written inline.</summary>
    public bool HasNoExtents => _isKnown && (IsInline || _known.AllocatedBytes == 0);

    /// <summary>Forgets where the bytes are: an object was not there.</summary>
    public void ForgetExtents() => Extents = null;

    /// <summary>Forgets everything: the session ended and the server may have changed meanwhile.</summary>
    public void ForgetAll()
    {
        ForgetData();
        Held.Drop();
    }

    /// <summary>Forgets where the bytes are, and which of them the kernel has.</summary>
    public void ForgetData()
    {
        Extents = null;
        PagesVersion = 0;
        ForgetInline();
    }

    private void ForgetInline()
    {
        _inline = default;
        _hasInline = false;
    }
}
