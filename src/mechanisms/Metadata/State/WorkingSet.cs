using FlexFs.Core;
using FlexFs.Metadata.Storage;

namespace FlexFs.Metadata.State;

/// <summary>A page that the store gave for a range that a request asked for.</summary>
internal sealed record SuppliedPage(byte[] From, byte[] To, StorePage Page);

/// <summary>The part of the volume's state that is in memory: what was read lately, and every change that the store may not have.</summary>
/// <remarks>
/// 1. A known key has the value of now: the store's, overridden by every request that was executed.
/// 2. A key whose last change is younger than the last durable batch, or than a fetch under way, or than a page that is held,
///    is never evicted (it is in <c>_changed</c>); so whatever a fetch brings for a key that is not here is current.
/// 3. Two generations: a key that was not used during one whole generation goes. What a fetch brought is used in this one.
/// </remarks>
internal sealed class WorkingSet
{
    // What an entry costs beside its key and value: objects, table slot, list links.
    private const int EntryBytes = 192;

    private readonly EngineOptions _options;
    private readonly KeyComparer _comparer;
    private readonly ChangeIndex _index = new();
    private readonly Queue<ChangedBatch> _changed = new();
    private readonly List<SuppliedPage> _pages = [];
    private readonly SortedDictionary<ulong, FetchTicket> _fetches = [];

    private Dictionary<byte[], CachedKey> _young;
    private Dictionary<byte[], CachedKey> _old;
    private Dictionary<byte[], CachedKey>.AlternateLookup<ReadOnlySpan<byte>> _youngBySpan;
    private Dictionary<byte[], CachedKey>.AlternateLookup<ReadOnlySpan<byte>> _oldBySpan;
    private List<CachedKey> _open = [];
    private ulong _nextFetch = 1;
    private ulong _evictedThrough;
    private int _staleFetches;
    private long _youngBytes;

    // What was pinned when this generation began: it does not count, or a long fetch would make every request age the set.
    private int _pinnedKeys;
    private long _pinnedBytes;

    private readonly record struct ChangedBatch(ulong Sequence, List<CachedKey> Keys);

    public WorkingSet(StorePosition position, EngineOptions options)
    {
        _options = options;
        _comparer = new KeyComparer(options.HashSeed);
        Position = position;
        OpenSequence = position.Sequence + 1;
        _young = new Dictionary<byte[], CachedKey>(_comparer);
        _old = new Dictionary<byte[], CachedKey>(_comparer);
        _youngBySpan = _young.GetAlternateLookup<ReadOnlySpan<byte>>();
        _oldBySpan = _old.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    /// <summary>The last durable batch.</summary>
    public StorePosition Position { get; private set; }

    /// <summary>The sequence that the next batch will have.</summary>
    public ulong OpenSequence { get; private set; }

    /// <summary>Keys held, known or not.</summary>
    public int Count => _young.Count + _old.Count;

    /// <summary>Changes that are not durable, or that a fetch may not have seen.</summary>
    public int ChangedCount => _changed.Sum(batch => batch.Keys.Count) + _open.Count;

    /// <summary>The entry of a key, known or not; null when nothing is held of it.</summary>
    public CachedKey? Find(ReadOnlySpan<byte> key)
    {
        if (_youngBySpan.TryGetValue(key, out var entry)) return entry;
        if (_old.Count == 0 || !_oldBySpan.Remove(key, out _, out entry)) return null;
        Keep(entry);
        return entry;
    }

    /// <summary>The entry of a key, made when there is none: then it says nothing yet.</summary>
    public CachedKey FindOrAdd(ReadOnlySpan<byte> key)
    {
        if (Find(key) is { } entry) return entry;
        entry = new CachedKey(key.ToArray());
        Keep(entry);
        return entry;
    }

    /// <summary>Gives a key a new value (null: removed) in the open batch.</summary>
    public void Change(CachedKey entry, object? content)
    {
        entry.Content = content;
        entry.IsKnown = true;
        if (entry.Sequence == OpenSequence) return;
        entry.Sequence = OpenSequence;
        _open.Add(entry);
        _index.Add(entry);
    }

    /// <summary>The page of a range, when it was supplied.</summary>
    public SuppliedPage? FindPage(byte[] from, byte[] to)
    {
        foreach (var page in _pages)
        {
            if (page.From.AsSpan().SequenceEqual(from) && page.To.AsSpan().SequenceEqual(to)) return page;
        }

        return null;
    }

    /// <summary>The request that used the page has run.</summary>
    public void Drop(SuppliedPage page) => _pages.Remove(page);

    /// <summary>Keys of a range that changed after a page's snapshot, in order.</summary>
    public void CollectChanges(byte[] from, byte[] to, ulong sequence, List<CachedKey> into) =>
        _index.Collect(from, to, sequence, into);

    /// <summary>What a fetch brought; keys that are known already are younger and stay.</summary>
    public void Supply(IReadOnlyList<StoreKey> keys, byte[]?[] values, ulong snapshotSequence)
    {
        if (_staleFetches > 0) return;
        Check.That(snapshotSequence >= _evictedThrough, "a fetch was announced before its snapshot was taken");
        for (var i = 0; i < keys.Count; i++)
        {
            Check.That(keys[i].Column == StoreColumn.Current);
            var entry = FindOrAdd(keys[i].Bytes.Span);
            if (entry.IsKnown) continue;
            entry.IsKnown = true;
            entry.Content = values[i];
            _youngBytes += values[i]?.Length ?? 0;
        }
    }

    /// <summary>A page that a request asked for; kept until the request has run.</summary>
    public void Supply(in StoreRange range, in StorePage page)
    {
        if (_staleFetches > 0) return;
        Check.That(page.Sequence >= _evictedThrough, "a fetch was announced before its snapshot was taken");
        Check.That(page.IsComplete || page.Pairs.Count > 0);
        var supplied = new SuppliedPage(range.From.ToArray(), range.To.ToArray(), page);
        if (FindPage(supplied.From, supplied.To) is { } before) _pages.Remove(before);
        if (_pages.Count >= _options.PagesMax) _pages.RemoveAt(0);
        _pages.Add(supplied);
    }

    /// <summary>A fetch begins: changes from now on stay until it ended.</summary>
    public FetchTicket BeginFetch()
    {
        var ticket = new FetchTicket(_nextFetch++, Position.Sequence);
        _fetches.Add(ticket.Number, ticket);
        return ticket;
    }

    /// <summary>A fetch ended, well or not.</summary>
    public void EndFetch(FetchTicket ticket)
    {
        if (!_fetches.Remove(ticket.Number, out var known)) return;
        if (known.Since == ulong.MaxValue) _staleFetches--;
    }

    /// <summary>The changes of the open batch, which is closed by it; null when there are none.</summary>
    public StoreBatch? TakeBatch()
    {
        if (_open.Count == 0) return null;
        var writes = new StoreWrite[_open.Count];
        for (var i = 0; i < writes.Length; i++)
        {
            var entry = _open[i];
            var bytes = entry.Content as byte[] ?? (entry.Content as Decoded)?.ToBytes();
            writes[i] = new StoreWrite(new StoreKey(StoreColumn.Current, entry.Key), bytes);
            _youngBytes += bytes?.Length ?? 0;
        }

        var batch = new StoreBatch(Position.Epoch, OpenSequence, writes);
        _changed.Enqueue(new ChangedBatch(OpenSequence, _open));
        _open = [];
        OpenSequence++;
        return batch;
    }

    /// <summary>The batch of this sequence is durable.</summary>
    public void Committed(ulong sequence)
    {
        Check.That(sequence == Position.Sequence + 1 && sequence < OpenSequence);
        Position = Position with { Sequence = sequence };
        DropOldPages();
        Settle();
    }

    /// <summary>Forgets everything and goes on from what is durable.</summary>
    public void RollBack(StorePosition durable)
    {
        Check.That(durable.Sequence >= Position.Sequence && durable.Sequence < OpenSequence);
        Position = durable;
        OpenSequence = durable.Sequence + 1;
        _evictedThrough = durable.Sequence;
        _young.Clear();
        _old.Clear();
        _index.Clear();
        _changed.Clear();
        _pages.Clear();
        _open = [];
        _youngBytes = _pinnedBytes = _pinnedKeys = 0;

        // Whatever a fetch from before brings may be older than what was just forgotten: it is not taken.
        foreach (var number in _fetches.Keys.ToArray()) _fetches[number] = new FetchTicket(number, ulong.MaxValue);
        _staleFetches = _fetches.Count;
    }

    /// <summary>Keeps the bound; only between requests.</summary>
    public void Trim()
    {
        Settle();
        if (_young.Count - _pinnedKeys > _options.WorkingSetKeysMax / 2
            || _youngBytes - _pinnedBytes > _options.WorkingSetBytesMax / 2)
        {
            Age();
        }
    }

    /// <summary>Begins a new generation: what was not used in the last one goes. <see cref="Trim"/> does it at the bound.</summary>
    public void Age()
    {
        (_old, _young) = (_young, new Dictionary<byte[], CachedKey>(_comparer));
        _oldBySpan = _old.GetAlternateLookup<ReadOnlySpan<byte>>();
        _youngBySpan = _young.GetAlternateLookup<ReadOnlySpan<byte>>();
        _youngBytes = 0;
        foreach (var batch in _changed)
        {
            foreach (var entry in batch.Keys) Pin(entry);
        }

        foreach (var entry in _open) Pin(entry);
        _pinnedKeys = _young.Count;
        _pinnedBytes = _youngBytes;
    }

    private void Pin(CachedKey entry)
    {
        if (_old.Remove(entry.Key)) Keep(entry);
    }

    private void Keep(CachedKey entry)
    {
        _young.Add(entry.Key, entry);
        _youngBytes += EntryBytes + entry.Key.Length + ((entry.Content as byte[])?.Length ?? 0);
    }

    // What every fetch under way and every page has seen needs to stay no longer.
    private void Settle()
    {
        var seen = Position.Sequence;
        foreach (var fetch in _fetches.Values) seen = Math.Min(seen, fetch.Since);
        foreach (var page in _pages) seen = Math.Min(seen, page.Page.Sequence);
        while (_changed.TryPeek(out var batch) && batch.Sequence <= seen)
        {
            _changed.Dequeue();
            _evictedThrough = batch.Sequence;
            foreach (var entry in batch.Keys)
            {
                if (entry.Sequence == batch.Sequence) _index.Remove(entry);
            }
        }
    }

    // A page whose request went away (its session ended) must not keep changes in memory for ever.
    private void DropOldPages() => _pages.RemoveAll(page => page.Page.Sequence + 256 < Position.Sequence);
}
