namespace FlexFs.Metadata.Storage.Memory;

/// <summary>Records in key order, in one sorted list: small enough volumes, so an insertion may move the rest.</summary>
internal sealed class SortedRecords
{
    private readonly List<StorePair> _pairs = [];

    internal int Count => _pairs.Count;

    internal long PlainBytes { get; private set; }

    internal byte[]? Find(ReadOnlySpan<byte> key)
    {
        var at = Seek(key);
        return at < _pairs.Count && key.SequenceEqual(_pairs[at].Key) ? _pairs[at].Value : null;
    }

    /// <summary>Sets, or removes where <paramref name="value"/> is null.</summary>
    internal void Set(byte[] key, byte[]? value)
    {
        var at = Seek(key);
        var isThere = at < _pairs.Count && key.AsSpan().SequenceEqual(_pairs[at].Key);
        if (isThere) PlainBytes -= key.Length + _pairs[at].Value.Length;
        if (value is not null) PlainBytes += key.Length + value.Length;
        if (value is null)
        {
            if (isThere) _pairs.RemoveAt(at);
        }
        else if (isThere)
        {
            _pairs[at] = new StorePair(key, value);
        }
        else
        {
            _pairs.Insert(at, new StorePair(key, value));
        }
    }

    /// <returns>Whether the range ended within <paramref name="limit"/>.</returns>
    internal bool Scan(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, int limit, List<StorePair> pairs)
    {
        for (var at = Seek(from); at < _pairs.Count; at++)
        {
            var pair = _pairs[at];
            if (to.Length > 0 && pair.Key.AsSpan().SequenceCompareTo(to) >= 0) return true;
            if (pairs.Count == limit) return false;
            pairs.Add(new StorePair([.. pair.Key], [.. pair.Value]));
        }

        return true;
    }

    // The first record whose key is not below.
    private int Seek(ReadOnlySpan<byte> key)
    {
        var low = 0;
        var high = _pairs.Count;
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_pairs[middle].Key.AsSpan().SequenceCompareTo(key) < 0) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}
