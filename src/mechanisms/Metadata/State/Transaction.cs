using FlexFs.Core;
using FlexFs.Metadata.Records;
using FlexFs.Metadata.Storage;
using FlexFs.Wire;

namespace FlexFs.Metadata.State;

/// <summary>One pair of a scan, as of before the transaction.</summary>
internal readonly record struct ScannedPair(byte[] Key, object Content);

/// <summary>A part of a range.</summary>
/// <param name="Pairs">In key order.</param>
/// <param name="IsComplete">Whether the range ends here; otherwise go on at <paramref name="Resume"/>.</param>
/// <param name="Resume">The first key that was not looked at.</param>
internal readonly record struct ScannedPage(IReadOnlyList<ScannedPair> Pairs, bool IsComplete, byte[] Resume);

/// <summary>The reads and writes of one request. One is reused for all requests of a volume.</summary>
/// <remarks>
/// A read of a key that is not in memory notes it as missing and gives the default value, so that operations are straight-line code;
/// when anything was missing at the end, all of it is thrown away and the request runs again once the keys are there. So an
/// operation must come to an end on default values, and must not assert before <see cref="IsComplete"/>.
/// Reads see the transaction's own writes; scans do not (an operation scans before it writes to the range).
/// </remarks>
internal sealed class Transaction(WorkingSet set)
{
    /// <summary>Keys that one fetch may ask for, as IKeyValueStore has it; what is beyond is asked for in the next round.</summary>
    private const int MissingKeysMax = 4096;

    private readonly List<CachedKey> _writes = [];
    private readonly List<StoreKey> _missing = [];
    private readonly List<SuppliedPage> _usedPages = [];
    private readonly List<CachedKey> _overlay = [];
    private ulong _number;
    private bool _isMissing;

    /// <summary>Whether everything that was read was there.</summary>
    public bool IsComplete => !_isMissing;

    /// <summary>Keys that were not there.</summary>
    public IReadOnlyList<StoreKey> MissingKeys => _missing;

    /// <summary>The first range that was not there.</summary>
    public StoreRange MissingRange { get; private set; }

    /// <summary>Pairs wanted of it; 0 when no range is missing.</summary>
    public int MissingRangeLimit { get; private set; }

    /// <summary>The youngest change that was read.</summary>
    public ulong Observed { get; private set; }

    /// <summary>Whether anything was written.</summary>
    public bool HasWrites => _writes.Count > 0;

    /// <summary>Begins the next one.</summary>
    public void Begin()
    {
        _number++;
        _writes.Clear();
        _missing.Clear();
        _usedPages.Clear();
        _isMissing = false;
        MissingRange = default;
        MissingRangeLimit = 0;
        Observed = 0;
    }

    /// <summary>Makes the writes what every later transaction sees, in the open batch.</summary>
    public void Commit()
    {
        Check.That(IsComplete);
        foreach (var entry in _writes)
        {
            var content = entry.Pending;
            entry.Pending = null;
            entry.PendingIn = 0;
            set.Change(entry, content);
        }

        _writes.Clear();
        foreach (var page in _usedPages) set.Drop(page);
        _usedPages.Clear();
    }

    /// <summary>Drops the writes; the reads stay noted.</summary>
    public void Discard()
    {
        foreach (var entry in _writes)
        {
            entry.Pending = null;
            entry.PendingIn = 0;
        }

        _writes.Clear();
    }

    /// <summary>Reads a record. False when it is absent, and when it is missing.</summary>
    public bool TryGet<T>(ReadOnlySpan<byte> key, out T record)
        where T : struct, IWireRecord<T>
    {
        if (TryFind(key, out var entry, out var content))
        {
            if (content is not Decoded<T> decoded)
            {
                decoded = new Decoded<T>(WireCodec.Read<T>((byte[])content));
                if (entry.PendingIn != _number) entry.Content = decoded;
            }

            record = decoded.Value;
            return true;
        }

        record = default;
        return false;
    }

    /// <summary>Reads plain bytes. False when they are absent, and when they are missing.</summary>
    public bool TryGetBytes(ReadOnlySpan<byte> key, out ReadOnlyMemory<byte> bytes)
    {
        var found = TryFind(key, out _, out var content);
        bytes = found ? (byte[])content : default;
        return found;
    }

    /// <summary>Whether the key has a value.</summary>
    public bool Exists(ReadOnlySpan<byte> key) => TryFind(key, out _, out _);

    /// <summary>Writes a record; the key need not have been read.</summary>
    public void Put<T>(ReadOnlySpan<byte> key, in T record)
        where T : struct, IWireRecord<T> => Write(key, new Decoded<T>(record));

    /// <summary>Writes plain bytes, which are the store's from now on.</summary>
    public void PutBytes(ReadOnlySpan<byte> key, byte[] value) => Write(key, value);

    /// <summary>Removes a key.</summary>
    public void Delete(ReadOnlySpan<byte> key) => Write(key, null);

    /// <summary>Reads a range in order, as it was before this transaction, at most <paramref name="limit"/> pairs of the store.</summary>
    public ScannedPage Scan(byte[] from, byte[] to, int limit)
    {
        var page = set.FindPage(from, to);
        if (page is null)
        {
            if (MissingRangeLimit == 0)
            {
                MissingRange = new StoreRange(StoreColumn.Current, from, to);
                MissingRangeLimit = limit;
            }

            _isMissing = true;
            return new ScannedPage([], true, to);
        }

        if (!_usedPages.Contains(page)) _usedPages.Add(page);
        var pairs = page.Page.Pairs;
        var end = page.Page.IsComplete ? to : Keys.Next(pairs[^1].Key);
        set.CollectChanges(from, end, page.Page.Sequence, _overlay);
        var merged = new List<ScannedPair>(pairs.Count + _overlay.Count);
        var next = 0;
        foreach (var pair in pairs)
        {
            var order = 1;
            while (next < _overlay.Count && (order = _overlay[next].Key.AsSpan().SequenceCompareTo(pair.Key)) < 0)
            {
                Overlay(merged, _overlay[next++]);
            }

            if (next < _overlay.Count && order == 0) Overlay(merged, _overlay[next++]);
            else merged.Add(new ScannedPair(pair.Key, pair.Value));
        }

        while (next < _overlay.Count) Overlay(merged, _overlay[next++]);
        return new ScannedPage(merged, page.Page.IsComplete, end);
    }

    /// <summary>The record of a scanned pair.</summary>
    public static T RecordOf<T>(in ScannedPair pair)
        where T : struct, IWireRecord<T> =>
        pair.Content is Decoded<T> decoded ? decoded.Value : WireCodec.Read<T>((byte[])pair.Content);

    private void Overlay(List<ScannedPair> merged, CachedKey entry)
    {
        Observed = Math.Max(Observed, entry.Sequence);
        if (entry.Content is { } content) merged.Add(new ScannedPair(entry.Key, content));
    }

    private bool TryFind(ReadOnlySpan<byte> key, out CachedKey entry, out object content)
    {
        var found = set.Find(key);
        if (found is not null && found.PendingIn == _number)
        {
            content = found.Pending!;
        }
        else if (found is null || !found.IsKnown)
        {
            Miss(found ?? set.FindOrAdd(key));
            content = null!;
        }
        else
        {
            if (found.Sequence > Observed) Observed = found.Sequence;
            content = found.Content!;
        }

        entry = found!;
        return content is not null;
    }

    private void Miss(CachedKey entry)
    {
        _isMissing = true;
        if (entry.MissingIn == _number || _missing.Count == MissingKeysMax) return;
        entry.MissingIn = _number;
        _missing.Add(new StoreKey(StoreColumn.Current, entry.Key));
    }

    private void Write(ReadOnlySpan<byte> key, object? content)
    {
        var entry = set.FindOrAdd(key);
        if (entry.PendingIn != _number)
        {
            entry.PendingIn = _number;
            _writes.Add(entry);
        }

        entry.Pending = content;
    }
}
