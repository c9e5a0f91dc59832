using FlexFs.Core;
using FlexFs.Metadata.Operations.Internal;
using FlexFs.MetadataService.Pipeline;

namespace FlexFs.MetadataService.Operators;

/// <summary>Finds paths of inodes, name by name, each by a request that takes its turn among those of clients.</summary>
/// <remarks>
/// Bounded: <see cref="LookupsMax"/> names for one listing, of which a directory's is asked for once. What a change moves meanwhile may
/// show a path that was never there; it is for people. On the volume's context.
/// </remarks>
internal sealed class InodePaths(VolumeCalls calls)
{
    /// <summary>Names that are asked for, for one listing.</summary>
    public const int LookupsMax = 4096;

    private const int DepthMax = 256;
    private readonly Dictionary<InodeId, NameOfReply?> _names = [];

    /// <summary>A path from the volume's root; null when it has none, is too deep, or enough was asked for.</summary>
    public async Task<string?> FindAsync(InodeId inode)
    {
        var parts = new Stack<string>();
        while (inode != InodeId.Root)
        {
            if (parts.Count == DepthMax || await NameAsync(inode) is not { } found) return null;
            parts.Push(LogText.OfBytes(found.Name.Span));
            inode = found.Parent;
        }

        return "/" + string.Join('/', parts);
    }

    private async Task<NameOfReply?> NameAsync(InodeId inode)
    {
        if (_names.TryGetValue(inode, out var known)) return known;
        if (_names.Count == LookupsMax) return null;
        var asked = await calls.RunAsync(InternalOpcode.NameOf, new NameOfRequest { Inode = inode }, RequestClass.Read);
        NameOfReply? name = asked.Errno == Errno.OK ? asked.Read<NameOfReply>() : null;
        _names[inode] = name;
        return name;
    }
}
