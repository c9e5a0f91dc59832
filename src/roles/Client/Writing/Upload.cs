using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Client.Writing;

/// <summary>How far an upload is.</summary>
internal enum UploadState
{
    /// <summary>Not begun, or to be tried again after a failure.</summary>
    Waiting,

    /// <summary>On its way.</summary>
    Running,

    /// <summary>In the store; its extents may be committed.</summary>
    Stored,
}

/// <summary>Sealed bytes of one file that become one object: a whole block, or a pack of fragments.</summary>
/// <remarks>
/// Under the lock of its inode, but for <see cref="Content"/>, which does not change once sealed.
/// Uploads of an inode are committed in the order in which they were sealed, so that what was written later lies on
/// top.
/// </remarks>
internal sealed class Upload
{
    private readonly List<ReadOnlyMemory<byte>> _content = [];
    private readonly List<PlacedExtent> _extents = [];

    /// <summary>Runs whose chunks it holds.</summary>
    public List<DirtyRun> Runs { get; } = [];

    /// <summary>The object's bytes, in order.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Content => _content;

    /// <summary>Where its bytes belong; without object as long as that has no id.</summary>
    public List<PlacedExtent> Extents => _extents;

    /// <summary>Bytes of <see cref="Content"/>.</summary>
    public int PlainBytes { get; private set; }

    /// <summary>When the program wrote the last of it, or cut the file after that.</summary>
    public Instant ModifiedAt { get; set; }

    /// <summary>How far it is.</summary>
    public UploadState State { get; set; }

    /// <summary>Whether it goes into the inode's record and not into an object.</summary>
    public bool IsInline { get; set; }

    /// <summary>
    /// A block that is to be read and written as a whole, because it would be in too many pieces; or none.
    /// </summary>
    public ulong? RewritesBlock { get; set; }

    /// <summary>What the server had of the block of which this is the whole; none when it is no such block.</summary>
    public BlockBasis? Basis { get; private set; }

    /// <summary>The object that it becomes; the same in each attempt.</summary>
    public ObjectId Object { get; set; }

    /// <summary>What is in the store, once it is <see cref="UploadState.Stored"/>.</summary>
    public ObjectDescriptor Descriptor { get; set; }

    /// <summary>Ends when the running attempt has ended; with OK only if it is stored.</summary>
    public Task<Errno> Attempt { get; set; } = Task.FromResult(Errno.OK);

    /// <summary>End in the file of its last byte, given the block size.</summary>
    public long End(int blockSizeLog2)
    {
        var end = 0L;
        foreach (var (block, _, offset, length, _) in _extents)
        {
            end = Math.Max(end, ((long)block << blockSizeLog2) + offset + length);
        }

        return end;
    }

    /// <summary>Adds bytes of a block behind what it has.</summary>
    public void Append(ulong block, int blockOffset, ReadOnlyMemory<byte> bytes, bool isBase = false)
    {
        _content.Add(bytes);
        if (_extents.Count > 0 && _extents[^1] is var last
            && last.IsBase == isBase && last.Block == block && last.BlockOffset + last.Length == blockOffset)
        {
            _extents[^1] = last with { Length = last.Length + bytes.Length };
        }
        else
        {
            _extents.Add(new PlacedExtent(block, PlainBytes, blockOffset, bytes.Length, isBase));
        }

        PlainBytes += bytes.Length;
    }

    private void CopyOut(int offset, Span<byte> destination)
    {
        var position = 0;
        foreach (var part in _content)
        {
            if (position + part.Length > offset && position < offset + destination.Length)
            {
                var from = Math.Max(offset, position);
                var to = Math.Min(offset + destination.Length, position + part.Length);
                part.Span[(from - position)..(to - position)].CopyTo(destination[(from - offset)..]);
            }

            position += part.Length;
        }
    }

    /// <summary>Replaces all it has by the whole of one block.</summary>
    /// <param name="basis">The block, and what the server had of it when it was read.</param>
    /// <param name="bytes">Up to the end of the file.</param>
    public void Rewrite(BlockBasis basis, ReadOnlyMemory<byte> bytes)
    {
        _content.Clear();
        _extents.Clear();
        PlainBytes = 0;
        RewritesBlock = null;
        Basis = basis;
        if (!bytes.IsEmpty) Append(basis.Block, 0, bytes);
    }

    /// <summary>Others may have changed the block: it is to be read, and stored under another id, once more.</summary>
    public void RewriteAgain()
    {
        Check.That(Basis is not null && State == UploadState.Stored);
        RewritesBlock = Basis.Block;
        Basis = null;
        Object = ObjectId.None;
        State = UploadState.Waiting;
    }

    /// <summary>Copies its bytes to where they belong in the first block.</summary>
    public void CopyTo(Span<byte> block)
    {
        foreach (var (_, objectOffset, blockOffset, length, _) in _extents)
        {
            CopyOut(objectOffset, block.Slice(blockOffset, length));
        }
    }

    /// <summary>Adds those of <paramref name="before"/>, the begin of the first block, that it does not have.</summary>
    public void FillFrom(ReadOnlyMemory<byte> before)
    {
        var position = 0;
        foreach (var (_, _, blockOffset, length, _) in _extents.ToArray())
        {
            var end = Math.Min(blockOffset, before.Length);
            if (end > position) Append(0, position, before[position..end], isBase: true);
            position = Math.Max(position, blockOffset + length);
        }

        if (position < before.Length) Append(0, position, before[position..], isBase: true);
    }

    /// <summary>
    /// Forgets what lies behind the new end of the file; the object may keep bytes that nothing refers to.
    /// </summary>
    public void Truncate(long sizeBytes, int blockSizeLog2)
    {
        for (var i = _extents.Count - 1; i >= 0; i--)
        {
            var extent = _extents[i];
            var keep = sizeBytes - (((long)extent.Block << blockSizeLog2) + extent.BlockOffset);
            if (keep <= 0) _extents.RemoveAt(i);
            else if (keep < extent.Length) _extents[i] = extent with { Length = (int)keep };
        }
    }
}

/// <summary>Bytes of an upload and the place in the file where they belong.</summary>
/// <param name="Block">Index of the block.</param>
/// <param name="ObjectOffset">In the upload's object.</param>
/// <param name="BlockOffset">In the block.</param>
/// <param name="Length">Bytes.</param>
/// <param name="IsBase">Whether they are from the file's record: what it had at <see
/// cref="InodeWriter.BaseVersion"/>.</param>
internal readonly record struct PlacedExtent(ulong Block, int ObjectOffset, int BlockOffset, int Length, bool IsBase);
