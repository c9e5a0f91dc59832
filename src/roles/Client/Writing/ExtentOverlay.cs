using System.Collections.Immutable;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Client.Writing;

/// <summary>Extents of one block, where what is added later lies over what was there.</summary>
/// <remarks>The same rule as the server's, applied here to several uploads that go into one commit.</remarks>
internal sealed class ExtentOverlay
{
    private readonly List<Extent> _extents = [];

    /// <summary>How many there are.</summary>
    public int Count => _extents.Count;

    /// <summary>Lays <paramref name="extent"/> over what is there.</summary>
    public void Add(Extent extent)
    {
        var start = extent.BlockOffset;
        var end = start + extent.LengthBytes;
        var i = 0;
        while (i < _extents.Count && _extents[i].BlockOffset + _extents[i].LengthBytes <= start) i++;
        while (i < _extents.Count && _extents[i].BlockOffset < end)
        {
            var old = _extents[i];
            var oldEnd = old.BlockOffset + old.LengthBytes;
            _extents.RemoveAt(i);
            if (old.BlockOffset < start) _extents.Insert(i++, old with { LengthBytes = start - old.BlockOffset });
            if (oldEnd > end)
            {
                _extents.Insert(i, old with
                {
                    BlockOffset = end,
                    ObjectOffset = old.ObjectOffset + (end - old.BlockOffset),
                    LengthBytes = oldEnd - end,
                });
            }
        }

        _extents.Insert(i, extent);
    }

    /// <summary>By block offset, none overlaps another.</summary>
    public ImmutableArray<Extent> ToImmutable() => [.. _extents];
}
