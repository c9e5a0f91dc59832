using System.Collections.Immutable;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Client.Writing;

/// <summary>Gathers stored uploads of one inode into one CommitWrite, as many as fit.</summary>
internal sealed class CommitBuilder(InodeId inode, int blockSizeLog2)
{
    /// <summary>Bytes of blocks, extents and objects in one request: well below a frame of the RPC.</summary>
    private const int PayloadBytesMax = Limits.RpcFrameBytesMax / 2;

    private const int ExtentBytes = 24;
    private const int BlockBytes = 16;
    private const int DescriptorBytes = 24;

    private readonly SortedDictionary<ulong, ExtentOverlay> _blocks = [];
    private readonly SortedDictionary<ulong, BlockBasis> _rewritten = [];
    private readonly List<Upload> _uploads = [];
    private int _payloadBytes;

    /// <summary>What it holds, in order.</summary>
    public IReadOnlyList<Upload> Uploads => _uploads;

    /// <summary>Blocks that it changes.</summary>
    public IEnumerable<ulong> Blocks => _blocks.Keys;

    /// <summary>Data version of the record's bytes that a block as a whole has; 0 when none has any.</summary>
    public ulong InlineVersion => _rewritten.TryGetValue(0, out var first) ? first.InlineVersion : 0;

    /// <summary>Extents that it adds to a block.</summary>
    public int ExtentsOf(ulong block) => _blocks.TryGetValue(block, out var overlay) ? overlay.Count : 0;

    /// <summary>Takes one more upload if the request stays within its bounds; the first always does.</summary>
    public bool TryAdd(Upload upload)
    {
        var bytes = DescriptorBytes + upload.Descriptor.FrameIndex.Length
            + (upload.Extents.Count * (ExtentBytes + BlockBytes))
            + (upload.Basis is { } had ? BlockBytes + (had.Extents.Length * ExtentBytes) : 0);
        if (_uploads.Count > 0)
        {
            if (_payloadBytes + bytes > PayloadBytesMax) return false;
            if (_uploads.Count + 1 > Limits.BlocksPerRequestMax) return false;
            if (_blocks.Count + upload.Extents.Count > Limits.BlocksPerRequestMax) return false;
            if (upload.Basis is { } basis && _rewritten.TryGetValue(basis.Block, out var other) && !basis.IsSame(other)) return false;
            foreach (var extent in upload.Extents)
            {
                if (ExtentsOf(extent.Block) + upload.Extents.Count > Limits.ExtentsPerBlockMax - 2) return false;
            }
        }

        _uploads.Add(upload);
        _payloadBytes += bytes;
        if (upload.Basis is { } from && upload.Extents.Count > 0) _rewritten[from.Block] = from;
        foreach (var (block, objectOffset, blockOffset, length, _) in upload.Extents)
        {
            Overlay(block).Add(new Extent
            {
                Object = upload.Descriptor.Object,
                ObjectOffset = (uint)objectOffset,
                BlockOffset = (uint)blockOffset,
                LengthBytes = (uint)length,
            });
        }

        return true;
    }

    /// <summary>The request, without attributes.</summary>
    public CommitWriteRequest Build()
    {
        var blocks = ImmutableArray.CreateBuilder<BlockExtents>(_blocks.Count);
        var used = new HashSet<ObjectId>();
        foreach (var (index, overlay) in _blocks)
        {
            var extents = overlay.ToImmutable();
            foreach (var extent in extents) used.Add(extent.Object);
            blocks.Add(new BlockExtents { Index = index, Extents = extents });
        }

        var objects = ImmutableArray.CreateBuilder<ObjectDescriptor>(_uploads.Count);
        var sizeAtLeast = 0L;
        var modifiedAt = default(Instant);
        foreach (var upload in _uploads)
        {
            if (used.Contains(upload.Descriptor.Object)) objects.Add(upload.Descriptor);
            sizeAtLeast = Math.Max(sizeAtLeast, upload.End(blockSizeLog2));
            modifiedAt = Instant.Max(modifiedAt, upload.ModifiedAt);
        }

        return new CommitWriteRequest
        {
            Inode = inode,
            Blocks = blocks.DrainToImmutable(),
            Objects = objects.DrainToImmutable(),
            InlineData = ReadOnlyMemory<byte>.Empty,
            SizeAtLeastBytes = sizeAtLeast,
            ModifiedAt = modifiedAt,
            Rewritten = [.. _rewritten.Values.Select(basis => basis.ToRequest())],
        };
    }

    private ExtentOverlay Overlay(ulong block)
    {
        if (_blocks.TryGetValue(block, out var overlay)) return overlay;
        overlay = new ExtentOverlay();
        _blocks.Add(block, overlay);
        return overlay;
    }
}
