using System.Buffers.Binary;
using FlexFs.Core;
using FlexFs.Metadata.Records;

namespace FlexFs.Metadata.State;

/// <summary>The keys that changed lately, by the ranges that are scanned, so that a page of the store can be brought up to now.</summary>
/// <remarks>
/// A range that is scanned lies in one bucket: a whole family, or the keys of one id in families that begin with one. A bucket is a
/// linked list in no order (adding and removing cost nothing); a scan sorts what it takes from it.
/// Invariant: every key of a scanned family whose change is younger than any fetch or page that is held is in here.
/// </remarks>
internal sealed class ChangeIndex
{
    private readonly Dictionary<(KeyFamily Family, ulong Id), CachedKey> _buckets = [];

    /// <summary>Adds a key that changed; nothing when it is here, or of a family that is never scanned.</summary>
    public void Add(CachedKey entry)
    {
        if (entry.IsIndexed || !TryBucket(entry.Key, out var bucket)) return;
        entry.IsIndexed = true;
        entry.Previous = null;
        entry.Next = _buckets.GetValueOrDefault(bucket);
        if (entry.Next is { } next) next.Previous = entry;
        _buckets[bucket] = entry;
    }

    /// <summary>Removes a key whose change every fetch has seen.</summary>
    public void Remove(CachedKey entry)
    {
        if (!entry.IsIndexed) return;
        entry.IsIndexed = false;
        if (entry.Next is { } next) next.Previous = entry.Previous;
        if (entry.Previous is { } previous)
        {
            previous.Next = entry.Next;
        }
        else
        {
            Check.That(TryBucket(entry.Key, out var bucket));
            if (entry.Next is null) _buckets.Remove(bucket);
            else _buckets[bucket] = entry.Next;
        }

        entry.Next = entry.Previous = null;
    }

    /// <summary>Keys from <paramref name="from"/> to <paramref name="to"/> that changed after <paramref name="sequence"/>, in order.</summary>
    public void Collect(byte[] from, byte[] to, ulong sequence, List<CachedKey> into)
    {
        Check.That(TryBucket(from, out var bucket));
        into.Clear();
        for (var entry = _buckets.GetValueOrDefault(bucket); entry is not null; entry = entry.Next)
        {
            if (entry.Sequence > sequence
                && entry.Key.AsSpan().SequenceCompareTo(from) >= 0
                && entry.Key.AsSpan().SequenceCompareTo(to) < 0)
            {
                into.Add(entry);
            }
        }

        into.Sort(static (a, b) => a.Key.AsSpan().SequenceCompareTo(b.Key));
    }

    /// <summary>Forgets everything: after a rollback.</summary>
    public void Clear() => _buckets.Clear();

    private static bool TryBucket(ReadOnlySpan<byte> key, out (KeyFamily Family, ulong Id) bucket)
    {
        var family = (KeyFamily)key[0];
        switch (family)
        {
            case KeyFamily.Xattr or KeyFamily.Link or KeyFamily.Block or KeyFamily.EntryOrder or KeyFamily.Reply
                or KeyFamily.SessionRange:
                bucket = (family, BinaryPrimitives.ReadUInt64BigEndian(key[1..]));
                return true;
            case KeyFamily.Orphan or KeyFamily.Session or KeyFamily.Condemned or KeyFamily.IdRange:
                bucket = (family, 0);
                return true;
            default:
                bucket = default;
                return false;
        }
    }
}
