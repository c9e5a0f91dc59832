using System.Diagnostics.CodeAnalysis;

namespace FlexFs.Fuse.MemoryFs;

/// <summary>A name of a directory.</summary>
internal sealed record MemoryEntry(byte[] Name, MemoryInode Inode);

/// <summary>The names of a directory, found by bytes and listed in the order they were made.</summary>
/// <remarks>A name's cookie is its place in the list plus one. A removed name leaves its place empty, so cookies stay.</remarks>
internal sealed class MemoryDirectory(MemoryInode parent)
{
    private readonly Dictionary<byte[], int> _places = new(NameComparer.Instance);
    private readonly List<MemoryEntry?> _entries = [];

    public MemoryInode Parent { get; set; } = parent;

    public int Count => _places.Count;

    public int Places => _entries.Count;

    public MemoryEntry? At(int place) => _entries[place];

    public bool TryGet(ReadOnlySpan<byte> name, [NotNullWhen(true)] out MemoryInode? inode)
    {
        inode = _places.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out int place)
            ? _entries[place]!.Inode
            : null;
        return inode is not null;
    }

    /// <summary>Adds a name, or lets it mean another inode.</summary>
    public void Set(ReadOnlySpan<byte> name, MemoryInode inode)
    {
        if (_places.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out int place))
        {
            _entries[place] = new MemoryEntry(_entries[place]!.Name, inode);
            return;
        }
        byte[] own = name.ToArray();
        _places.Add(own, _entries.Count);
        _entries.Add(new MemoryEntry(own, inode));
    }

    public void Remove(ReadOnlySpan<byte> name)
    {
        if (!_places.GetAlternateLookup<ReadOnlySpan<byte>>().Remove(name, out _, out int place)) return;
        _entries[place] = null;
        if (_places.Count == 0) _entries.Clear();
    }

    private sealed class NameComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static readonly NameComparer Instance = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] name) => GetHashCode(name.AsSpan());

        public bool Equals(ReadOnlySpan<byte> name, byte[] other) => name.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> name)
        {
            var hash = new HashCode();
            hash.AddBytes(name);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> name) => name.ToArray();
    }
}
