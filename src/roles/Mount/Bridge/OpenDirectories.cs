using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Mount.Bridge;

/// <summary>Directories that programs have open, as they were seen last: what fstat(2) shows of one that was removed meanwhile.</summary>
/// <remarks>The server keeps files alive for who has them open, directories not. Its lock is held for a look-up at most.</remarks>
internal sealed class OpenDirectories
{
    private readonly Lock _gate = new();
    private readonly Dictionary<InodeId, (Attributes Attributes, int Handles)> _open = [];

    /// <summary>One more handle.</summary>
    internal void Add(in Attributes attributes)
    {
        lock (_gate) _open[attributes.Inode] = (attributes, _open.GetValueOrDefault(attributes.Inode).Handles + 1);
    }

    /// <summary>One handle less.</summary>
    internal void Remove(InodeId inode)
    {
        lock (_gate)
        {
            if (!_open.TryGetValue(inode, out var open)) return;
            if (open.Handles > 1) _open[inode] = open with { Handles = open.Handles - 1 };
            else _ = _open.Remove(inode);
        }
    }

    /// <summary>The server told attributes: kept if the directory is open.</summary>
    internal void Learn(in Attributes attributes)
    {
        if (attributes.Type != FileType.Directory) return;
        lock (_gate)
        {
            if (_open.TryGetValue(attributes.Inode, out var open)) _open[attributes.Inode] = open with { Attributes = attributes };
        }
    }

    /// <summary>The server says that it is gone.</summary>
    internal bool TryGetRemoved(InodeId inode, out Attributes attributes)
    {
        lock (_gate)
        {
            var isOpen = _open.TryGetValue(inode, out var open);
            attributes = open.Attributes with { LinkCount = 0 };
            return isOpen;
        }
    }
}
