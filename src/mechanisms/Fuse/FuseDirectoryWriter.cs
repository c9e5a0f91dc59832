using System.Runtime.InteropServices;
using FlexFs.Core;
using FlexFs.Fuse.Protocol;

namespace FlexFs.Fuse;

/// <summary>Puts the entries of a listing together in a reply's buffer.</summary>
/// <param name="room">As many bytes as the request's size allows.</param>
public struct FuseDirectoryWriter(Memory<byte> room)
{
    private readonly Memory<byte> _room = room;
    private int _used;

    /// <summary>The entries so far: the answer.</summary>
    public readonly ReadOnlySpan<byte> Written => _room.Span[.._used];

    /// <summary>Whether there are no entries.</summary>
    public readonly bool IsEmpty => _used == 0;

    /// <summary>Adds an entry of READDIR, or says that there is no room.</summary>
    /// <param name="name">1 byte or more.</param>
    /// <param name="ino">Inode number that programs see.</param>
    /// <param name="nextCookie">Offset of the READDIR that goes on after this entry; not 0.</param>
    /// <param name="type">What it is, if known.</param>
    public bool TryAdd(ReadOnlySpan<byte> name, ulong ino, ulong nextCookie, FileType type) =>
        TryAdd(default, name, ino, nextCookie, type);

    /// <summary>
    /// Adds an entry of READDIRPLUS, or says that there is no room. It counts as a lookup unless its node id is 0, which
    /// only lists the name ("." and ".." always).
    /// </summary>
    public bool TryAddPlus(
        ReadOnlySpan<byte> name, in FuseEntryOut entry, ulong ino, ulong nextCookie, FileType type) =>
        TryAdd(MemoryMarshal.AsBytes(new ReadOnlySpan<FuseEntryOut>(in entry)), name, ino, nextCookie, type);

    private unsafe bool TryAdd(
        ReadOnlySpan<byte> entry, ReadOnlySpan<byte> name, ulong ino, ulong nextCookie, FileType type)
    {
        Span<byte> to = _room.Span[_used..];
        int length = entry.Length + sizeof(FuseDirent) + name.Length;
        int padded = (length + 7) & ~7;
        if (padded > to.Length) return false;
        entry.CopyTo(to);
        var head = new FuseDirent { Ino = ino, Off = nextCookie, NameLen = (uint)name.Length, Type = (uint)type };
        MemoryMarshal.Write(to[entry.Length..], in head);
        name.CopyTo(to[(entry.Length + sizeof(FuseDirent))..]);
        to[length..padded].Clear();
        _used += padded;
        return true;
    }
}
