using System.Diagnostics.CodeAnalysis;
using FlexFs.Core;

namespace FlexFs.Client.Leases;

/// <summary>Names of one directory, with the inode that each is; the inode none for a name that is known not to exist.</summary>
/// <remarks>Under the lock of the directory. At its bound it begins anew.</remarks>
internal sealed class NameCache
{
    private const int NamesMax = 16384;
    private readonly Dictionary<byte[], InodeId> _names = new(Bytes.Comparer);

    /// <summary>What a name is, if that is known.</summary>
    public bool TryGet(ReadOnlySpan<byte> name, out InodeId inode) =>
        _names.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(name, out inode);

    /// <summary>Keeps what a name is.</summary>
    public void Set(ReadOnlySpan<byte> name, InodeId inode)
    {
        if (_names.Count >= NamesMax) _names.Clear();
        _names.GetAlternateLookup<ReadOnlySpan<byte>>()[name] = inode;
    }

    /// <summary>Forgets a name.</summary>
    public void Remove(ReadOnlySpan<byte> name) => _names.GetAlternateLookup<ReadOnlySpan<byte>>().Remove(name);

    private sealed class Bytes : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static readonly Bytes Comparer = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode([DisallowNull] byte[] obj) => GetHashCode(obj.AsSpan());

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = default(HashCode);
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }
    }
}
