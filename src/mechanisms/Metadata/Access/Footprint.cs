using FlexFs.Core;
using FlexFs.Protocol.Metadata;

namespace FlexFs.Metadata.Access;

/// <summary>One thing that a request observes or changes and that other sessions may have cached.</summary>
/// <param name="Inode">The inode.</param>
/// <param name="Parts">What of it.</param>
/// <param name="Name">Of a change of names: which; the operation's memory, to be copied if it is kept. Empty for all of them.</param>
public readonly record struct Touched(InodeId Inode, InodeParts Parts, ReadOnlyMemory<byte> Name);

/// <summary>All that one request observes and changes, as far as sessions cache it. Filled while the operation runs.</summary>
/// <remarks>The order is the operation's. An inode may be in it several times, for different parts or names.</remarks>
public sealed class Footprint
{
    private readonly List<Touched> _reads = [];
    private readonly List<Touched> _changes = [];
    private readonly List<(InodeId Inode, LeaseKind Kind)> _offers = [];
    private readonly List<InodeId> _made = [];
    private readonly List<InodeId> _removed = [];

    /// <summary>What the answer shows.</summary>
    public IReadOnlyList<Touched> Reads => _reads;

    /// <summary>What the request changes.</summary>
    public IReadOnlyList<Touched> Changes => _changes;

    /// <summary>Leases that the answer says the session has.</summary>
    public IReadOnlyList<(InodeId Inode, LeaseKind Kind)> Offers => _offers;

    /// <summary>Inodes that did not exist before.</summary>
    public IReadOnlyList<InodeId> Made => _made;

    /// <summary>Inodes that exist no more.</summary>
    public IReadOnlyList<InodeId> Removed => _removed;

    /// <summary>The lease without which the request is of no use; none for all but one that asks for a lease.</summary>
    public (InodeId Inode, LeaseKind Kind) Wanted { get; internal set; }

    /// <summary>Whether nothing is in it.</summary>
    public bool IsEmpty => _reads.Count + _changes.Count + _offers.Count + _made.Count + _removed.Count == 0;

    internal void Clear()
    {
        _reads.Clear();
        _changes.Clear();
        _offers.Clear();
        _made.Clear();
        _removed.Clear();
        Wanted = default;
    }

    internal void Read(InodeId inode, InodeParts parts) => _reads.Add(new Touched(inode, parts, default));

    internal void Change(InodeId inode, InodeParts parts) => Change(inode, parts, default);

    internal void Change(InodeId inode, InodeParts parts, ReadOnlyMemory<byte> name)
    {
        if (_made.Contains(inode)) return;
        _changes.Add(new Touched(inode, parts, name));
    }

    internal void Offer(InodeId inode, LeaseKind kind) => _offers.Add((inode, kind));

    internal void Make(InodeId inode) => _made.Add(inode);

    internal void Remove(InodeId inode) => _removed.Add(inode);
}
