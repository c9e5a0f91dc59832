using System.Collections.Immutable;
using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Client.Inodes;

/// <summary>Where the blocks of one file are, as the server said at one data version.</summary>
/// <remarks>Under the lock of its inode. A block that was asked for and has no extents is known as a hole.</remarks>
internal sealed class ExtentMap(ulong dataVersion)
{
    /// <summary>Blocks kept for one file; at the bound all are forgotten and asked for again.</summary>
    private const int BlocksMax = 8192;

    private readonly Dictionary<ulong, ImmutableArray<Extent>> _blocks = [];
    private readonly Dictionary<ObjectId, ObjectDescriptor> _objects = [];

    /// <summary>Of the file when this was true.</summary>
    public ulong DataVersion { get; } = dataVersion;

    /// <summary>The extents of a block, by block offset.</summary>
    /// <returns>False when they are not known.</returns>
    public bool TryGet(ulong index, out ImmutableArray<Extent> extents) => _blocks.TryGetValue(index, out extents);

    /// <summary>How to read an object that an extent names.</summary>
    public ObjectDescriptor Object(ObjectId id)
    {
        var found = _objects.TryGetValue(id, out var descriptor);
        Check.That(found);
        return descriptor;
    }

    /// <summary>Keeps an answer of the same data version.</summary>
    /// <returns>False when the answer is not what was asked: it names objects that it does not describe.</returns>
    public bool TryAdd(ulong firstBlock, uint count, in ExtentsReply reply)
    {
        if (_blocks.Count + count > BlocksMax)
        {
            _blocks.Clear();
            _objects.Clear();
        }

        foreach (var descriptor in reply.Objects) _objects[descriptor.Object] = descriptor;
        var next = firstBlock;
        foreach (var block in reply.Blocks)
        {
            if (block.Index < next || block.Index >= firstBlock + count) return false;
            foreach (var extent in block.Extents)
            {
                if (extent.Object == ObjectId.None) continue;
                if (!_objects.TryGetValue(extent.Object, out var descriptor)) return false;
                if ((ulong)extent.ObjectOffset + extent.LengthBytes > descriptor.PlainBytes) return false;
            }

            for (; next < block.Index; next++) _blocks[next] = [];
            _blocks[next++] = block.Extents;
        }

        for (; next < firstBlock + count; next++) _blocks[next] = [];
        return true;
    }
}
