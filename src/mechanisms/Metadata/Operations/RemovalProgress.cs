using FlexFs.Core;

namespace FlexFs.Metadata.Operations;

/// <summary>Up to which block the steps of a long removal have come, so that the next does not look at them again.</summary>
/// <remarks>
/// A hint: without it a step looks at all blocks from the beginning. It holds for one range of blocks and one data version of the inode,
/// and every write to the file makes another.
/// </remarks>
internal sealed class RemovalProgress
{
    private const int InodesMax = 1024;

    private readonly Dictionary<InodeId, (ulong DataVersion, (ulong First, ulong End) Range, ulong Index)> _places = [];

    /// <summary>The first block that may be left; 0 when nothing is known.</summary>
    public ulong IndexOf(InodeId inode, ulong dataVersion, (ulong First, ulong End) range) =>
        _places.TryGetValue(inode, out var place) && place.DataVersion == dataVersion && place.Range == range ? place.Index : 0;

    /// <summary>Blocks of the range below <paramref name="index"/> are done in this version.</summary>
    public void Note(InodeId inode, ulong dataVersion, (ulong First, ulong End) range, ulong index)
    {
        if (_places.Count >= InodesMax) _places.Clear();
        _places[inode] = (dataVersion, range, index);
    }

    /// <summary>The removal is complete.</summary>
    public void Forget(InodeId inode) => _places.Remove(inode);

    /// <summary>After a rollback nothing is known.</summary>
    public void Clear() => _places.Clear();
}
