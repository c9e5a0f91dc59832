using System.Collections.Immutable;
using System.Runtime.InteropServices;

namespace FlexFs.Client.Leases;

/// <summary>Bytes of a file from one offset to before another.</summary>
/// <param name="From">The first byte.</param>
/// <param name="End">The first byte behind.</param>
public readonly record struct FileRange(long From, long End)
{
    /// <summary>Whether both have a byte.</summary>
    public bool Overlaps(FileRange other) => From < other.End && other.From < End;
}

/// <summary>Reads of one inode whose bytes the kernel keeps as pages, and how its pages are dropped while programs go on reading.</summary>
/// <remarks>
/// The kernel holds a page locked from before such a read is sent until it is answered, and a drop of the page waits for that. So a drop
/// may only wait for reads that are answered, and reads may be kept waiting only where no drop waits for them:
///   1. the drop of everything begins; reads that begin from now on are noted;
///   2. reads are closed: those that want to begin wait, those under way are waited for;
///   3. what was noted is dropped; reads of it begin, and are noted again; all others wait; then once more from 2;
///   4. when nothing was noted, whoever drops says that it is done, and opens.
/// A reader that streams waits in 2 with its next read, and the drop ends. One drop at a time (<see cref="Turn"/>). Everything is under
/// the inode's lock.
/// </remarks>
internal sealed class PageFills
{
    private readonly List<FileRange> _underWay = [];
    private List<FileRange>? _noted;
    private ImmutableArray<FileRange> _dropping = [];
    private bool _isClosed;
    private TaskCompletionSource? _quiet;
    private TaskCompletionSource? _opened;
    private Writing.AsyncWindow? _turn;

    /// <summary>Lets one drop go at a time.</summary>
    public Writing.AsyncWindow Turn => _turn ?? Interlocked.CompareExchange(ref _turn, new Writing.AsyncWindow(1), null) ?? _turn;

    /// <summary>What is being read.</summary>
    public ImmutableArray<FileRange> UnderWay => [.. _underWay];

    /// <summary>Ends when a read that could not begin may try again.</summary>
    public Task Opened => (_opened ??= NewSource()).Task;

    /// <summary>Begins a read, unless it has to wait.</summary>
    /// <param name="range">What is read.</param>
    /// <param name="isNoted">Whether a drop takes care of the pages that it fills.</param>
    public bool TryBegin(FileRange range, out bool isNoted)
    {
        isNoted = false;
        if (_isClosed && !IsDropped(range)) return false;
        _underWay.Add(range);
        if (_noted is null) return true;
        isNoted = true;
        Note(range);
        return true;
    }

    /// <summary>A read ended.</summary>
    public void End(FileRange range)
    {
        Core.Check.That(_underWay.Remove(range));
        if (_underWay.Count > 0) return;
        _quiet?.TrySetResult();
        _quiet = null;
    }

    /// <summary>Everything is about to be dropped.</summary>
    public void BeginDrop() => _noted = [];

    /// <summary>No read begins any more.</summary>
    /// <returns>Ends when none is under way.</returns>
    public Task CloseAsync()
    {
        _dropping = [];
        _isClosed = true;
        return _underWay.Count == 0 ? Task.CompletedTask : (_quiet ??= NewSource()).Task;
    }

    /// <summary>What was read since, for the next drop; reads of it may begin.</summary>
    public ImmutableArray<FileRange> TakeNoted()
    {
        if (_noted is not { Count: > 0 }) return [];
        _dropping = [.. _noted];
        _noted.Clear();
        LetTry();
        return _dropping;
    }

    /// <summary>The drop is done, or given up.</summary>
    public void Open()
    {
        _noted = null;
        _dropping = [];
        _isClosed = false;
        LetTry();
    }

    private bool IsDropped(FileRange range)
    {
        foreach (var dropped in _dropping)
        {
            if (dropped.Overlaps(range)) return true;
        }

        return false;
    }

    // Reads that follow each other are one range: a list is as long as there are readers, not as what they read.
    private void Note(FileRange range)
    {
        foreach (ref var noted in CollectionsMarshal.AsSpan(_noted))
        {
            if (noted.From > range.End || range.From > noted.End) continue;
            noted = new FileRange(Math.Min(noted.From, range.From), Math.Max(noted.End, range.End));
            return;
        }

        _noted!.Add(range);
    }

    private void LetTry()
    {
        _opened?.TrySetResult();
        _opened = null;
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
