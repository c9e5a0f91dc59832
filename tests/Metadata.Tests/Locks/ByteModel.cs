using FlexFs.Core.Locks;
using FlexFs.Metadata.Locks;

namespace FlexFs.Metadata.Tests.Locks;

/// <summary>Locks as an element for each byte and owner of a small file, and beyond it one element for all bytes.</summary>
internal sealed class ByteModel
{
    public const int Bytes = 32;
    private readonly Dictionary<(LockKind, LockOwner), LockType?[]> _locks = [];

    public bool MayHave(in LockWish wish)
    {
        foreach (var ((kind, owner), bytes) in _locks)
        {
            if (kind != wish.Kind || owner == wish.Owner) continue;
            foreach (var at in Elements(wish.Range))
            {
                if (bytes[at] is { } type && (type == LockType.Exclusive || wish.Type == LockType.Exclusive)) return false;
            }
        }

        return true;
    }

    public bool Has(LockKind kind, LockOwner owner) => _locks.TryGetValue((kind, owner), out var bytes) && bytes.Any(b => b is not null);

    public void Set(LockKind kind, LockOwner owner, LockRange range, LockType? type)
    {
        if (!_locks.TryGetValue((kind, owner), out var bytes)) _locks[(kind, owner)] = bytes = new LockType?[Bytes + 1];
        foreach (var at in Elements(range)) bytes[at] = type;
    }

    public void Drop(Predicate<LockOwner> whose)
    {
        foreach (var key in _locks.Keys.Where(key => whose(key.Item2)).ToArray()) _locks.Remove(key);
    }

    /// <summary>The fewest ranges that say the same.</summary>
    public IEnumerable<(LockKind, LockOwner, LockRange, LockType)> Ranges()
    {
        foreach (var ((kind, owner), bytes) in _locks)
        {
            for (var at = 0; at <= Bytes; at++)
            {
                if (bytes[at] is not { } type || (at > 0 && bytes[at - 1] == type)) continue;
                var end = at;
                while (end < Bytes && bytes[end + 1] == type) end++;
                yield return (kind, owner, new LockRange((ulong)at, end == Bytes ? LockRange.LastByte : (ulong)end), type);
            }
        }
    }

    private static IEnumerable<int> Elements(LockRange range)
    {
        for (var at = range.Start; at <= Math.Min(range.End, Bytes); at++) yield return (int)at;
    }
}
