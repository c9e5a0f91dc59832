namespace FlexFs.Core.Locks;

/// <summary>A range that an owner has locked.</summary>
/// <param name="Range">The bytes.</param>
/// <param name="Type">Shared or exclusive.</param>
/// <param name="ProcessId">Who asked for it, at the owner's host.</param>
/// <param name="Since">When it was granted; of what grew together, the earliest.</param>
public readonly record struct HeldRange(LockRange Range, LockType Type, uint ProcessId, Instant Since);

/// <summary>What one owner has locked of one file.</summary>
/// <remarks>
/// After every call (LockRangesTests, beside an array with an element for each byte): the ranges are in order and have no byte in
/// common, and no two neighbours of one type touch. So a file of n bytes that are locked alternately costs n ranges, and nothing else does.
/// </remarks>
public sealed class LockRanges
{
    private readonly List<HeldRange> _held = new(1);

    /// <summary>Ranges.</summary>
    public int Count => _held.Count;

    /// <summary>How many of them are exclusive.</summary>
    public int ExclusiveCount { get; private set; }

    /// <summary>The ranges, in order.</summary>
    public IReadOnlyList<HeldRange> All => _held;

    /// <summary>Most ranges that one <see cref="Set"/> or <see cref="Clear"/> adds: it is put into the middle of another.</summary>
    public const int GrowthMax = 2;

    /// <summary>The first range in the way of another owner's lock.</summary>
    public bool TryFindConflict(LockRange range, LockType type, out HeldRange found)
    {
        found = default;
        if (type == LockType.Shared && ExclusiveCount == 0) return false;
        for (var i = FirstEndingFrom(range.Start); i < _held.Count && _held[i].Range.Start <= range.End; i++)
        {
            if (type == LockType.Shared && _held[i].Type == LockType.Shared) continue;
            found = _held[i];
            return true;
        }

        return false;
    }

    /// <summary>Whether every byte of a range is locked as just this type, so that <see cref="Set"/> would change nothing.</summary>
    public bool Has(LockRange range, LockType type)
    {
        var i = FirstEndingFrom(range.Start);
        return i < _held.Count && _held[i].Type == type
            && _held[i].Range.Start <= range.Start && _held[i].Range.End >= range.End;
    }

    /// <summary>Whether <see cref="Clear"/> of a range would make two of one.</summary>
    public bool IsSplitBy(LockRange range)
    {
        var i = FirstEndingFrom(range.Start);
        return i < _held.Count && _held[i].Range.Start < range.Start && _held[i].Range.End > range.End;
    }

    /// <summary>Whether any byte of a range is locked.</summary>
    public bool Touches(LockRange range)
    {
        var i = FirstEndingFrom(range.Start);
        return i < _held.Count && _held[i].Range.Start <= range.End;
    }

    /// <summary>Locks a range as this type, whatever it was before.</summary>
    public void Set(in HeldRange wanted)
    {
        var (first, last) = Overlapping(wanted.Range);
        var merged = wanted;
        HeldRange? left = null, right = null;
        if (first < last) (left, right) = Remainders(first, last, wanted.Range);
        if (left is { } before && before.Type == wanted.Type)
        {
            merged = Join(before, merged);
            left = null;
        }
        else if (left is null && first > 0 && _held[first - 1] is var neighbour
            && neighbour.Type == wanted.Type && neighbour.Range.End + 1 == wanted.Range.Start)
        {
            merged = Join(neighbour, merged);
            first--;
        }

        if (right is { } after && after.Type == wanted.Type)
        {
            merged = Join(merged, after);
            right = null;
        }
        else if (right is null && last < _held.Count && _held[last] is var next
            && next.Type == wanted.Type && wanted.Range.End + 1 == next.Range.Start)
        {
            merged = Join(merged, next);
            last++;
        }

        Replace(first, last, left, merged, right);
    }

    /// <summary>Unlocks a range.</summary>
    public void Clear(LockRange range)
    {
        var (first, last) = Overlapping(range);
        if (first == last) return;
        var (left, right) = Remainders(first, last, range);
        Replace(first, last, left, null, right);
    }

    private static HeldRange Join(in HeldRange a, in HeldRange b) => new(
        new LockRange(Math.Min(a.Range.Start, b.Range.Start), Math.Max(a.Range.End, b.Range.End)),
        a.Type, b.ProcessId, a.Since.CompareTo(b.Since) <= 0 ? a.Since : b.Since);

    private (int First, int Last) Overlapping(LockRange range)
    {
        var first = FirstEndingFrom(range.Start);
        var last = first;
        while (last < _held.Count && _held[last].Range.Start <= range.End) last++;
        return (first, last);
    }

    // What is left of the outermost ones.
    private (HeldRange? Left, HeldRange? Right) Remainders(int first, int last, LockRange range)
    {
        HeldRange? left = null, right = null;
        var (a, b) = (_held[first], _held[last - 1]);
        if (a.Range.Start < range.Start) left = a with { Range = new LockRange(a.Range.Start, range.Start - 1) };
        if (b.Range.End > range.End) right = b with { Range = new LockRange(range.End + 1, b.Range.End) };
        return (left, right);
    }

    private void Replace(int first, int last, HeldRange? left, HeldRange? middle, HeldRange? right)
    {
        for (var i = first; i < last; i++) ExclusiveCount -= Weight(_held[i]);
        _held.RemoveRange(first, last - first);
        Insert(ref first, left);
        Insert(ref first, middle);
        Insert(ref first, right);
    }

    private void Insert(ref int at, HeldRange? held)
    {
        if (held is not { } range) return;
        ExclusiveCount += Weight(range);
        _held.Insert(at++, range);
    }

    private static int Weight(in HeldRange held) => held.Type == LockType.Exclusive ? 1 : 0;

    // Index of the first range whose end is not before a byte.
    private int FirstEndingFrom(ulong start)
    {
        int low = 0, high = _held.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_held[middle].Range.End < start) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}
