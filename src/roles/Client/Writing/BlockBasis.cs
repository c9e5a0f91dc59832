using System.Collections.Immutable;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Client.Writing;

/// <summary>What the server had of a block when it was read to be written as a whole.</summary>
/// <remarks>
/// A commit of the whole names it, and the server refuses it when there is anything else now: between the two another client may
/// have committed bytes, which the whole does not have and would hide.
/// </remarks>
/// <param name="Block">Index of the block.</param>
/// <param name="Extents">Its extents; none of a hole, and of a file whose bytes are in its record.</param>
/// <param name="DataVersion">Of the file.</param>
/// <param name="IsInline">Whether the file's bytes were in its record.</param>
internal sealed record BlockBasis(ulong Block, ImmutableArray<Extent> Extents, ulong DataVersion, bool IsInline)
{
    /// <summary>Data version of the bytes of the file's record that the whole has; 0 when it has none.</summary>
    public ulong InlineVersion => IsInline && Block == 0 ? DataVersion : 0;

    /// <summary>As a commit names it.</summary>
    public BlockExtents ToRequest() => new() { Index = Block, Extents = Extents };

    /// <summary>Whether both are of one state of the block.</summary>
    public bool IsSame(BlockBasis other) => Block == other.Block && Extents.AsSpan().SequenceEqual(other.Extents.AsSpan());
}

/// <summary>All of a block as this client sees it.</summary>
/// <param name="Bytes">Zeros behind the end of the file.</param>
/// <param name="Basis">What of it the server had.</param>
internal readonly record struct BlockImage(byte[] Bytes, BlockBasis Basis);
